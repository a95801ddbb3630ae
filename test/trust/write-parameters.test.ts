import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { anchorFingerprint, readAnchor, writeAnchor } from '../../src/trust/anchor.ts'
import { authCertHash } from '../../src/trust/directory.ts'
import { readPrivateParameters } from '../../src/trust/private-parameters.ts'
import { PARAMETERS_VERSIONS, type ParametersVersion } from '../../src/trust/shared-parameters.ts'
import { writePrivateParameters } from '../../src/trust/write-private-parameters.ts'
import { type SharedParametersDraft, writeSharedParameters } from '../../src/trust/write-shared-parameters.ts'
import { needs, runTool } from '../tools.ts'
import { vectors } from '../vectors.ts'
import { client, der, exampleDraft, member, published } from './example.ts'

const anchor = {
  instance: 'OTRA',
  generatedAt: '2026-02-06T10:01:12Z',
  sources: [
    { url: 'https://otra.example/externalconf', certificates: [der('externa')] },
    { url: 'http://otra.example/externalconf', certificates: [der('externa'), der('interna')] },
  ],
}
const secret = {
  instance: 'LAB',
  anchors: [anchor],
  managementService: {
    authCertRegAddress: 'https://centro.example:4001/managementservice/',
    authCertRegCertificate: der('registro'),
    provider: client('DIF', 'GESTION'),
  },
  timeStampingIntervalSeconds: 60,
}

const schemas = vectors()
const checkable = schemas !== null && needs('xmllint')
/** What xmllint says of a document under the schema of a version; '' when it is valid. */
function against(version: ParametersVersion, kind: 'shared' | 'private', document: Uint8Array): string {
  const schema = join(schemas as string, `schemas/globalconf/v${version}/${kind}-parameters.xsd`)
  const said = runTool('xmllint', ['--noout', '--nonet', '--schema', schema, '-'], document)
  return said.status === 0 ? '' : said.stderr
}

describe.each(PARAMETERS_VERSIONS)('shared parameters written in version %i', (version) => {
  const document = writeSharedParameters(exampleDraft(), version)
  test.skipIf(!checkable)('are valid under its schema', () => expect(against(version, 'shared', document)).toBe(''))
  test('read back as what that version can say', () => {
    const { sha512, ...parameters } = published(exampleDraft(), version)
    expect(sha512).toMatch(/^[0-9a-f]{128}$/)
    expect(derOnly(parameters)).toEqual(derOnly(expectedIn(version, exampleDraft())))
  })
})

/** Certificates as their octets: what was read knows more of them than what was written. */
const derOnly = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_key, each) =>
      each && typeof each === 'object' && 'der' in each ? Buffer.from(each.der as Uint8Array).toString('hex') : each,
    ),
  )

function expectedIn(version: ParametersVersion, { servers, sources, generation, ...draft }: SharedParametersDraft) {
  const cas = draft.approvedCas.map(({ defaultCsrFormat, acme, ...ca }) => ({
    ...ca,
    ...(version >= 6 && defaultCsrFormat && { defaultCsrFormat }),
    ...(version >= 3 && acme && { acme: version >= 4 ? acme : { directoryUrl: acme.directoryUrl, ipAddress: acme.ipAddress } }),
  }))
  const without = (names: readonly string[], value: unknown) =>
    JSON.parse(JSON.stringify(value, (key, each) => (names.includes(key) ? undefined : each)))
  return {
    version,
    ...draft,
    approvedCas: without(version < 6 ? ['costType'] : [], derOnly(cas)),
    approvedTsas: without(version < 6 ? ['costType'] : [], derOnly(draft.approvedTsas)),
    members: draft.members.map((each) => ({
      ...each,
      subsystems: each.subsystems.map(({ id, name }) => (version >= 5 && name ? { id, name } : { id })),
    })),
    sources: version >= 3 ? sources : [],
    ...(version >= 3 && { generation }),
    servers: servers.map(({ authCertificates, maintenance, clients, ...server }) => ({
      ...server,
      authCertHashes: authCertificates.map((each) => authCertHash(version, each)),
      clients: maintenance && version < 5 ? clients.filter(({ subsystemCode }) => !subsystemCode) : clients,
      ...(maintenance && version >= 5 && { maintenance }),
    })),
  }
}

describe('shared parameters', () => {
  test.skipIf(!checkable)('of version 6 are not valid under any schema before it', () => {
    const document = writeSharedParameters(exampleDraft(), 6)
    for (const version of [2, 3, 4, 5] as const) expect(against(version, 'shared', document)).not.toBe('')
  })
  test('say a server in maintenance to old peers by leaving its subsystems out', () => {
    const clients = (version: ParametersVersion) => published(exampleDraft(), version).servers[1]?.clients
    expect(clients(4)).toEqual([member('DIF')])
    expect(clients(5)).toEqual([client('SEDESOQ', 'PADRON'), member('DIF')])
  })
  test('digest certificates with SHA-1 in version 2 and with SHA-256 after', () => {
    const bytes = (version: ParametersVersion) =>
      Buffer.from(published(exampleDraft(), version).servers[0]?.authCertHashes[0] ?? '', 'base64').length
    expect([bytes(2), bytes(3), bytes(6)]).toEqual([20, 32, 32])
  })
  test('of an empty registry are still valid', () => {
    const empty = { ...exampleDraft(), approvedCas: [], approvedTsas: [], members: [], servers: [], globalGroups: [], memberClasses: [] }
    for (const version of PARAMETERS_VERSIONS) {
      expect(published(empty, version).members).toEqual([])
      if (checkable) expect(against(version, 'shared', writeSharedParameters(empty, version))).toBe('')
    }
  })
  test('are not written over a registry that contradicts itself', () => {
    const draft = exampleDraft()
    expect(() => writeSharedParameters({ ...draft, members: draft.members.slice(1) }, 6)).toThrow(/not among the members/)
    expect(() => writeSharedParameters({ ...draft, members: [...draft.members, ...draft.members] }, 6)).toThrow(/twice/)
  })
})

describe('private parameters', () => {
  const document = writePrivateParameters(secret)
  test.skipIf(!checkable)('are valid under the schemas of both versions', () => {
    expect(against(2, 'private', document)).toBe('')
    expect(against(3, 'private', document)).toBe('')
  })
  test('read back, with the http sources of an anchor first', () => {
    const [https, http] = anchor.sources
    expect(readPrivateParameters(document)).toEqual({ ok: true, value: { ...secret, anchors: [{ ...anchor, sources: [http, https] }] } })
  })
  test('may say less', () => {
    const { authCertRegCertificate: _left, ...managementService } = secret.managementService
    const less = { ...secret, anchors: [], managementService }
    expect(readPrivateParameters(writePrivateParameters(less))).toEqual({ ok: true, value: less })
  })
})

describe('an anchor', () => {
  const document = writeAnchor(anchor)
  test.skipIf(!checkable)('is valid under the schema', () => expect(against(2, 'private', document)).toBe(''))
  test('reads back, http sources first', () => {
    const [https, http] = anchor.sources
    expect(readAnchor(document)).toEqual({ ok: true, value: { ...anchor, sources: [http, https] } })
  })
  test('without the word for its address is refused', () => {
    const wrong = Buffer.from(Buffer.from(document).toString().replaceAll('downloadURL', 'downloadURI'))
    expect(readAnchor(wrong)).toMatchObject({ ok: false, fault: { path: ['malformed_anchor'] } })
  })
  test.skipIf(!needs('openssl'))('is compared by the fingerprint openssl finds', () => {
    const said = runTool('openssl', ['dgst', '-sha224', '-c'], document).stdout.toString()
    expect(anchorFingerprint(document)).toBe(said.trim().split('= ')[1]?.toUpperCase())
  })
})
