import type { APIGatewayProxyResult, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import type { Header } from '../protocol/rest-headers.ts'
import type { Edge } from './gateway-events.ts'

/** A whole answer as it goes onto the wire. */
export type WireAnswer = { readonly status: number; readonly headers: readonly Header[]; readonly body: Uint8Array }

/** The cases in which the gateway answers by itself and the door never hears of it. */
export type OwnAnswer = 'bad_request' | 'headers_too_large' | 'body_too_large' | 'too_many' | 'door_failed' | 'door_late'

/** In the gateways' own words: what a client sees, in the cloud as here. */
const OWN: Record<OwnAnswer, Record<Edge, readonly [status: number, message: string]>> = {
  bad_request: { rest: [400, 'Bad Request'], http: [400, 'Bad Request'] },
  headers_too_large: { rest: [431, 'Request Header Fields Too Large'], http: [431, 'Request Header Fields Too Large'] },
  body_too_large: { rest: [413, 'Request Too Long'], http: [413, 'Request Entity Too Large'] },
  too_many: { rest: [429, 'Too Many Requests'], http: [503, 'Service Unavailable'] },
  door_failed: { rest: [502, 'Internal server error'], http: [500, 'Internal Server Error'] },
  door_late: { rest: [504, 'Endpoint request timed out'], http: [503, 'Service Unavailable'] },
}

export function ownAnswer(kind: OwnAnswer, edge: Edge): WireAnswer {
  const [status, message] = OWN[kind][edge]
  return { status, headers: [['Content-Type', 'application/json']], body: Buffer.from(JSON.stringify({ message })) }
}

/** Names a REST API does not let through on the way back: they arrive under another name. */
const REMAPPED = new Set(['content-md5', 'date', 'server', 'trailer', 'www-authenticate'])
/** Names that belong to the listener on either edge. */
const LISTENERS = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding', 'upgrade'])

/** A REST API's reading of a door's result (payload 1.0): lists win over single values. null: not a result at all. */
export function restAnswer(result: APIGatewayProxyResult): WireAnswer | null {
  if (!isStatus(result.statusCode)) return null
  const single = Object.entries(result.headers ?? {}).filter(([name]) => !(name in (result.multiValueHeaders ?? {})))
  const many = Object.entries(result.multiValueHeaders ?? {}).flatMap(([name, values]) =>
    values.map((value) => [name, String(value)] as const),
  )
  const headers = [...single.map(([name, value]) => [name, String(value)] as const), ...many]
    .filter(([name]) => !LISTENERS.has(name.toLowerCase()))
    .map(([name, value]): Header => [REMAPPED.has(name.toLowerCase()) ? `x-amzn-Remapped-${name}` : name, value])
  return { status: result.statusCode, headers, body: bodyOf(result.body, result.isBase64Encoded) }
}

/** An HTTP API's reading of a door's result (payload 2.0). null: not a result at all. */
export function httpAnswer(result: APIGatewayProxyStructuredResultV2): WireAnswer | null {
  if (!isStatus(result.statusCode)) return null
  const headers = Object.entries(result.headers ?? {})
    .filter(([name]) => !LISTENERS.has(name.toLowerCase()) && name.toLowerCase() !== 'date')
    .map(([name, value]): Header => [name, String(value)])
  const cookies = (result.cookies ?? []).map((cookie): Header => ['Set-Cookie', cookie])
  return { status: result.statusCode, headers: [...headers, ...cookies], body: bodyOf(result.body, result.isBase64Encoded) }
}

const isStatus = (status: unknown): status is number =>
  typeof status === 'number' && Number.isInteger(status) && status >= 200 && status <= 599
const bodyOf = (body: string | undefined, base64: boolean | undefined): Uint8Array => Buffer.from(body ?? '', base64 ? 'base64' : 'utf8')
