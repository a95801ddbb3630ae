import { createHash, createHmac } from 'node:crypto'
import type { Instant } from '../../base/clock.ts'

export type Credentials = { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }
export type Scope = { readonly service: string; readonly region: string }
/** `path` and `query` as they go out; the query sorted by `writeQuery`. `headers` by names in lower case, host among them. */
export type Unsigned = {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/**
 * The headers of a request with those that sign it: every header given, the time, the session and the digest of the body are under the signature.
 * Source: AWS Signature Version 4, "Create a signed AWS API request"; the path is encoded once, as S3 wants it, so other services take '/' alone.
 */
export function signedHeaders(request: Unsigned, { service, region }: Scope, who: Credentials, at: Instant): Record<string, string> {
  const time = new Date(at).toISOString().replace(/[-:]|\.\d{3}/g, '')
  const day = time.slice(0, 8)
  const payload = sha256(request.body)
  const headers: Record<string, string> = {
    ...request.headers,
    'x-amz-content-sha256': payload,
    'x-amz-date': time,
    ...(who.sessionToken ? { 'x-amz-security-token': who.sessionToken } : {}),
  }
  const names = Object.keys(headers).sort()
  const lines = names.map((name) => `${name}:${headers[name]?.trim().replace(/ +/g, ' ')}\n`).join('')
  const canonical = [request.method, request.path, request.query, lines, names.join(';'), payload].join('\n')
  const scope = `${day}/${region}/${service}/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')
  const signature = hmac(signingKey(who.secretAccessKey, [day, region, service, 'aws4_request']), toSign).toString('hex')
  const authorization = `AWS4-HMAC-SHA256 Credential=${who.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`
  return { ...headers, authorization }
}

const sha256 = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex')
const hmac = (key: Uint8Array | string, text: string): Buffer => createHmac('sha256', key).update(text).digest()
const signingKey = (secret: string, steps: readonly string[]): Buffer =>
  steps.reduce<Buffer>((key, step) => hmac(key, step), Buffer.from(`AWS4${secret}`))

/** RFC 3986: everything but unreserved characters, in UTF-8. */
export const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`)
export const encodePath = (path: string): string => path.split('/').map(encode).join('/')
/** In the order that is signed: by encoded name. */
export const writeQuery = (query: Readonly<Record<string, string>>): string =>
  Object.entries(query)
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&')
