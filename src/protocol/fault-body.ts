import { messageOf } from './fault-sentence.ts'
import { codeOf, type Fault, httpStatus } from './faults.ts'
import type { Header } from './rest-headers.ts'
import { escapeText } from './xml-write.ts'

/** A fault as the HTTP answer of a consumer's REST call. */
export type FaultAnswer = { readonly status: number; readonly headers: readonly Header[]; readonly body: Uint8Array }

/**
 * JSON unless the consumer's Accept names XML first; X-Road-Error carries the code. No stack, nothing of the message itself.
 * Sacbe-Outcome, a header of our own, says 'unknown' when the service may have been called: a relayed fault's texts are not ours to add to.
 *
 * @param accept    every Accept value of the call, in order
 * @param requestId stands in `detail`, so that an operator finds the exchange; a relayed fault keeps the peer's own detail
 * Source: X-Road PR-REST §4.6; members and element names in its order.
 */
export function faultAnswer(fault: Fault, accept: readonly string[], requestId: string): FaultAnswer {
  const code = codeOf(fault)
  const [message, detail] = [messageOf(fault), fault.relayed?.detail ?? requestId]
  const xml = xmlTypeIn(accept)
  const body = xml
    ? `<?xml version="1.0" encoding="UTF-8"?><error>${element('type', code)}${element('message', message)}${element('detail', detail)}</error>`
    : JSON.stringify({ type: code, message, detail })
  const headers: Header[] = [
    ['Content-Type', xml ? `${xml};charset=utf-8` : 'application/json'],
    ['X-Road-Error', headerSafe(code)],
  ]
  if (fault.outcome) headers.push(['Sacbe-Outcome', fault.outcome])
  return { status: httpStatus(fault), headers, body: Buffer.from(body, 'utf8') }
}

const element = (name: string, text: string): string => `<${name}>${escapeText(text)}</${name}>`

/** The first of these in the Accept values wins; parameters such as q are not looked at, as in stock servers. */
function xmlTypeIn(accept: readonly string[]): 'text/xml' | 'application/xml' | undefined {
  for (const range of accept.flatMap((value) => value.split(','))) {
    const type = range.split(';', 1)[0]?.trim().toLowerCase()
    if (type === 'application/xml') return type
    if (type === 'text/xml' || type === 'text/*') return 'text/xml'
  }
  return undefined
}

/** A peer's code may be any text; a header takes printable ASCII. */
const headerSafe = (code: string): string => code.slice(0, 500).replace(/[^\u0021-\u007e]/g, '?')
