import { bodyOf, type GatewayEvent, type GatewayResult, headersOf, resultFor } from './http.ts'

/** One OCSP or time-stamp request is a few hundred octets. */
const MOST_BYTES = 16 * 1024

/** A question in DER to an answer in DER, both of one media type. What is no such question is told by the status alone. */
export async function answerDer(
  event: GatewayEvent,
  { accepts, answers }: { readonly accepts: string; readonly answers: string },
  answer: (question: Uint8Array) => Promise<Uint8Array>,
): Promise<GatewayResult> {
  const type = headersOf(event).find(([name]) => name.toLowerCase() === 'content-type')?.[1]
  const body = bodyOf(event)
  const status = type !== accepts ? 415 : body.length > MOST_BYTES ? 413 : 200
  const made = status === 200 ? await answer(body) : new Uint8Array()
  return resultFor(event, { status, headers: [['Content-Type', status === 200 ? answers : 'text/plain']], body: made })
}
