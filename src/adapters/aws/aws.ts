import type { Now } from '../../base/clock.ts'
import { Busy } from '../../exchange/busy.ts'
import { ACTIONS, type JsonAction, type RestAction, restRow, type S3Action } from './actions.ts'
import { type Answer, agents, send } from './send.ts'
import { type Credentials, encodePath, signedHeaders, writeQuery } from './signature-v4.ts'

/*
 * The SDK's five clients that a door needs are 609 KB of minified JavaScript, as against 190 KB of all our own, and take several times as
 * long to load; the few actions we use are signed and sent in the few lines below (bench/doors.ts measures it; docs/decisions says more).
 * Only this file and signature-v4.ts know how AWS is spoken to.
 */

export type AwsSettings = {
  readonly region: string
  /** Asked at every request: what the runtime renews is never old. */
  readonly credentials: () => Credentials
  /** A place that answers like AWS, for all services. Absent: AWS. */
  readonly endpoint?: string | undefined
  readonly now: Now
  /** Milliseconds that a request takes at most when nothing else is said. @default MESSAGE_MS */
  readonly patienceMs?: number
}
export type S3Request = {
  readonly bucket: string
  readonly key?: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}
export type RestRequest = {
  readonly path: string
  readonly body?: string
  readonly contentType?: string
  /** In place of the door's own: a role's that it has taken on. */
  readonly as?: Credentials
}
export type Aws = {
  /** A JSON service's answer. Throws AwsRefused, Busy, or whatever the connection had to say. */
  readonly ask: <T>(action: JsonAction, input: object, budgetMs?: number) => Promise<T>
  /** An answer of S3 as it is, below 500; what it means is the caller's to say. */
  readonly object: (action: S3Action, request: S3Request, budgetMs?: number) => Promise<Answer>
  /** An answer below 500 of a service that speaks in paths, as it is. Throws Busy, or whatever the connection had to say. */
  readonly rest: (action: RestAction, request: RestRequest, budgetMs?: number) => Promise<Answer>
}

/** A service said no: `code` in its own words. */
export class AwsRefused extends Error {
  readonly code: string
  readonly answer: unknown
  constructor(action: string, status: number, code: string, answer?: unknown) {
    super(`${action} was answered ${status} ${code}`)
    this.code = code
    this.answer = answer
  }
}

/** Within the time that a door keeps back to sign and keep. */
export const MESSAGE_MS = 1500
/** An attempt that hangs leaves time for another. */
const ATTEMPT_SHARE = 0.6
const WAITS_MS = [60, 240] as const

/** Nobody's message waits for these. */
export const PATIENT_MS = 20_000

const EMPTY = Buffer.alloc(0)
type Signer = { readonly service: string; readonly region?: string; readonly who?: Credentials }

/** One client for a process: every adapter asks through it. */
export function connectAws(settings: AwsSettings): Aws {
  const connections = agents()
  const { patienceMs = MESSAGE_MS } = settings
  const sendOnce = (
    url: URL,
    method: string,
    headers: Record<string, string>,
    body: Uint8Array,
    { service, region = settings.region, who = settings.credentials() }: Signer,
    ms: number,
  ) => {
    const unsigned = { method, path: url.pathname, query: url.search.slice(1), headers: { ...headers, host: url.host }, body }
    return send({ url, method, headers: signedHeaders(unsigned, { service, region }, who, settings.now()), body }, connections, ms)
  }
  return {
    ask: async <T>(action: JsonAction, input: object, budgetMs = patienceMs) => {
      const { service, target, version } = ACTIONS[action]
      const headers = { 'content-type': `application/x-amz-json-${version}`, 'x-amz-target': target }
      const body = Buffer.from(JSON.stringify(input))
      const url = new URL(settings.endpoint ?? `https://${service}.${settings.region}.amazonaws.com/`)
      const answer = await patiently(action, budgetMs, (ms) => sendOnce(url, 'POST', headers, body, { service }, ms))
      const said = JSON.parse(answer.body.toString('utf8') || '{}') as T
      if (answer.status !== 200) throw new AwsRefused(action, answer.status, codeIn(answer), said)
      return said
    },
    object: (action, { bucket, key = '', query = {}, headers = {}, body = EMPTY }, budgetMs = patienceMs) => {
      const base = settings.endpoint ? `${settings.endpoint}/${bucket}` : `https://${bucket}.s3.${settings.region}.amazonaws.com`
      const url = new URL(`${base}/${encodePath(key)}?${writeQuery(query)}`)
      return patiently(action, budgetMs, (ms) =>
        sendOnce(url, action === 'PutObject' ? 'PUT' : 'GET', { ...headers }, body, { service: 's3' }, ms),
      )
    },
    rest: (action, { path, body = '', contentType = 'application/json', as }, budgetMs = PATIENT_MS) => {
      const { service, method, host = `${service}.${settings.region}.amazonaws.com`, region } = restRow(action)
      const url = new URL(path, settings.endpoint ?? `https://${host}/`)
      const signer = { service, ...(region ? { region } : {}), ...(as ? { who: as } : {}) }
      return patiently(action, budgetMs, (ms) => sendOnce(url, method, { 'content-type': contentType }, Buffer.from(body), signer, ms))
    },
  }
}

/**
 * Asks up to three times within the budget: again when the service is throttled, ill, or the connection broke. Every action of ours may be
 * repeated: what it does twice it has done once.
 */
export async function patiently(action: string, budgetMs: number, attempt: (ms: number) => Promise<Answer>): Promise<Answer> {
  const started = performance.now()
  for (const wait of [...WAITS_MS, null]) {
    const left = budgetMs - (performance.now() - started)
    const last = wait === null || left < 2 * wait
    const answer = await attempt(Math.max(1, last ? left : left * ATTEMPT_SHARE)).catch((problem: Error) => problem)
    if (!(answer instanceof Error) && !isThrottled(answer) && answer.status < 500) return answer
    if (!last) await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random())))
    else if (answer instanceof Error) throw new Error(`${action}: ${answer.message}`, { cause: answer })
    else if (isThrottled(answer)) throw new Busy(`${action} was answered ${answer.status} ${codeIn(answer)}`)
    else throw new AwsRefused(action, answer.status, codeIn(answer))
  }
  throw new Error('unreachable: the last attempt returns or throws')
}

const THROTTLED = new Set([
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'RequestThrottled',
  'RequestThrottledException',
  'TooManyRequestsException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'SlowDown',
])
const isThrottled = (answer: Answer): boolean => answer.status === 429 || (answer.status >= 400 && THROTTLED.has(codeIn(answer)))

/** 'com.amazonaws.kms#NotFoundException' → 'NotFoundException'; of S3, what stands in Code. */
export function codeIn({ body, headers }: Answer): string {
  const text = body.subarray(0, 4096).toString('utf8')
  const named = /"__type"\s*:\s*"(?:[^"#]*#)?([^"]+)"/.exec(text)?.[1] ?? /<Code>([^<]+)<\/Code>/.exec(text)?.[1]
  return named ?? headers['x-amzn-errortype']?.split(':')[0] ?? 'no code'
}
