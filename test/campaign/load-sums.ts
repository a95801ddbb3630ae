import type { ClientAnswer } from '../../src/local/world-view.ts'
import { type Exchange, header, json } from '../journeys/exchange.ts'

/** What a caller remembers of a call: this is the log that knows nothing of the nodes' own. `code` is 'ok', or of the refusal. */
export type Asked = { readonly id: string; readonly ms: number; readonly code: string }
export type Item = { readonly messageId: string; readonly side: string; readonly direction: string; readonly identity: string }

/** Asks, and remembers how it went. */
export async function remembered(id: string, ask: () => Promise<ClientAnswer>): Promise<Asked> {
  const began = performance.now()
  const answer = await ask().catch((problem: unknown) => String(problem))
  return { id, ms: performance.now() - began, code: codeOf(answer) }
}

const codeOf = (answer: ClientAnswer | string): string => {
  if (typeof answer === 'string') return answer
  return answer.status === 200 ? 'ok' : (header(answer, 'x-road-error') ?? `${answer.status} ${json(answer).message}`)
}

/** Refusals by their code. */
export function refusalsIn(asked: readonly Asked[]): Record<string, number> {
  const refused: Record<string, number> = {}
  for (const { code } of asked) if (code !== 'ok') refused[code] = (refused[code] ?? 0) + 1
  return refused
}

/** Seals what is left at each node and judges every container by itself; throws at the first that does not verify. */
export async function sealedAndVerified(exchange: Exchange, nodes: readonly string[]): Promise<readonly Item[]> {
  const items: Item[] = []
  for (const node of nodes)
    for (const item of await exchange.sealed(node)) {
      const verdict = await exchange.verdict(item)
      if (!verdict.valid) throw new Error(`${item.messageId} ${item.direction} does not verify: ${verdict.fault?.detail}`)
      items.push(item)
    }
  return items
}

/** Nothing lost, nothing double, nothing that nobody sent; what was answered is whole on both sides. Throws at the first that does not hold. */
export function mustClose(asked: readonly Asked[], served: readonly string[], items: readonly Item[]): void {
  if (new Set(items.map(({ identity, side }) => `${side} ${identity}`)).size !== items.length) throw new Error('a record was sealed twice')
  const sent = new Set(asked.map(({ id }) => id))
  const stray = items.find(({ messageId }) => !sent.has(messageId)) ?? served.find((id) => !sent.has(id))
  if (stray) throw new Error(`nobody sent ${JSON.stringify(stray)}`)
  const has = new Set(items.map(({ messageId, side, direction }) => `${messageId} ${side} ${direction}`))
  const calls = new Set(served)
  for (const { id, code } of asked) {
    const held = RECORDS.filter((each) => has.has(`${id} ${each}`))
    if (code === 'ok' && held.length < RECORDS.length) throw new Error(`${id} was answered, and there is only ${held.join(', ')}`)
    if (code === 'ok' && !calls.has(id)) throw new Error(`${id} was answered without its service`)
    if (calls.has(id) && !held.includes('provider request')) throw new Error(`${id}: its service was called, and the request was not kept`)
    if (held.includes('consumer response') && code !== 'ok' && !isInDoubt(code))
      throw new Error(`${id} ended in ${code}, and an answer was kept as released`)
    if (/access_denied$/.test(code) && held.some((each) => each.startsWith('provider')))
      throw new Error(`${id} had no right, and was taken in`)
  }
}

/** The gateway before the door lost patience: what became of the call only the evidence says. */
const isInDoubt = (code: string): boolean => code.startsWith('504 ')

const RECORDS = ['consumer request', 'provider request', 'provider response', 'consumer response'] as const
