import { Agent, request } from 'node:https'
import { Agent as PlainAgent, request as requestPlain } from './node-http.ts'

export type Wire = {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}
export type Answer = { readonly status: number; readonly headers: Readonly<Record<string, string | undefined>>; readonly body: Buffer }

/** Connections are kept: to the next message an answer is one round trip away. */
export const agents = () => ({ plain: new PlainAgent({ keepAlive: true }), secure: new Agent({ keepAlive: true }) })

/** One request and its whole answer. Throws when there is none within `ms`. */
export function send({ url, method, headers, body }: Wire, { plain, secure }: ReturnType<typeof agents>, ms: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { method, headers: { ...headers, 'content-length': String(body.length) } }
    const outgoing =
      url.protocol === 'https:' ? request(url, { ...options, agent: secure }) : requestPlain(url, { ...options, agent: plain })
    const timer = setTimeout(() => outgoing.destroy(new Error(`no whole answer within ${ms} ms`)), ms)
    const fail = (problem: Error) => {
      clearTimeout(timer)
      reject(problem)
    }
    outgoing.once('error', fail)
    outgoing.once('response', (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.once('error', fail)
      incoming.once('end', () => {
        clearTimeout(timer)
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers as Answer['headers'], body: Buffer.concat(chunks) })
      })
    })
    outgoing.end(body)
  })
}
