import type { APIGatewayEventClientCertificate, APIGatewayProxyEvent, APIGatewayProxyEventV2 } from 'aws-lambda'
import type { Header } from '../protocol/rest-headers.ts'

/** Which gateway stands before a door: a REST API (payload 1.0) or an HTTP API (payload 2.0). */
export type Edge = 'rest' | 'http'

/** A whole request as it came off the wire, before the gateway makes an event of it. */
export type WireRequest = {
  readonly method: string
  /** Raw path and query, as in the request line. */
  readonly target: string
  /** Names in the client's own case, in order, duplicates kept; values one character per byte. */
  readonly headers: readonly Header[]
  readonly body: Uint8Array
  readonly sourceIp: string
  readonly port: number
  readonly requestId: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly clientCertificate?: APIGatewayEventClientCertificate | undefined
}

/** Hop-by-hop names that a gateway keeps to itself. */
const DROPPED = new Set([
  'connection',
  'expect',
  'keep-alive',
  'max-forwards',
  'proxy-authenticate',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
/** Media types that an HTTP API hands over as text; everything else goes in base64. */
const TEXT = /^(text\/|application\/(json|javascript|xml|[^;]*\+(json|xml)))/i

/**
 * The request as a REST API hands it to a Lambda function: path as sent, every header and query value of a name in a
 * list, but the query decoded and the order of different names lost. All bodies are binary here.
 * @returns null when the query holds a broken escape, which the gateway itself answers with 400.
 */
export function restEvent(request: WireRequest): APIGatewayProxyEvent | null {
  const { path, query } = split(request.target)
  const parameters = decodeQuery(query)
  if (!parameters) return null
  const many = multiValue([...pass(request.headers), ...added(request)])
  return {
    resource: '/{proxy+}',
    path,
    httpMethod: request.method,
    headers: lastOf(many),
    multiValueHeaders: many,
    queryStringParameters: parameters.length > 0 ? lastOf(multiValue(parameters)) : null,
    multiValueQueryStringParameters: parameters.length > 0 ? multiValue(parameters) : null,
    pathParameters: { proxy: path.slice(1) },
    stageVariables: null,
    requestContext: restContext(request, path),
    body: request.body.length > 0 ? Buffer.from(request.body).toString('base64') : null,
    isBase64Encoded: request.body.length > 0,
  }
}

/**
 * The request as an HTTP API hands it over (payload 2.0): path decoded (`%2F` arrives as `/`), header names in lower
 * case, values of one name joined by commas, cookies in a list of their own, the query raw.
 */
export function httpEvent(request: WireRequest): APIGatewayProxyEventV2 | null {
  const { path, query } = split(request.target)
  const decoded = decode(path)
  if (decoded === null) return null
  const all = [...pass(request.headers), ...added(request)].map(([name, value]): Header => [name.toLowerCase(), value])
  const cookies = all.filter(([name]) => name === 'cookie').flatMap(([, value]) => value.split(/; ?/))
  const headers = joined(all.filter(([name]) => name !== 'cookie'))
  const text =
    TEXT.test(headers['content-type'] ?? '') && Buffer.from(request.body).equals(Buffer.from(Buffer.from(request.body).toString('utf8')))
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: decoded,
    rawQueryString: query ?? '',
    ...(cookies.length > 0 ? { cookies } : {}),
    headers,
    requestContext: httpContext(request, decoded, headers['user-agent'] ?? ''),
    ...(request.body.length > 0 ? { body: Buffer.from(request.body).toString(text ? 'utf8' : 'base64') } : {}),
    isBase64Encoded: request.body.length > 0 && !text,
  }
}

function split(target: string): { path: string; query: string | null } {
  const mark = target.indexOf('?')
  return mark < 0 ? { path: target, query: null } : { path: target.slice(0, mark), query: target.slice(mark + 1) }
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

function decodeQuery(query: string | null): Header[] | null {
  const parameters: Header[] = []
  for (const piece of (query ?? '').split('&').filter((text) => text !== '')) {
    const equals = piece.indexOf('=')
    const name = decode((equals < 0 ? piece : piece.slice(0, equals)).replaceAll('+', ' '))
    const value = decode(equals < 0 ? '' : piece.slice(equals + 1).replaceAll('+', ' '))
    if (name === null || value === null) return null
    parameters.push([name, value])
  }
  return parameters
}

/** What the client said of the way it came is not passed on, but for the addresses: the gateway adds its own to that list. */
const OVERWRITTEN = new Set(['x-amzn-trace-id', 'x-forwarded-for', 'x-forwarded-port', 'x-forwarded-proto'])
const pass = (headers: readonly Header[]): readonly Header[] =>
  headers.filter(([name]) => !DROPPED.has(name.toLowerCase()) && !OVERWRITTEN.has(name.toLowerCase()))

/** What the gateway itself writes into every request. */
function added(request: WireRequest): readonly Header[] {
  const before = request.headers.filter(([name]) => name.toLowerCase() === 'x-forwarded-for').map(([, value]) => value)
  return [
    ['X-Amzn-Trace-Id', `Root=1-${Math.floor(request.at / 1000).toString(16)}-${request.requestId.replaceAll('-', '').slice(0, 24)}`],
    ['X-Forwarded-For', [...before, request.sourceIp].join(', ')],
    ['X-Forwarded-Port', String(request.port)],
    ['X-Forwarded-Proto', 'https'],
  ]
}

function multiValue(pairs: readonly Header[]): Record<string, string[]> {
  const lists: Record<string, string[]> = Object.create(null)
  for (const [name, value] of pairs) {
    lists[name] ??= []
    lists[name].push(value)
  }
  return lists
}

const lastOf = (lists: Record<string, string[]>): Record<string, string> =>
  Object.fromEntries(Object.entries(lists).map(([name, values]) => [name, values.at(-1) ?? '']))

const joined = (pairs: readonly Header[]): Record<string, string> =>
  Object.fromEntries(Object.entries(multiValue(pairs)).map(([name, values]) => [name, values.join(',')]))

/** '12/Mar/2020:19:03:58 +0000' */
function clfTime(at: number): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(at).toUTCString()) ?? []
  return `${day}/${month}/${year}:${time} +0000`
}

function restContext(request: WireRequest, path: string): APIGatewayProxyEvent['requestContext'] {
  return {
    accountId: '000000000000',
    apiId: 'local',
    authorizer: null,
    protocol: 'HTTP/1.1',
    httpMethod: request.method,
    identity: {
      accessKey: null,
      accountId: null,
      apiKey: null,
      apiKeyId: null,
      caller: null,
      clientCert: request.clientCertificate ?? null,
      cognitoAuthenticationProvider: null,
      cognitoAuthenticationType: null,
      cognitoIdentityId: null,
      cognitoIdentityPoolId: null,
      principalOrgId: null,
      sourceIp: request.sourceIp,
      user: null,
      userAgent: firstValue(request.headers, 'user-agent') ?? null,
      userArn: null,
    },
    path,
    stage: '$default',
    requestId: request.requestId,
    requestTime: clfTime(request.at),
    requestTimeEpoch: request.at,
    resourceId: 'proxy',
    resourcePath: '/{proxy+}',
  }
}

function httpContext(request: WireRequest, path: string, userAgent: string): APIGatewayProxyEventV2['requestContext'] {
  return {
    accountId: '000000000000',
    apiId: 'local',
    ...(request.clientCertificate ? { authentication: { clientCert: request.clientCertificate } } : {}),
    domainName: firstValue(request.headers, 'host') ?? '',
    domainPrefix: 'local',
    http: { method: request.method, path, protocol: 'HTTP/1.1', sourceIp: request.sourceIp, userAgent },
    requestId: request.requestId,
    routeKey: '$default',
    stage: '$default',
    time: clfTime(request.at),
    timeEpoch: request.at,
  }
}

const firstValue = (headers: readonly Header[], wanted: string): string | undefined =>
  headers.find(([name]) => name.toLowerCase() === wanted)?.[1]
