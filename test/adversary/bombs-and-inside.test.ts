import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { callServiceOverHttp } from '../../src/adapters/http/call-service.ts'
import { readOpenApiFile } from '../../src/adapters/local/openapi-file.ts'
import { readContainer } from '../../src/evidence/asic.ts'
import { readSignature } from '../../src/evidence/signature-read.ts'
import { PUBLIC_ONLY } from '../../src/exchange/reach/reach.ts'
import { codeOf } from '../../src/protocol/faults.ts'
import { parseXml } from '../../src/protocol/xml.ts'
import { readSharedParameters } from '../../src/trust/read-shared-parameters.ts'
import { buildZip } from '../campaign/zip-builder.ts'

const utf8 = (text: string) => Buffer.from(text, 'utf8')

/** Refused, in less time than a person notices and without a pile of memory. */
async function refusedAtOnce(work: () => unknown): Promise<string> {
  const [began, heap] = [performance.now(), process.memoryUsage().rss]
  const outcome = (await work()) as { ok: boolean; fault?: Parameters<typeof codeOf>[0] }
  expect(outcome.ok).toBe(false)
  expect(performance.now() - began).toBeLessThan(30_000)
  expect(process.memoryUsage().rss - heap).toBeLessThan(300 * 1024 * 1024)
  return outcome.fault ? codeOf(outcome.fault) : ''
}

describe('XML bombs', () => {
  const lol =
    '<!DOCTYPE l [<!ENTITY a "lol">' +
    Array.from({ length: 9 }, (_, n) => `<!ENTITY ${'abcdefghij'[n + 1]} "${`&${'abcdefghij'[n]};`.repeat(10)}">`).join('')
  test.each<[string, string]>([
    ['a billion laughs', `${lol}]><l>&j;</l>`],
    ['an entity of a file', '<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><l>&a;</l>'],
    ['an entity of an address', '<!DOCTYPE l [<!ENTITY a SYSTEM "http://169.254.169.254/">]><l>&a;</l>'],
    ['a parameter entity', '<!DOCTYPE l [<!ENTITY % p SYSTEM "http://x.test/"> %p;]><l/>'],
    ['an external document type', '<!DOCTYPE l SYSTEM "http://x.test/l.dtd"><l/>'],
    ['an inclusion that is an element', '<!DOCTYPE l><x:include xmlns:x="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>'],
    ['two hundred thousand levels', '<a>'.repeat(200_000)],
    ['a million attributes', `<a ${Array.from({ length: 1_000_000 }, (_, n) => `a${n}=""`).join(' ')}/>`],
    ['a million declarations', `<a ${Array.from({ length: 300_000 }, (_, n) => `xmlns:a${n}="u"`).join(' ')}/>`],
    ['a million elements', `<a>${'<b/>'.repeat(1_000_000)}</a>`],
    ['a name of ten megabytes', `<${'a'.repeat(10_000_000)}`],
    ['twenty megabytes', `<a>${'x'.repeat(20_000_000)}</a>`],
  ])('%s is refused by every reader of XML', async (_what, text) => {
    for (const read of [parseXml, readSignature, (bytes: Uint8Array) => readSharedParameters(bytes)])
      expect(await refusedAtOnce(() => read(utf8(text)))).toMatch(
        /invalid_xml|malformed_signature|internal_error|malformed_global_conf|conf/,
      )
  })
})

describe('ZIP bombs, in a container that somebody hands to a verifier', () => {
  const entry = (name: string, bytes: Uint8Array) => ({ name: utf8(name), bytes })
  test.each<[string, () => Uint8Array]>([
    ['one entry that swells a thousandfold', () => buildZip({ entries: [entry('message.xml', new Uint8Array(300 * 1024 * 1024))] })],
    [
      'many entries that swell',
      () => buildZip({ entries: Array.from({ length: 200 }, (_, n) => entry(`attachment${n}`, new Uint8Array(1024 * 1024))) }),
    ],
    ['thousands of empty entries', () => buildZip({ entries: Array.from({ length: 20_000 }, (_, n) => entry(`a${n}`, new Uint8Array())) })],
    ['an archive within an archive', () => buildZip({ entries: [entry('message.xml', deflateRawSync(new Uint8Array(50 * 1024 * 1024)))] })],
  ])('%s', async (_what, make) => {
    const bomb = make()
    expect(await refusedAtOnce(() => readContainer(bomb))).toMatch(/malformed_container|container|asic|invalid/i)
  })
})

describe('addresses that lead inside, as the address of a service', () => {
  test.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://[fd00:ec2::254]/latest/',
    'http://[::ffff:169.254.169.254]/',
    'http://0xa9fea9fe/',
    'http://2852039166/',
    'http://0251.0376.0251.0376/',
    'http://169.254.43518/',
    'http://10.0.0.1/',
    'http://192.168.1.1:8080/',
    'http://172.16.0.1/',
    'http://100.64.0.1/',
    'http://[fe80::1]/',
    'http://[::]/',
    'http://0/',
    'http://localhost./',
    'http://127.0.0.1.:80/',
    'http://user:pass@127.0.0.1/',
    'http://public.example@127.0.0.1/',
    'http://127.0.0.1\\@public.example/',
    'http:/127.0.0.1/',
    'file:///etc/passwd',
    'gopher://127.0.0.1:25/',
    'ftp://10.0.0.1/',
    'data:text/plain,x',
    'http://①②⑦.0.0.1/',
  ])('%s is not connected to', async (url) => {
    const call = callServiceOverHttp({ reach: async () => PUBLIC_ONLY })
    const code = await refusedAtOnce(() => call({ method: 'GET', url, headers: [], body: null }, { kind: 'none' }, 1500, 1000))
    expect(code).toMatch(/service_malformed_url|address_not_allowed|network_error|unknown_host/)
    if (/^https?:\/\/[0-9[]/.test(url)) expect(code).not.toBe('network_error')
  })
})

describe('an OpenAPI document', () => {
  const document = (reference: string) => `openapi: 3.0.3
info: { title: x, version: '1' }
paths:
  /a:
    get:
      responses: { '200': { description: ok } }
    post:
      requestBody: { content: { application/json: { schema: { $ref: '${reference}' } } } }
      responses: { '200': { description: ok } }
`
  const aliases = `a: &a [x,x,x,x,x,x,x,x,x]
${Array.from({ length: 8 }, (_, n) => `${'bcdefghi'[n]}: &${'bcdefghi'[n]} [${`*${'abcdefgh'[n]},`.repeat(9)}]`).join('\n')}
`
  test.each<[string, string]>([
    ['refers to an address', document('http://169.254.169.254/schema.json')],
    ['refers to a file', document('file:///etc/passwd')],
    ['refers to a file beside it', document('../../secret.yaml#/a')],
    [
      'refers to itself without end',
      `${document('#/components/schemas/A')}components: { schemas: { A: { $ref: '#/components/schemas/A' } } }\n`,
    ],
    ['multiplies by aliases', aliases],
  ])('that %s is refused, and nothing is fetched', async (_what, text) => {
    const folder = mkdtempSync(join(tmpdir(), 'sacbe-openapi-'))
    const file = join(folder, 'openapi.yaml')
    writeFileSync(file, text)
    expect(await refusedAtOnce(() => readOpenApiFile(file))).toBe('malformed_server_conf')
    rmSync(folder, { recursive: true })
  })
})
