import { X509Certificate } from 'node:crypto'
import type { APIGatewayProxyEvent, APIGatewayProxyEventV2, APIGatewayProxyResult, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { bytesBody } from '../src/protocol/body.ts'
import type { Header, RestCall } from '../src/protocol/rest-message.ts'

/** A REST API speaks payload 1.0, an HTTP API payload 2.0. */
export type GatewayEvent = APIGatewayProxyEvent | APIGatewayProxyEventV2
export type GatewayResult = APIGatewayProxyResult | APIGatewayProxyStructuredResultV2
/** A whole answer. Names and values as they are to go out, in order. */
export type Answer = { readonly status: number; readonly headers: readonly Header[]; readonly body: Uint8Array }

export const isV2 = (event: GatewayEvent): event is APIGatewayProxyEventV2 => 'version' in event && event.version === '2.0'

/**
 * What the client sent, as far as the gateway lets us see it.
 *
 * Payload 1.0: the path as sent; the query decoded, so it is encoded anew (every value of a name together); the order of different header
 * names lost. Payload 2.0: the query as sent; the path decoded, so '%2F' is '/' for good and what may not stand in a path is encoded anew;
 * header names in lower case, values of one name joined by commas. What the gateway adds of its own is taken off again.
 */
export function callFromEvent(event: GatewayEvent): RestCall {
  const method = isV2(event) ? event.requestContext.http.method : event.httpMethod
  const bytes = bodyOf(event)
  return { method, target: targetOf(event), headers: withoutGateway(headersOf(event)), body: bytes.length > 0 ? bytesBody(bytes) : null }
}

export const bodyOf = ({ body, isBase64Encoded }: GatewayEvent): Uint8Array => Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8')

/** Headers one by one; cookies, which payload 2.0 keeps apart, as one line again. */
export function headersOf(event: GatewayEvent): readonly Header[] {
  if (!isV2(event))
    return Object.entries(event.multiValueHeaders ?? {}).flatMap(([name, values]) => (values ?? []).map((value): Header => [name, value]))
  const cookies = event.cookies?.length ? [['cookie', event.cookies.join('; ')] as const] : []
  return [...Object.entries(event.headers).map(([name, value]): Header => [name, value ?? '']), ...cookies]
}

/** The client's certificate as DER: the leaf alone, and nothing judged but that the gateway saw its key proved. */
export function clientCertificateOf(event: GatewayEvent): Uint8Array | null {
  const presented = isV2(event) ? event.requestContext.authentication?.clientCert : event.requestContext.identity.clientCert
  return presented?.clientCertPem ? new X509Certificate(presented.clientCertPem).raw : null
}

/** Whether the client spoke TLS, by the gateway's own word, which it writes after anything that the client says of itself. */
export const isOverTls = (event: GatewayEvent): boolean => lastItem(headersOf(event), 'x-forwarded-proto') === 'https'

const lastItem = (headers: readonly Header[], wanted: string): string | undefined =>
  headers
    .filter(([name]) => name.toLowerCase() === wanted)
    .flatMap(([, value]) => value.split(','))
    .at(-1)
    ?.trim()

const ADDED_WHOLE = new Set(['x-amzn-trace-id'])
const ADDED_LAST = ['x-forwarded-for', 'x-forwarded-port', 'x-forwarded-proto']

/** Our signature is over what the client sent: of lists that the gateway adds to, its own last item is cut off. */
function withoutGateway(headers: readonly Header[]): readonly Header[] {
  let kept: readonly Header[] = headers.filter(([name]) => !ADDED_WHOLE.has(name.toLowerCase()))
  for (const added of ADDED_LAST) kept = withoutLastItem(kept, added)
  return kept
}

function withoutLastItem(headers: readonly Header[], wanted: string): readonly Header[] {
  const index = headers.findLastIndex(([name]) => name.toLowerCase() === wanted)
  const [name, value] = headers[index] ?? []
  if (name === undefined || value === undefined) return headers
  const rest = value.includes(',') ? [[name, value.slice(0, value.lastIndexOf(','))] as const] : []
  return headers.toSpliced(index, 1, ...rest)
}

function targetOf(event: GatewayEvent): string {
  if (isV2(event)) return `${encodePath(event.rawPath)}${event.rawQueryString === '' ? '' : `?${event.rawQueryString}`}`
  const query = Object.entries(event.multiValueQueryStringParameters ?? {}).flatMap(([name, values]) =>
    (values ?? []).map((value) => `${encodeQuery(name)}=${encodeQuery(value)}`),
  )
  return `${event.path}${query.length > 0 ? `?${query.join('&')}` : ''}`
}

/** RFC 3986 §3.3: everything but pchar and '/'; a '%' in a decoded path is a character like another. */
const encodePath = (path: string): string => path.toWellFormed().replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/gu, encodeURIComponent)
const encodeQuery = (text: string): string => encodeURIComponent(text.toWellFormed())

/** An answer as the gateway that sent `event` takes it; the body always in base64, so that every byte arrives. */
export function resultFor(event: GatewayEvent, { status, headers, body }: Answer): GatewayResult {
  const encoded = {
    statusCode: status,
    body: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64'),
    isBase64Encoded: true,
  }
  if (!isV2(event)) return { ...encoded, multiValueHeaders: listed(headers) }
  const cookies = headers.filter(([name]) => name.toLowerCase() === 'set-cookie').map(([, value]) => value)
  const joined = Object.entries(listed(headers.filter(([name]) => name.toLowerCase() !== 'set-cookie')))
  return {
    ...encoded,
    headers: Object.fromEntries(joined.map(([name, values]) => [name, values.join(',')])),
    ...(cookies.length > 0 && { cookies }),
  }
}

function listed(headers: readonly Header[]): Record<string, string[]> {
  const lists = new Map<string, { name: string; values: string[] }>()
  for (const [name, value] of headers) {
    const list = lists.get(name.toLowerCase())
    if (list) list.values.push(value)
    else lists.set(name.toLowerCase(), { name, values: [value] })
  }
  return Object.fromEntries([...lists.values()].map(({ name, values }) => [name, values]))
}
