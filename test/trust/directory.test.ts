import { describe, expect, test } from 'vitest'
import {
  addressesOf,
  clientsOf,
  isClientOf,
  isInGroup,
  knowsClient,
  nameOf,
  serverNamed,
  serverOfCertificate,
  serversAt,
  serversOf,
  speaksFor,
} from '../../src/trust/directory.ts'
import { readSharedParameters } from '../../src/trust/read-shared-parameters.ts'
import { trustOf } from '../../src/trust/trust.ts'
import { writeSharedParameters } from '../../src/trust/write-shared-parameters.ts'
import { client, der, exampleDraft, exampleTrust, member, published } from './example.ts'

const trust = exampleTrust()
const nodes = (...codes: string[]) => codes.map((code) => ({ ...member(code), serverCode: 'nodo1' }))
const ids = (servers: readonly { id: unknown }[]) => servers.map(({ id }) => id)

describe('the directory', () => {
  test('knows members and subsystems, and nobody else', () => {
    expect([member('DIF'), client('DIF', 'PADRON'), client('SEDESOQ', 'PADRON')].map((each) => knowsClient(trust, each))).toEqual([
      true,
      true,
      true,
    ])
    expect([member('dif'), client('DIF', 'X'), member('DIF', 'OTRA')].map((each) => knowsClient(trust, each))).toEqual([
      false,
      false,
      false,
    ])
  })
  test('names a subsystem by its own name, or by that of its member', () => {
    expect(nameOf(trust, client('DIF', 'APOYOS'))).toBe('Apoyos sociales')
    expect(nameOf(trust, client('DIF', 'PADRON'))).toBe('DIF <Querétaro>')
    expect(nameOf(trust, member('NADIE'))).toBeUndefined()
  })
  test('gives every server a client is on: its own and those it is registered on', () => {
    expect(ids(serversOf(trust, member('DIF')))).toEqual(nodes('DIF', 'SEDESOQ'))
    expect(ids(serversOf(trust, client('DIF', 'APOYOS')))).toEqual(nodes('DIF'))
    expect(serversOf(trust, client('DIF', 'PADRON'))).toEqual([])
    expect(serversOf(trust, member('DIF', 'OTRA'))).toEqual([])
  })
  test('leaves out of the addresses a server that has none', () => {
    expect(addressesOf(trust, member('DIF'))).toEqual(['dif.example'])
    expect(addressesOf(trust, client('SEDESOQ', 'PADRON'))).toEqual([])
    expect(ids(serversAt(trust, 'dif.example'))).toEqual(nodes('DIF'))
  })
  test('counts the owner among the clients of a server, without its subsystems', () => {
    const server = serverNamed(trust, { ...member('DIF'), serverCode: 'nodo1' })
    if (!server) throw new Error('no server')
    expect(clientsOf(server)).toEqual([member('DIF'), client('DIF', 'APOYOS')])
    expect(isClientOf(server, member('DIF'))).toBe(true)
    expect(isClientOf(server, client('DIF', 'PADRON'))).toBe(false)
    expect(serverNamed(trust, { ...member('DIF'), serverCode: 'nodo2' })).toBeUndefined()
  })
  test('tells the server by any of its certificates, and lets it speak for its clients only', () => {
    expect(serverOfCertificate(trust, der('auth DIF 2'))?.id).toEqual(nodes('DIF')[0])
    expect(serverOfCertificate(trust, der('CA'))).toBeUndefined()
    expect(speaksFor(trust, der('auth DIF'), client('DIF', 'APOYOS'))).toBe(true)
    expect(speaksFor(trust, der('auth DIF'), member('DIF'))).toBe(true)
    expect(speaksFor(trust, der('auth DIF'), client('DIF', 'PADRON'))).toBe(false)
    expect(speaksFor(trust, der('auth DIF'), client('SEDESOQ', 'PADRON'))).toBe(false)
    expect(speaksFor(trust, der('auth SEDESOQ'), member('DIF'))).toBe(true)
  })
  test('finds certificates in a federation of old and new configurations, each by its own digest', () => {
    for (const [own, other] of [
      [2, 6],
      [6, 2],
    ] as const) {
      const federation = trustOf('LAB', [
        published({ ...exampleDraft('OTRA'), servers: exampleDraft('OTRA').servers.slice(1) }, other),
        published({ ...exampleDraft('LAB'), servers: exampleDraft('LAB').servers.slice(0, 1) }, own),
      ])
      expect(serverOfCertificate(federation, der('auth DIF'))?.id.instance).toBe('LAB')
      expect(serverOfCertificate(federation, der('auth SEDESOQ'))?.id.instance).toBe('OTRA')
    }
  })
  test('gives a certificate that two instances claim to the own one, and lets it speak for nobody of the other without being named there', () => {
    const federation = trustOf('LAB', [published(exampleDraft('OTRA')), published(exampleDraft('LAB'))])
    expect(serverOfCertificate(federation, der('auth DIF'))?.id.instance).toBe('LAB')
    const alone = trustOf('LAB', [published(exampleDraft('LAB')), published({ ...exampleDraft('OTRA'), servers: [] })])
    expect(speaksFor(alone, der('auth DIF'), client('DIF', 'APOYOS', 'OTRA'))).toBe(false)
  })
  test('holds a group by exact members, each group in its own instance', () => {
    expect(isInGroup(trust, 'LAB', 'todos', client('DIF', 'APOYOS'))).toBe(true)
    expect(isInGroup(trust, 'LAB', 'todos', member('DIF'))).toBe(false)
    expect(isInGroup(trust, 'LAB', 'nadie', member('SEDESOQ'))).toBe(false)
    expect(isInGroup(trust, 'OTRA', 'todos', client('DIF', 'APOYOS'))).toBe(false)
  })
  test('of ten thousand members is read in seconds and asked in microseconds', () => {
    const codes = Array.from({ length: 10_000 }, (_, index) => `M${index}`)
    const draft = {
      ...exampleDraft(),
      globalGroups: [],
      members: codes.map((code) => ({
        id: member(code),
        name: `Dependencia ${code}`,
        classDescription: 'Gobierno',
        subsystems: ['A', 'B'].map((each) => ({ id: client(code, each) })),
      })),
      servers: codes.map((code, index) => ({
        id: { ...member(code), serverCode: 'nodo1' },
        address: `${code}.example`,
        authCertificates: [Buffer.from(`certificate ${index}`)],
        clients: [client(code, 'A'), client(code, 'B')],
      })),
    }
    const document = writeSharedParameters(draft, 6)
    const started = performance.now()
    const read = readSharedParameters(document, 6)
    if (!read.ok) throw new Error(read.fault.detail)
    const large = trustOf('LAB', [read.value])
    expect(knowsClient(large, client('M5000', 'A'))).toBe(true)
    const ready = performance.now()
    for (const [index, code] of codes.entries()) {
      expect(serverOfCertificate(large, Buffer.from(`certificate ${index}`))?.id.memberCode).toBe(code)
      if (!speaksFor(large, Buffer.from(`certificate ${index}`), client(code, 'B'))) throw new Error(code)
    }
    const asked = (performance.now() - ready) / codes.length
    console.log(
      `10,000 members (${(document.length / 1e6).toFixed(1)} MB): read and indexed in ${Math.round(ready - started)} ms, two look-ups in ${asked.toFixed(3)} ms`,
    )
    expect(ready - started).toBeLessThan(15_000)
    expect(asked).toBeLessThan(1)
  })
})
