import { ok } from '../../base/result.ts'
import type { FetchUrl } from '../../exchange/ports.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { openPlain, openTls, placeOf } from './connection.ts'
import { HttpConnection } from './http-connection.ts'
import { takeBody } from './take-in.ts'

/** The centre's plain answers: OCSP, time stamps, configuration. What they say proves itself, so http will do; https is verified. */
export function fetchOverHttp(mostBytes = 16 * 1024 * 1024): FetchUrl {
  return async (url, post, budgetMs) => {
    const started = performance.now()
    const target = parse(url)
    if (!target.ok) return target
    const { protocol, host, pathname, search } = target.value
    const place = placeOf(host, protocol === 'https:' ? 443 : 80)
    const socket = protocol === 'https:' ? await openTls(place, {}, budgetMs) : await openPlain(place, budgetMs)
    if (!socket.ok) return socket
    const headers = [['host', host] as const, ...(post ? [['content-type', post.type] as const] : [])]
    const message = { method: post ? 'POST' : 'GET', path: `${pathname}${search}`, headers, body: post ? [post.body] : null }
    const left = Math.max(1, Math.floor(budgetMs - (performance.now() - started)))
    const room = { held: mostBytes, most: mostBytes }
    const answer = await new HttpConnection(socket.value).send(message, left, ({ chunks }) => takeBody(chunks, room))
    if (!answer.ok) return answer
    const { taken, again: _ended, ...head } = answer.value
    return taken instanceof Uint8Array
      ? ok({ ...head, body: taken })
      : refuse('message_too_large', `the answer has more than ${mostBytes} octets`)
  }
}

function parse(text: string): Outcome<URL> {
  const url = URL.parse(text)
  return url && /^https?:$/.test(url.protocol) ? { ok: true, value: url } : refuse('network_error', `${text} is no http or https URL`)
}
