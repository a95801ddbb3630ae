import type { Socket } from 'node:net'
import { ok } from '../../base/result.ts'
import { type Fault, type Outcome, refuse } from '../../protocol/faults.ts'
import { openPlain, placeOf } from './connection.ts'

/** Which of several servers answered first, remembered so that the next call need not ask again. */
export type Winners = Map<string, { readonly address: string; readonly until: number }>

export type RaceSettings = {
  /** The port of addresses that name none. */
  readonly port: number
  /** Milliseconds a race may take when there are others to try afterwards; never less than LEAST_RACE_MS. */
  readonly raceMs: number
  readonly leastRaceMs: number
  readonly winners: Winners
  /** A clock that only runs forward, in milliseconds. */
  readonly clock: () => number
}
const WINNER_LASTS_MS = 3600_000
const MOST_WINNERS = 2000

export type Attempt<T> = (address: string, socket: Socket, budgetMs: number) => Promise<Outcome<T>>

/**
 * Connects to all addresses at once; the first TCP connection wins and is tried, and when it fails the others race again, in half the time.
 * A winner is tried first the next hour. The last reason is the one told; what `attempt` says of a server weighs more than a dead address.
 * Source: X-Road, "fastest connecting" provider selection.
 */
export async function fastest<T>(
  addresses: readonly string[],
  attempt: Attempt<T>,
  left: () => number,
  settings: RaceSettings,
): Promise<Outcome<T>> {
  const key = [...addresses].sort().join(' ')
  let waiting = [...new Set(addresses)]
  let told: Fault | undefined
  let raceMs = settings.raceMs
  const favourite = favouriteOf(key, waiting, settings)
  for (let runners = favourite ?? waiting; waiting.length > 0; runners = waiting) {
    const alone = waiting.length === 1
    const most = alone ? left() : Math.min(left(), runners === favourite ? settings.leastRaceMs : raceMs)
    const winner = await firstOf(runners, settings.port, most)
    if (winner.ok) {
      const { address, socket } = winner.value
      const tried = await attempt(address, socket, alone ? left() : Math.min(left(), raceMs))
      if (tried.ok) return remember(key, address, tried, settings)
      told = weightier(told, tried.fault)
      waiting = waiting.filter((each) => each !== address)
      raceMs = Math.max(settings.leastRaceMs, raceMs / 2)
    } else {
      told = weightier(told, winner.fault)
      waiting = waiting.filter((each) => !runners.includes(each))
    }
    if (left() <= 1) break
  }
  settings.winners.delete(key)
  return told ? { ok: false, fault: told } : refuse('network_error', 'no address to connect to')
}

function favouriteOf(key: string, addresses: readonly string[], { winners, clock }: RaceSettings): readonly string[] | undefined {
  const known = winners.get(key)
  return known && addresses.length > 1 && known.until > clock() && addresses.includes(known.address) ? [known.address] : undefined
}

function remember<T>(key: string, address: string, outcome: Outcome<T>, { winners, clock }: RaceSettings): Outcome<T> {
  const until = winners.get(key)?.address === address ? winners.get(key)?.until : undefined
  winners.delete(key)
  winners.set(key, { address, until: until ?? clock() + WINNER_LASTS_MS })
  if (winners.size > MOST_WINNERS) winners.delete(winners.keys().next().value as string)
  return outcome
}

const weightier = (told: Fault | undefined, next: Fault): Fault => (told && isJudgement(told) && !isJudgement(next) ? told : next)
const isJudgement = ({ path }: Fault): boolean => path[0] !== 'network_error' && path[0] !== 'unknown_host'

/** The first connection that stands; the others are given up. */
function firstOf(
  addresses: readonly string[],
  port: number,
  budgetMs: number,
): Promise<Outcome<{ readonly address: string; readonly socket: Socket }>> {
  return new Promise((resolve) => {
    let running = addresses.length
    let decided = false
    let told: Fault | undefined
    for (const address of addresses)
      void openPlain(placeOf(address, port), budgetMs).then((connection) => {
        running--
        if (decided) return void (connection.ok && connection.value.destroy())
        if (!connection.ok) told = connection.fault
        decided = connection.ok || running === 0
        if (connection.ok) resolve(ok({ address, socket: connection.value }))
        else if (running === 0) resolve({ ok: false, fault: told ?? connection.fault })
      })
  })
}
