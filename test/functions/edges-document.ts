import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { callFromEvent, resultFor } from '../../functions/http.ts'
import { httpAnswer, restAnswer } from '../../src/local/gateway-answers.ts'
import { httpEvent, restEvent, type WireRequest } from '../../src/local/gateway-events.ts'
import { isOfTheHop } from '../../src/protocol/rest-headers.ts'
import type { Header } from '../../src/protocol/rest-message.ts'

/** docs/bordes.md, whose tables lie between markers. `node test/functions/edges-document.ts` writes them anew. */
export const EDGES_DOCUMENT = join(import.meta.dirname, '../../docs/bordes.md')

export type Case = { readonly es: string; readonly en: string; readonly headers: readonly Header[]; readonly target?: string }
const TARGET = '/r1/Q/G/A/s/c'

/** What a client sends, and what of it reaches the message that is signed. */
export const CALLS: readonly Case[] = [
  { es: 'letra de los nombres', en: 'letter case of names', headers: [['X-Uno', '1']] },
  {
    es: 'orden de nombres distintos',
    en: 'order of different names',
    headers: [
      ['b', '1'],
      ['a', '2'],
      ['b', '3'],
    ],
  },
  {
    es: 'valores repetidos',
    en: 'repeated values',
    headers: [
      ['accept', 'a'],
      ['accept', 'b'],
    ],
  },
  { es: 'valor que lleva comas', en: 'a value with commas', headers: [['accept', 'a, b']] },
  { es: 'valor vacío', en: 'an empty value', headers: [['x-vacio', '']] },
  { es: 'galletas', en: 'cookies', headers: [['Cookie', 'a=1; b=2']] },
  { es: 'X-Forwarded-For del cliente', en: "the client's X-Forwarded-For", headers: [['X-Forwarded-For', '192.0.2.7']] },
  { es: 'X-Forwarded-Proto del cliente', en: "the client's X-Forwarded-Proto", headers: [['X-Forwarded-Proto', 'http']] },
  { es: 'X-Forwarded-Port del cliente', en: "the client's X-Forwarded-Port", headers: [['X-Forwarded-Port', '80']] },
  { es: 'X-Amzn-Trace-Id del cliente', en: "the client's X-Amzn-Trace-Id", headers: [['X-Amzn-Trace-Id', 'Root=1']] },
  { es: 'Max-Forwards', en: 'Max-Forwards', headers: [['Max-Forwards', '3']] },
  {
    es: 'de un solo salto',
    en: 'of one hop',
    headers: [
      ['Connection', 'x'],
      ['TE', 'x'],
      ['Upgrade', 'x'],
      ['Expect', 'x'],
    ],
  },
  { es: 'SOAPAction', en: 'SOAPAction', headers: [['SOAPAction', '"urn:a"']] },
  { es: 'diagonal escapada en la ruta', en: 'an escaped slash in the path', headers: [], target: `${TARGET}/a%2Fb` },
  { es: 'letra escapada sin necesidad', en: 'a letter escaped without need', headers: [], target: `${TARGET}/%61` },
  { es: 'orden de la consulta', en: 'order of the query', headers: [], target: `${TARGET}?x=1&y=2&x=3` },
  { es: 'más y espacio en la consulta', en: 'plus and blank in the query', headers: [], target: `${TARGET}?x=a+b%20c` },
  { es: 'nombre sin valor', en: 'a name without value', headers: [], target: `${TARGET}?x` },
]

/** What a service answers, and what of it reaches the client. */
export const ANSWERS: readonly Case[] = [
  { es: 'letra de los nombres', en: 'letter case of names', headers: [['X-Uno', '1']] },
  {
    es: 'valores repetidos',
    en: 'repeated values',
    headers: [
      ['Vary', 'a'],
      ['Vary', 'b'],
    ],
  },
  {
    es: 'galletas',
    en: 'cookies',
    headers: [
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
    ],
  },
  { es: 'Date del servicio', en: "the service's Date", headers: [['Date', 'Tue, 24 Nov 2026 08:00:00 GMT']] },
  { es: 'WWW-Authenticate', en: 'WWW-Authenticate', headers: [['WWW-Authenticate', 'Basic']] },
  { es: 'Content-MD5', en: 'Content-MD5', headers: [['Content-MD5', 'x']] },
  { es: 'X-Road-Error que pone el servicio', en: 'an X-Road-Error that the service puts there', headers: [['X-Road-Error', 'x']] },
  { es: 'SOAPAction vacío', en: 'an empty SOAPAction', headers: [['SOAPAction', '']] },
]

const wire = ({ headers, target = TARGET }: Case): WireRequest => ({
  method: 'GET',
  target,
  headers,
  body: Buffer.alloc(0),
  sourceIp: '192.0.2.1',
  port: 443,
  requestId: '6f1c2f0e-0000-4000-8000-000000000000',
  at: 1_800_000_000_000,
})

/** As a call reaches the flows behind each edge, without what belongs to one hop. */
function called(edge: 'local' | 'rest' | 'http', one: Case): Pick<Case, 'headers' | 'target'> {
  const request = wire(one)
  const event = edge === 'rest' ? restEvent(request) : edge === 'http' ? httpEvent(request) : undefined
  if (event === null) throw new Error(`the gateway refuses ${one.en}`)
  const { headers, target } = event ? callFromEvent(event) : { headers: one.headers, target: request.target }
  return { headers: headers.filter(([name]) => !isOfTheHop(name)), target }
}

function answered(edge: 'local' | 'rest' | 'http', { headers }: Case): Pick<Case, 'headers'> {
  if (edge === 'local') return { headers }
  const event = edge === 'rest' ? restEvent(wire({ es: '', en: '', headers: [] })) : httpEvent(wire({ es: '', en: '', headers: [] }))
  if (!event) throw new Error('no event')
  const result = resultFor(event, { status: 200, headers, body: Buffer.alloc(0) })
  const answer = edge === 'rest' ? restAnswer(result as never) : httpAnswer(result as never)
  return { headers: answer?.headers ?? [] }
}

/** '=' when it arrives as it was sent, 'lost', or what arrives. */
function told(sent: Case, { headers, target }: Pick<Case, 'headers' | 'target'>): string {
  if (sent.target !== undefined) return target === sent.target ? '=' : `\`${target?.slice(TARGET.length)}\``
  const kept = sent.headers.filter(([name]) => !isOfTheHop(name))
  if (JSON.stringify(headers) === JSON.stringify(kept)) return kept.length === sent.headers.length ? '=' : 'no viaja · does not travel'
  return headers.length === 0 ? 'se pierde · lost' : headers.map(([name, value]) => `\`${name}: ${value}\``).join('<br>')
}

const EDGES = ['local', 'rest', 'http'] as const
const rowOf = (one: Case, seen: (edge: (typeof EDGES)[number], one: Case) => Pick<Case, 'headers' | 'target'>): string => {
  const sent =
    one.target === undefined
      ? one.headers.map(([name, value]) => `\`${name}: ${value}\``).join('<br>')
      : `\`${one.target.slice(TARGET.length)}\``
  const name = one.es === one.en ? one.en : `${one.es} · ${one.en}`
  return `| ${name} | ${sent} | ${EDGES.map((edge) => told(one, seen(edge, one))).join(' | ')} |`
}

const HEAD = ['| | se envía · sent | local | REST API | HTTP API |', '|---|---|---|---|---|']
export const TABLES: Readonly<Record<string, readonly string[]>> = {
  calls: [...HEAD, ...CALLS.map((one) => rowOf(one, called))],
  answers: [...HEAD, ...ANSWERS.map((one) => rowOf(one, answered))],
}

/** The document with its tables written anew. */
export const renewed = (document: string): string =>
  Object.entries(TABLES).reduce(
    (text, [name, rows]) =>
      text.replace(
        new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`),
        (_, open, close) => `${open}${rows.join('\n')}\n${close}`,
      ),
    document,
  )

if (import.meta.main) writeFileSync(EDGES_DOCUMENT, renewed(readFileSync(EDGES_DOCUMENT, 'utf8')))
