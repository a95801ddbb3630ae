import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ok } from '../../../src/base/result.ts'
import { soapMetadata } from '../../../src/exchange/metadata/soap-metadata.ts'
import type { NodeConfiguration, NodeService } from '../../../src/exchange/node-configuration.ts'
import type { LogEntry, ServiceAnswer } from '../../../src/exchange/ports.ts'
import { codeOf, refuse } from '../../../src/protocol/faults.ts'
import type { ClientId, ServiceId } from '../../../src/protocol/identifiers.ts'
import { readSoap, type SoapMessage } from '../../../src/protocol/soap-envelope.ts'
import { readPackage } from '../../../src/protocol/soap-package.ts'
import { soapAnswers, soapRequestHash, withRequestHash } from '../../../src/protocol/soap-response.ts'
import type { AccessRight } from '../../../src/trust/access.ts'
import { temporaryFolder } from '../../contract/temporary-folder.ts'
import { needs, runTool } from '../../tools.ts'
import { client, exampleTrust, member } from '../../trust/example.ts'
import { vectors } from '../../vectors.ts'
import { serviceOf } from '../two-nodes.ts'

const PADRON = client('SEDESOQ', 'PADRON')
const APOYOS = client('DIF', 'APOYOS')
const service = (owner: ClientId, code: string, version?: string, more: Partial<NodeService> = {}): NodeService => {
  const id: ServiceId = version === undefined ? { ...owner, serviceCode: code } : { ...owner, serviceCode: code, serviceVersion: version }
  return serviceOf({ id, type: 'WSDL', description: 'http://padron.test/?wsdl', ...more })
}
const SERVICES = [
  service(PADRON, 'consulta', 'v1'),
  service(PADRON, 'consulta', 'v2', { disabled: { notice: 'Hoy no' } }),
  service(PADRON, 'alta & baja'),
  service(PADRON, 'rest', undefined, { type: 'REST' }),
  service(member('SEDESOQ'), 'delMiembro'),
]
const element = (name: string, text: string) => `<id:${name}>${text}</id:${name}>`
const identifier = (name: string, type: string, { instance, memberClass, memberCode, subsystemCode }: ClientId, code = '') =>
  `<x:${name} id:objectType="${type}">${element('xRoadInstance', instance)}${element('memberClass', memberClass)}${element('memberCode', memberCode)}${subsystemCode ? element('subsystemCode', subsystemCode) : ''}${code}</x:${name}>`

type Question = {
  readonly code: string
  readonly body?: string
  readonly owner?: ClientId
  readonly by?: ClientId
  readonly encoding?: 'UTF-8' | 'ISO-8859-1'
  readonly version?: string
}
function question({ code, body, owner = PADRON, by = APOYOS, encoding = 'UTF-8', version }: Question): SoapMessage {
  const called = element('serviceCode', code) + (version ? element('serviceVersion', version) : '')
  const text = `<?xml version="1.0" encoding="${encoding}"?><E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/" xmlns:x="http://x-road.eu/xsd/xroad.xsd" xmlns:id="http://x-road.eu/xsd/identifiers"><E:Header><!-- de Querétaro -->${identifier('client', 'SUBSYSTEM', by)}${identifier('service', 'SERVICE', owner, called)}<x:userId>María</x:userId><x:id>q-1</x:id><x:protocolVersion>4.0</x:protocolVersion><otro xmlns="urn:o">1</otro></E:Header><E:Body>${body ?? `<x:${code}/>`}</E:Body></E:Envelope>`
  const read = readSoap(Buffer.from(text, encoding === 'UTF-8' ? 'utf8' : 'latin1'))
  if (!read.ok || read.value.kind !== 'message') throw new Error(read.ok ? 'a fault' : read.fault.detail)
  return read.value
}

const node = (rights: readonly AccessRight[] = []) => ({ services: SERVICES, rights, clients: [] }) as unknown as NodeConfiguration
const WSDL =
  '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/"><service name="S"><port><s:address location="http://10.0.0.1/"/></port></service></definitions>'
const log: LogEntry[] = []
async function ask(asked: SoapMessage, rights: readonly AccessRight[] = [], document: Partial<ServiceAnswer> | null = {}) {
  const answering = soapMetadata(asked, node(rights), exampleTrust(), {
    callService: async () =>
      document ? ok({ status: 200, reason: 'OK', headers: [], body: Buffer.from(WSDL), ...document }) : refuse('network_error', '10.0.0.1'),
    log: (entry) => void log.push(entry),
    newId: () => '01234567-89ab-cdef-0123-456789abcdef',
  })
  const answer = answering && (await answering(1_000))
  if (!answer?.ok) return { code: answer ? codeOf(answer.fault) : 'not ours', text: '', attachments: [], type: '', body: new Uint8Array(0) }
  const type = answer.value.headers[0]?.[1] ?? ''
  const body = answer.value.body as Uint8Array
  const read = readPackage(type, { body })
  if (!read.ok || read.value.kind !== 'package') throw new Error(read.ok ? 'a fault' : read.fault.detail)
  const { message, attachments } = read.value
  expect(soapAnswers(withRequestHash(message, soapRequestHash(asked.bytes)), asked), 'the answer belongs to the question').toEqual({
    ok: true,
    value: true,
  })
  return { code: 'ok', text: Buffer.from(message.bytes).toString(), attachments, type, body }
}
const listed = (text: string) =>
  [...text.matchAll(/<id:serviceCode>([^<]*)<\/id:serviceCode>(?:<id:serviceVersion>([^<]*)<)?/g)]
    .slice(1)
    .map(([, code, version]) => (version ? `${code}.${version}` : code))

describe('listMethods over SOAP', () => {
  test('tells every SOAP service of exactly that owner, disabled or not', async () => {
    const { text, type } = await ask(question({ code: 'listMethods' }))
    expect(type).toBe('text/xml; charset=UTF-8')
    expect(listed(text)).toEqual(['consulta.v1', 'consulta.v2', 'alta &amp; baja'])
    expect(listed((await ask(question({ code: 'listMethods', owner: member('SEDESOQ') }))).text)).toEqual(['delMiembro'])
  })
  test('answers in its own words, with the header of the question as it was', async () => {
    const { text } = await ask(question({ code: 'listMethods', owner: client('SEDESOQ', 'NADA') }))
    expect(text).toContain('<E:Header><!-- de Querétaro -->')
    expect(text).toContain(
      '<x:userId>María</x:userId><x:id>q-1</x:id><x:protocolVersion>4.0</x:protocolVersion><otro xmlns="urn:o">1</otro></E:Header>',
    )
    expect(text).toMatch(
      /<\/E:Header><E:Body><xroad:listMethodsResponse xmlns:xroad="http:\/\/x-road\.eu\/xsd\/xroad\.xsd" xmlns:id="http:\/\/x-road\.eu\/xsd\/identifiers"><\/xroad:listMethodsResponse><\/E:Body><\/E:Envelope>$/,
    )
  })
  test('answers a question in another charset in UTF-8', async () =>
    expect((await ask(question({ code: 'listMethods', encoding: 'ISO-8859-1' }))).text).toContain('<x:userId>María</x:userId>'))
  test('is known whatever version the header names', async () =>
    expect((await ask(question({ code: 'listMethods', version: 'v9' }))).code).toBe('ok'))
})

describe('allowedMethods over SOAP', () => {
  const right = (code: string, path: string): AccessRight => ({
    service: { ...PADRON, serviceCode: code },
    subject: { kind: 'client', id: APOYOS },
    endpoint: { method: '*', path },
  })
  test('tells those on which the client has a right on the whole, in every version', async () => {
    const { text } = await ask(question({ code: 'allowedMethods' }), [right('consulta', '**'), right('alta & baja', '/a')])
    expect(listed(text)).toEqual(['consulta.v1', 'consulta.v2'])
  })
  test('tells others nothing', async () =>
    expect(listed((await ask(question({ code: 'allowedMethods', by: client('DIF', 'PADRON') }), [right('consulta', '**')])).text)).toEqual(
      [],
    ))
})

describe('getWsdl', () => {
  const wanted = (code?: string, version?: string) =>
    question({
      code: 'getWsdl',
      body: `<x:getWsdl>${code === undefined ? '' : `<x:serviceCode>${code}</x:serviceCode>`}${version ? `<x:serviceVersion>${version}</x:serviceVersion>` : ''}</x:getWsdl>`,
    })
  test('repeats code and version, and attaches the document without the address of its service', async () => {
    const { text, type, attachments, body } = await ask(wanted('consulta', 'v1'))
    expect(text).toContain(
      '<xroad:serviceCode>consulta</xroad:serviceCode><xroad:serviceVersion>v1</xroad:serviceVersion></xroad:getWsdlResponse>',
    )
    expect(type).toMatch(/^multipart\/related; type="text\/xml"; charset=UTF-8; boundary=xroad[a-z]{30}$/)
    expect(attachments.map(({ headers }) => headers)).toEqual([
      [
        ['content-type', 'text/xml'],
        ['Content-Transfer-Encoding', 'binary'],
        ['Content-ID', '<wsdl=01234567-89ab-cdef-0123-456789abcdef@x-road.eu>'],
      ],
    ])
    const [attached] = attachments.map((each) => (each.body.kind === 'bytes' ? each.body.bytes : []))
    expect(Buffer.from(attached ?? []).toString()).toBe(WSDL.replace('http://10.0.0.1/', 'http://example.org/xroad-endpoint'))
    expect(Buffer.from(body).toString('latin1')).not.toContain('10.0.0.1')
  })
  test('finds a service without version when none is asked for', async () => expect((await ask(wanted('alta &amp; baja'))).code).toBe('ok'))
  test.each([
    ['no code', wanted(), 'invalid_request'],
    ['an empty code', wanted('  '), 'invalid_request'],
    [
      'a code in another namespace',
      question({ code: 'getWsdl', body: '<x:getWsdl><serviceCode>consulta</serviceCode></x:getWsdl>' }),
      'invalid_request',
    ],
    ['an unknown code', wanted('nada'), 'unknown_service'],
    ['another version', wanted('consulta', 'v3'), 'unknown_service'],
    ['no version where there is one', wanted('consulta'), 'unknown_service'],
    ['a service of the member', wanted('delMiembro'), 'unknown_service'],
    ['a REST service', wanted('rest'), 'service_type'],
  ])('with %s is refused: %s', async (_, asked, code) => expect((await ask(asked)).code).toBe(code))
  test.each<[string, Partial<ServiceAnswer> | null]>([
    ['an error', { status: 404 }],
    ['a redirect', { status: 301 }],
    ['no XML', { body: Buffer.from('<html>') }],
    ['a document type', { body: Buffer.from(`<!DOCTYPE definitions>${WSDL}`) }],
    ['too much', { body: { size: 3e6, sha512: new Uint8Array(64) } }],
    ['no answer', null],
  ])('that meets %s is refused: internal_error', async (_, document) =>
    expect((await ask(wanted('consulta', 'v1'), [], document)).code).toBe('internal_error'),
  )
})

test('a call of a service is none of the node’s own', async () =>
  expect((await ask(question({ code: 'consulta', version: 'v1' }))).code).toBe('not ours'))
test('getOpenAPI is not asked over SOAP', async () => expect((await ask(question({ code: 'getOpenAPI' }))).code).toBe('not ours'))

test.skipIf(!needs('xmllint') || vectors() === null)('the lists are as the published schema says', async () => {
  const folder = temporaryFolder()
  for (const code of ['listMethods', 'allowedMethods']) {
    const { text } = await ask(question({ code }))
    const file = join(folder, `${code}.xml`)
    writeFileSync(file, /<xroad:.*Response>/s.exec(text)?.[0] ?? '')
    const said = runTool('xmllint', ['--noout', '--nonet', '--schema', join(vectors() ?? '', 'schemas/service-metainfo.xsd'), file])
    expect(said.stderr).toMatch(/validates/)
  }
})
