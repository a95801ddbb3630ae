import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { instant } from '../../../src/base/clock.ts'
import { ok } from '../../../src/base/result.ts'
import { type LocalPorts, localService } from '../../../src/exchange/local-services/local-services.ts'
import { readFault } from '../../../src/protocol/fault-xml.ts'
import { trustOf } from '../../../src/trust/trust.ts'
import { temporaryFolder } from '../../contract/temporary-folder.ts'
import { needs, runTool } from '../../tools.ts'
import { exampleDraft, published } from '../../trust/example.ts'
import { vectors } from '../../vectors.ts'

const trust = trustOf('LAB', [published(exampleDraft()), published(exampleDraft('VECINA'), 4)])
const ports = (validUntil = 10) =>
  ({
    trust: async () => ok({ trust, configuration: 'c', validUntil: instant(validUntil) }),
    now: () => instant(5),
    newId: () => 'an-id',
  }) as unknown as LocalPorts
async function ask(query: string, accept: readonly string[] = [], method = 'GET', using = ports(), path = '/listClients') {
  const headers = accept.map((value) => ['aCCept', value] as const)
  const answer = await localService({ method, target: `${path}${query}`, headers }, { tls: false, certificate: null }, using)
  if (!answer) return { status: 0, type: '', text: '', code: 'not ours' }
  const text = Buffer.from(answer.body).toString()
  const type = answer.headers.find(([name]) => name === 'Content-Type')?.[1] ?? ''
  const code = text.includes(':Fault>') ? readFault(answer.body).relayed?.code : 'ok'
  return { status: answer.status, type, text, code }
}
const JSON_TYPE = 'application/json; charset=utf-8'
const XML_TYPE = 'text/xml; charset=UTF-8'

describe('listClients', () => {
  test('tells every member and subsystem of the own instance, in the names of stock servers, absent ones left out', async () => {
    const { status, type, text } = await ask('', ['application/json'])
    expect([status, type]).toEqual([200, JSON_TYPE])
    const id = (code: string, subsystem?: string) => ({
      object_type: subsystem ? 'SUBSYSTEM' : 'MEMBER',
      xroad_instance: 'LAB',
      member_class: 'GOB',
      member_code: code,
      ...(subsystem ? { subsystem_code: subsystem } : {}),
    })
    expect(text).toBe(
      JSON.stringify({
        member: [
          { id: id('DIF'), name: 'DIF <Querétaro>' },
          { id: id('DIF', 'APOYOS'), name: 'DIF <Querétaro>', subsystem_name: 'Apoyos sociales' },
          { id: id('DIF', 'PADRON'), name: 'DIF <Querétaro>' },
          { id: id('SEDESOQ'), name: 'SEDESOQ' },
          { id: id('SEDESOQ', 'PADRON'), name: 'SEDESOQ' },
        ],
      }),
    )
  })
  test('tells them of another instance that is known; a version without names of subsystems gives none', async () => {
    const { text } = await ask('?xRoadInstance=VECINA', ['application/json'])
    expect(text).toContain('"xroad_instance":"VECINA"')
    expect(text).not.toContain('subsystem_name')
  })
  test.each([
    [[], XML_TYPE],
    [['*/*'], XML_TYPE],
    [['text/xml', 'application/xml;q=0.9'], XML_TYPE],
    [['application/jsonp'], XML_TYPE],
    [[''], XML_TYPE],
    [['text/html, Application/JSON;q=0.1, */*'], JSON_TYPE],
    [['text/html', 'application/json'], JSON_TYPE],
    [['application/json;q=0'], JSON_TYPE],
  ])('with Accept %j is %s', async (accept, type) => expect((await ask('', accept)).type).toBe(type))
  test.each<[string, string, readonly string[], string]>([
    ['an instance nobody knows', '?xRoadInstance=NADIE', ['application/json'], 'server.clientproxy.internal_error'],
    ['an empty instance', '?xRoadInstance=', [], 'server.clientproxy.internal_error'],
    ['a malformed Accept', '', ['json'], 'server.clientproxy.internal_error'],
    ['a malformed part of Accept', '', ['application/json, a b/c'], 'server.clientproxy.internal_error'],
  ])('%s is told in a SOAP fault under status 200, whatever was asked for', async (_, query, accept, code) =>
    expect(await ask(query, accept)).toMatchObject({ status: 200, type: 'text/xml;charset=utf-8', code }),
  )
  test('a configuration that has run out is told the same way', async () =>
    expect((await ask('', [], 'GET', ports(4))).code).toBe('server.clientproxy.global_conf_outdated'))
  test.each([
    ['POST', '/listClients'],
    ['HEAD', '/listClients'],
    ['GET', '/listClients/'],
    ['GET', '/listclients'],
    ['GET', '/r1/listClients'],
    ['GET', '/listCentralServices'],
    ['GET', '/'],
  ])('%s %s is for others to answer', async (method, path) => expect((await ask('', [], method, ports(), path)).code).toBe('not ours'))

  test.skipIf(!needs('xmllint') || vectors() === null)('in XML is as the published schema says', async () => {
    const { text, type } = await ask('?xRoadInstance=LAB&other=1')
    expect(type).toBe(XML_TYPE)
    expect(text).toContain('<xroad:name>DIF &lt;Querétaro&gt;</xroad:name><xroad:subsystemName>Apoyos sociales</xroad:subsystemName>')
    const file = join(temporaryFolder(), 'clients.xml')
    writeFileSync(file, text)
    const said = runTool('xmllint', ['--noout', '--nonet', '--schema', join(vectors() ?? '', 'schemas/service-metainfo.xsd'), file])
    expect(said.stderr).toMatch(/validates/)
  })
})
