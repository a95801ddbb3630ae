import { expect, test } from 'vitest'
import { readOpenApiDescription } from '../../../src/exchange/descriptions/openapi-description.ts'
import { withoutAuthorities } from '../../../src/exchange/descriptions/openapi-servers.ts'
import { readWsdl } from '../../../src/exchange/descriptions/wsdl.ts'
import { withoutAddresses } from '../../../src/exchange/descriptions/wsdl-addresses.ts'
import type { Outcome } from '../../../src/protocol/faults.ts'
import { vector, vectors } from '../../vectors.ts'

type Described = { readonly warnings: readonly string[] }
/** 'ok', 'ok with warnings', or why not. */
const verdict = (read: Outcome<Described>): string =>
  read.ok ? (read.value.warnings.length > 0 ? 'ok with warnings' : 'ok') : read.fault.detail
const openApi = async (file: string) => verdict(await readOpenApiDescription(vector(`openapi/${file}`)))
const wsdl = async (file: string) => verdict(readWsdl(vector(`wsdl/${file}`)))

/** One row of the index: the file, and how its stated verdict shows. */
const ROWS: readonly (readonly [file: string, stated: string, says: () => Promise<string>, expected: RegExp])[] = [
  ['openapi/petstore.yaml', 'served by getOpenAPI', servedPetstore, /^\["\/v1\/cats",null,null,"",\["this","should","be","a string"\]\]$/],
  [
    'openapi/valid.yaml',
    'OK, base url',
    async () => `${await openApi('valid.yaml')} ${await baseOf('valid.yaml')}`,
    /^ok https:\/\/example\.org\/api$/,
  ],
  ['openapi/v310.yaml', 'OK, 3 operations', async () => `${await openApi('v310.yaml')} ${await operationsIn('v310.yaml')}`, /^ok 3$/],
  ['openapi/duplicateendpoint.yaml', 'parsing error', () => openApi('duplicateendpoint.yaml'), /the key "get" is given twice/],
  ['openapi/invalid_version.yaml', 'unsupported version', () => openApi('invalid_version.yaml'), /version "3\.1\.1" is not supported/],
  [
    'openapi/warnings.yml',
    'OK with warnings, base url',
    async () => `${await openApi('warnings.yml')} ${await baseOf('warnings.yml')}`,
    /^ok with warnings https:\/\/\{securityserver\}\/r1$/,
  ],
  ['wsdl/wsdl.wsdl', 'returned with the address replaced', servedWsdl, /^http:\/\/example\.org\/xroad-endpoint, nothing else$/],
  ['wsdl/valid.wsdl', 'OK', () => wsdl('valid.wsdl'), /^ok$/],
  ['wsdl/invalid.wsdl', 'parse error', () => wsdl('invalid.wsdl'), /^WSDL: .*character 0/],
  ['wsdl/xxe.wsdl', 'external entity not resolved: parse error', () => wsdl('xxe.wsdl'), /^WSDL: .*document type/],
  [
    'wsdl/invalid-servicecode-colon.wsdl',
    'invalid identifier',
    () => wsdl('invalid-servicecode-colon.wsdl'),
    /service code "xroadGetRandom:aa" holds ":"/,
  ],
  ['wsdl/warning.wsdl', 'validator warning', () => wsdl('warning.wsdl'), /^ok with warnings$/],
]

async function baseOf(file: string): Promise<string> {
  const read = await readOpenApiDescription(vector(`openapi/${file}`))
  return read.ok ? read.value.url : ''
}
async function operationsIn(file: string): Promise<number> {
  const read = await readOpenApiDescription(vector(`openapi/${file}`))
  return read.ok ? read.value.endpoints.length : 0
}

async function servedPetstore(): Promise<string> {
  const served = await withoutAuthorities(vector('openapi/petstore.yaml'), 'yaml')
  if (!served.ok) return served.fault.detail
  const { parse } = await import('yaml')
  const [before, after] = [parse(vector('openapi/petstore.yaml').toString()), parse(Buffer.from(served.value).toString())]
  expect({ ...after, servers: null }).toEqual({ ...before, servers: null })
  return JSON.stringify(after.servers.map((server: { url: unknown }) => server.url))
}

async function servedWsdl(): Promise<string> {
  const served = withoutAddresses(vector('wsdl/wsdl.wsdl'))
  if (!served.ok) return served.fault.detail
  const [before, after] = [vector('wsdl/wsdl.wsdl').toString(), Buffer.from(served.value).toString()]
  const address = /<soap:address location="([^"]*)"/.exec(after)?.[1]
  const rest = after === before.replace(/(<soap:address location=")[^"]*/, `$1${address}`) ? 'nothing else' : 'and more'
  return `${address}, ${rest}`
}

test.skipIf(vectors() === null)('descriptions of others: every row of openapi and wsdl gives the stated result', async () => {
  const held: string[] = []
  for (const [file, stated, says, expected] of ROWS) {
    const said = await says()
    if (expected.test(said)) held.push(file)
    else console.log(`${file}: stated ${stated}; we say ${said}`)
  }
  console.log(`openapi and wsdl: ${held.length} of ${ROWS.length} rows`)
  expect(held.length).toBe(ROWS.length)
})
