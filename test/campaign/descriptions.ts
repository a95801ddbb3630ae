import { isDeepStrictEqual } from 'node:util'
import { parse, stringify } from 'yaml'
import { readOpenApiDescription } from '../../src/exchange/descriptions/openapi-description.ts'
import { withoutAuthorities } from '../../src/exchange/descriptions/openapi-servers.ts'
import { readWsdl, type WsdlService } from '../../src/exchange/descriptions/wsdl.ts'
import { withoutAddresses } from '../../src/exchange/descriptions/wsdl-addresses.ts'
import type { Outcome } from '../../src/protocol/faults.ts'
import { type Seeded, seeded } from './seeded.ts'

export type DescriptionFigures = {
  readonly seed: number
  readonly cases: number
  readonly accepted: number
  readonly refused: number
  readonly slowestMs: number
}

/** A host that must never be seen outside, in any spelling the writers below give it. */
const SECRET = 'secreto.interno'
const NOWHERE = 'http://example.org/xroad-endpoint'
/** Maps for maps: a damaged text may have one for a key. */
const AS_MAPS = { logLevel: 'error', mapAsMap: true } as const

/**
 * `count` descriptions, WSDL and OpenAPI in turn, half of them damaged. An undamaged one reads back as what it was written from. What is given to
 * others of any that is accepted, damaged or not, names no address of a server, reads as the same description, and is given unchanged a second time.
 * Throws at the first case that breaks a rule.
 */
export async function run(count: number, seed: number): Promise<DescriptionFigures> {
  const random = seeded(seed)
  let accepted = 0
  let slowestMs = 0
  for (let index = 0; index < count; index++) {
    const where = `seed ${seed}, case ${index}`
    const damaged = index % 4 >= 2
    const before = performance.now()
    const good = index % 2 === 0 ? wsdlCase(random, damaged, where) : await openApiCase(random, damaged, where)
    slowestMs = Math.max(slowestMs, performance.now() - before)
    if (good) accepted++
  }
  return { seed, cases: count, accepted, refused: count - accepted, slowestMs: Math.round(slowestMs) }
}

function mustHold(holds: boolean, rule: string, where: string, text: string): void {
  if (!holds) throw new Error(`${where}: ${rule}\n${text}`)
}

const WORDS = ['consulta', 'alta', 'a.b-c', 'ñandú', "o'clock", 'x (1)', 'v1', 'baja+1'] as const
const distinct = (random: Seeded): readonly string[] => [...new Set(Array.from({ length: 1 + random.below(4) }, () => random.pick(WORDS)))]

function wsdlCase(random: Seeded, damaged: boolean, where: string): boolean {
  const services: readonly WsdlService[] = distinct(random).map((code) => ({
    code,
    ...(random.chance(0.5) ? { version: random.pick(['v1', '2', 'β']) } : {}),
    url: `https://${SECRET}:8443/${random.below(100)}?a=1&b="2"`,
  }))
  const written = writeWsdl(services, random)
  const text = damaged ? damage(written, random) : written
  const read = readWsdl(Buffer.from(text))
  if (!damaged) mustHold(read.ok && isDeepStrictEqual(read.value.services, services), 'it reads back', where, text)
  if (!read.ok) return false
  const hidden = text8(withoutAddresses(Buffer.from(text)))
  mustHold(hidden !== undefined, 'what is a description can be given to others', where, text)
  const again = readWsdl(Buffer.from(hidden ?? ''))
  const expected = read.value.services.map((service) => ({ ...service, url: NOWHERE }))
  mustHold(again.ok && isDeepStrictEqual(again.value.services, expected), 'others read the same services, nowhere', where, hidden ?? '')
  mustHold(text8(withoutAddresses(Buffer.from(hidden ?? ''))) === hidden, 'it is given unchanged a second time', where, hidden ?? '')
  return true
}

const text8 = (outcome: Outcome<Uint8Array>): string | undefined => (outcome.ok ? Buffer.from(outcome.value).toString() : undefined)

function writeWsdl(services: readonly WsdlService[], random: Seeded): string {
  const [w, s] = [random.pick(['', 'wsdl:', 'w:']), random.pick(['soap:', 'S:'])]
  const space = () => random.pick([' ', '\n  ', '\t', '  '])
  const attribute = (name: string, value: string) => {
    const quote = random.pick(['"', "'"])
    const escaped = value
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll(quote, quote === '"' ? '&quot;' : '&apos;')
    return `${space()}${name}${random.pick(['=', ' = '])}${quote}${escaped}${quote}`
  }
  const noise = () => random.pick(['', '\n', '<!-- <x location="http://no"/> -->', '<?p x?>'])
  const version = (value?: string) => (value === undefined ? '' : `<x:version xmlns:x="urn:${random.below(3)}">${value}</x:version>`)
  const parts = services.map(({ code, version: of, url }, index) => ({
    binding: `<${w}binding${attribute('name', `B${index}`)}>${noise()}<${w}operation${attribute('name', code)}>${version(of)}</${w}operation></${w}binding>`,
    port: `<${w}port${attribute('name', `P${index}`)}${attribute('binding', `t:B${index}`)}><${s}address${attribute('note', `location="${index}"`)}${attribute('location', url)}${random.pick(['/>', ` ></${s}address>`])}</${w}port>`,
  }))
  const names = `xmlns${w === '' ? '' : `:${w.slice(0, -1)}`}="http://schemas.xmlsoap.org/wsdl/" xmlns:${s.slice(0, -1)}="http://schemas.xmlsoap.org/wsdl/soap/"`
  return `<${w}definitions ${names}>${noise()}${parts.map(({ binding }) => binding).join(noise())}<${w}service>${parts.map(({ port }) => port).join(noise())}</${w}service></${w}definitions>`
}

type Model = { readonly openapi: string; readonly servers: readonly object[]; readonly paths: Record<string, object> }

async function openApiCase(random: Seeded, damaged: boolean, where: string): Promise<boolean> {
  const model = openApiModel(random)
  const { text: written, form } = writeOpenApi(model, random)
  const text = damaged ? damage(written, random) : written
  const read = await readOpenApiDescription(Buffer.from(text))
  if (!damaged) {
    const endpoints = Object.entries(model.paths).flatMap(([path, item]) =>
      Object.keys(item)
        .filter((name) => name !== 'servers')
        .map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{[^}]*\}/g, '*')}`),
    )
    const found = read.ok ? read.value.endpoints.map(({ method, path }) => `${method} ${path}`) : []
    mustHold(read.ok && isDeepStrictEqual(found.toSorted(), endpoints.toSorted()), 'it reads back', where, text)
  }
  const hidden = text8(await withoutAuthorities(Buffer.from(text), form))
  if (!damaged) mustHold(hidden !== undefined, 'it can be given to others', where, text)
  if (hidden !== undefined) {
    mustHold(
      isDeepStrictEqual(parse(hidden, AS_MAPS), stripped(parse(text, AS_MAPS))),
      'others read the same description but for its hosts',
      where,
      `${text}\n--\n${hidden}`,
    )
    mustHold(text8(await withoutAuthorities(Buffer.from(hidden), form)) === hidden, 'it is given unchanged a second time', where, hidden)
  }
  return read.ok
}

function openApiModel(random: Seeded): Model {
  const server = () => ({
    url: random.pick([`https://${SECRET}/v1`, `//${SECRET}:8443/{a}/b`, `{scheme}://${SECRET}`, `${SECRET}:80/x?y=1`, '/v1', '', 'v1/{b}']),
    ...(random.chance(0.3) ? { description: random.pick(['uno: dos', '# no', 'línea\notra', '"comillas"']) } : {}),
  })
  const servers = () => Array.from({ length: random.below(4) }, server)
  const paths = distinct(random).map((word) => [
    `/${encodeURIComponent(word)}${random.pick(['', '/{id}', '/{a}/{b}'])}`,
    {
      ...Object.fromEntries(distinct(random).map((_, index) => [['get', 'put', 'post', 'delete'][index], { responses: {} }])),
      ...(random.chance(0.3) ? { servers: servers() } : {}),
    },
  ])
  return { openapi: random.pick(['3.0.0', '3.0.3', '3.1.0']), servers: servers(), paths: Object.fromEntries(paths) }
}

function writeOpenApi(model: Model, random: Seeded): { text: string; form: 'json' | 'yaml' } {
  if (random.chance(0.3)) return { text: JSON.stringify(model, null, random.below(3)), form: 'json' }
  const type = random.pick(['PLAIN', 'QUOTE_SINGLE', 'QUOTE_DOUBLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED'] as const)
  const text = stringify(model, {
    defaultStringType: type,
    defaultKeyType: 'PLAIN',
    collectionStyle: random.pick(['any', 'flow']),
    lineWidth: random.pick([0, 20, 80]),
  })
  return { text: random.chance(0.3) ? `# ${SECRET}\n---\n${text}` : text, form: 'yaml' }
}

/** What the reader must have made of it, counted on plain data. */
function stripped(value: unknown, key: unknown = ''): unknown {
  if (Array.isArray(value)) return value.map((each) => (key === 'servers' ? withoutHost(stripped(each)) : stripped(each)))
  if (!(value instanceof Map)) return value
  return new Map([...value].map(([name, inner]) => [stripped(name), stripped(inner, name)]))
}

function withoutHost(server: unknown): unknown {
  const written = server instanceof Map ? server.get('url') : undefined
  return server instanceof Map && typeof written === 'string' ? new Map([...server, ['url', pathOf(written)]]) : server
}

function pathOf(written: string): string {
  const url = written.trim()
  const at = /^(?:[^/?#]*:)?\/\//.exec(url)?.[0].length
  if (at === undefined) {
    const rest = /^[A-Za-z0-9.-]+:\d+([/?#].*)?$/s.exec(url)
    return rest ? (rest[1] ?? '') : written
  }
  const end = url.slice(at).search(/[/?#]/)
  return end < 0 ? '' : url.slice(at + end)
}

const PIECES = [
  '<',
  '>',
  '"',
  "'",
  '&',
  '/',
  ':',
  ' ',
  '\n',
  '-',
  '- ',
  '{',
  '}',
  '[',
  ']',
  ',',
  '#',
  '*a',
  '&a ',
  '!!str ',
  '|',
  '?',
  '%',
  '\t',
  '\u0000',
  'import',
  '$ref: x',
  '<!DOCTYPE a>',
  'servers:',
  'url: ',
] as const

/** One to three pieces put in, cut out, or doubled. */
function damage(text: string, random: Seeded): string {
  let damaged = text
  for (let times = 1 + random.below(3); times > 0; times--) {
    const at = random.below(damaged.length + 1)
    const length = random.below(6)
    const way = random.below(3)
    const piece = way === 0 ? random.pick(PIECES) : way === 1 ? '' : damaged.slice(at, at + length).repeat(2)
    damaged = damaged.slice(0, at) + piece + damaged.slice(way === 0 ? at : at + length)
  }
  return damaged
}
