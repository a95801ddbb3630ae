// Messages between servers as parts of a multipart. Source: X-Road PR-MESST §3, PR-REST §4.
import { type Multipart, newBoundary, type Part, readMultipart, writeMultipart } from './multipart.ts'
import { type Evidence, sha512 } from './signature.ts'

/** A message taken apart, or a fault that came in its place. `attachments` of REST: the body, if there is one. */
export type ProxyMessage = {
  readonly kind: 'soap' | 'rest'
  readonly ocsp: readonly Buffer[]
  readonly message: Buffer
  readonly attachments: readonly Part[]
  readonly evidence: Evidence | null
  readonly fault: string | null
}

const REST_TYPES = { request: 'application/x-road-rest-request', response: 'application/x-road-rest-response' } as const

export function encode(
  direction: 'request' | 'response',
  { kind, ocsp, message, attachments, evidence }: Omit<ProxyMessage, 'fault'>,
  soapType = 'text/xml; charset=UTF-8',
): Multipart {
  const boundary = newBoundary()
  const nested = () => writeMultipart(attachments, boundary.replace('xtop', 'xatt'))
  const carried: readonly Part[] =
    attachments.length === 0
      ? []
      : kind === 'rest'
        ? [{ type: 'application/x-road-rest-body', body: attachments[0]?.body ?? Buffer.alloc(0) }]
        : [nested()]
  const one = (type: string, body: Buffer | undefined): readonly Part[] => (body ? [{ type, body }] : [])
  return writeMultipart(
    [
      ...ocsp.map((body) => ({ type: 'application/ocsp-response', body })),
      { type: kind === 'rest' ? REST_TYPES[direction] : soapType, body: message },
      ...carried,
      ...one('application/hash-chain-result', evidence?.result),
      ...one('application/hash-chain', evidence?.chain),
      ...one('signature/bdoc-1.0/ts', evidence?.signature),
    ],
    boundary,
  )
}

export function decode(type: string, body: Buffer): ProxyMessage {
  const parts = /^text\/xml/i.test(type) ? [{ type, body }] : readMultipart(type, body)
  const bodies = (wanted: RegExp) => parts.filter((part) => wanted.test(part.type)).map((part) => part.body)
  const [rest] = bodies(/^application\/x-road-rest-re(quest|sponse)/i)
  const [fault] = parts.filter((part) => /<(?:[\w-]+:)?Fault[\s>]/.test(part.body.toString('latin1')))
  return {
    kind: rest ? 'rest' : 'soap',
    ocsp: bodies(/^application\/ocsp-response/i),
    message: rest ?? bodies(/^(text\/xml|application\/xop\+xml)/i)[0] ?? Buffer.alloc(0),
    attachments: rest
      ? bodies(/^application\/x-road-rest-body/i).map((each) => ({ type: '', body: each }))
      : parts.filter((part) => /^multipart\//i.test(part.type)).flatMap((part) => readMultipart(part.type, part.body)),
    evidence: evidenceIn(bodies),
    fault: fault ? (/<faultcode[^>]*>([^<]*)</.exec(fault.body.toString('utf8'))?.[1] ?? '') : null,
  }
}

function evidenceIn(bodies: (wanted: RegExp) => readonly Buffer[]): Evidence | null {
  const [[signature], [result], [chain]] = [/^signature\//i, /^application\/hash-chain-result/i, /^application\/hash-chain(?!-)/i].map(
    bodies,
  ) as [readonly Buffer[], readonly Buffer[], readonly Buffer[]]
  return signature ? { signature, ...(result ? { result } : {}), ...(chain ? { chain } : {}) } : null
}

/** Method, target and headers of a REST request, or status, reason and headers of a response: one line each. */
export const block = (first: string, second: string, headers: readonly (readonly [string, string])[]): Buffer =>
  Buffer.from([first, second, ...headers.map(([name, value]) => `${name}:${value}`), ''].join('\r\n'), 'utf8')

export function readBlock(bytes: Buffer): { first: string; second: string; headers: readonly (readonly [string, string])[] } {
  const [first = '', second = '', ...lines] = bytes.toString('utf8').split('\r\n')
  const headers = lines
    .filter((line) => line !== '')
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)] as const)
  return { first, second, headers }
}
export const lastOf = (headers: readonly (readonly [string, string])[], name: string): string | undefined =>
  headers.findLast(([each]) => each.toLowerCase() === name)?.[1]

/** Over the block, or over the digests of block and body. */
export const restHash = (request: Buffer, body: Buffer | undefined): string =>
  (body ? sha512(sha512(request), sha512(body)) : sha512(request)).toString('base64')

/** The element directly after the id of an answer: what was asked, by its digest. */
export function withRequestHash(answer: string, question: Buffer): string {
  const hash = sha512(question).toString('base64')
  return answer
    .replace(/<xroad:requestHash[\s\S]*?<\/xroad:requestHash>/g, '')
    .replace(
      '</xroad:id>',
      `</xroad:id><xroad:requestHash algorithmId="http://www.w3.org/2001/04/xmlenc#sha512">${hash}</xroad:requestHash>`,
    )
}
export const hashIn = (answer: Buffer): string | undefined => /<xroad:requestHash[^>]*>([^<]*)</.exec(answer.toString('utf8'))?.[1]

export const faultText = (code: string, text = 'un tropiezo'): Buffer =>
  Buffer.from(
    '<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Body><SOAP-ENV:Fault>' +
      `<faultcode>${code}</faultcode><faultstring>${text}</faultstring><faultactor></faultactor><detail><faultDetail xmlns="">x</faultDetail></detail>` +
      '</SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>',
  )
