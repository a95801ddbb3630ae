import { type Instant, MINUTE, SECOND } from '../base/clock.ts'
import { type Memory, putBounded } from './memory.ts'
import type { FetchUrl, HttpAnswer, Log, Now } from './ports.ts'

/** From here on the operator is told; from MOST_SKEW on nothing is signed. */
const WARN_SKEW = 2 * SECOND
const MOST_SKEW = 30 * SECOND
/** Longer than the time between two questions to a responder, so that the centre's clock is always among the witnesses. */
const WITNESS_LASTS = 30 * MINUTE
/** A clock that was right a moment ago is not looked at again. */
const LOOK_AGAIN = 5 * SECOND

/** How far the clocks of others were ahead of ours, when last heard. */
export type Clocks = Pick<Memory, 'clocks'>
export type Heard = { readonly source: string; readonly headers: HttpAnswer['headers']; readonly sent: Instant; readonly received: Instant }

/** Compares our clock with the Date of an answer that came anyway. Date has whole seconds, and the answer took its time: both are allowed for. */
export function noteDate({ source, headers, sent, received }: Heard, memory: Clocks, log: Log): void {
  const before = memory.clocks.get(source)
  if (before?.ahead === 0 && Math.abs(received - before.at) < LOOK_AGAIN) return
  const date = Date.parse(headers.find(([name]) => name.toLowerCase() === 'date')?.[1] ?? '')
  if (Number.isNaN(date)) return
  const apart = date + SECOND / 2 - (sent + received) / 2
  const allowed = SECOND / 2 + Math.abs(received - sent) / 2
  const ahead = Math.sign(apart) * Math.max(0, Math.abs(apart) - allowed)
  putBounded(memory.clocks, source, { ahead, at: received })
  if (Math.abs(ahead) > WARN_SKEW) log({ level: 'warn', event: 'clock_differs', source, aheadMs: Math.round(ahead) })
}

/**
 * Whether our clock is wrong beyond doubt: everybody heard of late is more than 30 seconds away from it.
 * One peer with a wrong clock among others does not stop us.
 */
export function isClockWrong(memory: Clocks, now: Instant): boolean {
  const witnesses = [...memory.clocks.values()].filter(({ at }) => Math.abs(now - at) <= WITNESS_LASTS)
  return witnesses.length > 0 && witnesses.every(({ ahead }) => Math.abs(ahead) > MOST_SKEW)
}

const ASK_MS = 5 * SECOND
export type AskPorts = { readonly fetchUrl: FetchUrl; readonly now: Now; readonly log: Log; readonly memory: Clocks }

/** Asks the time at each address, whatever was heard before, and gives what they say now; who does not answer says nothing. */
export async function askTheTime(addresses: readonly string[], { fetchUrl, now, log, memory }: AskPorts): Promise<Clocks> {
  const heard: Clocks = { clocks: new Map() }
  await Promise.all(
    addresses.map(async (url) => {
      const sent = now()
      const answer = await fetchUrl(url, null, ASK_MS)
      if (answer.ok) noteDate({ source: new URL(url).host, headers: answer.value.headers, sent, received: now() }, heard, log)
    }),
  )
  for (const [source, said] of heard.clocks) putBounded(memory.clocks, source, said)
  return heard
}
