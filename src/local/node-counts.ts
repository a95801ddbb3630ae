import { join } from 'node:path'
import { dayLines } from '../adapters/local/day-lines.ts'
import type { Now } from '../base/clock.ts'
import type { Log, Sign } from '../exchange/ports.ts'
import { hex } from '../protocol/digests.ts'

const signaturesIn = (folder: string) => dayLines(join(folder, 'signatures'))
const failuresIn = (folder: string) => dayLines(join(folder, 'not-kept'))

/** The key's own log: a line for every signature, before whoever asked has it. What is not written is not signed. */
export function signLogged(sign: Sign, folder: string, now: Now): Sign {
  const lines = signaturesIn(folder)
  return async (key, algorithm, digest) => {
    const signature = await sign(key, algorithm, digest)
    lines.add(now(), key, algorithm, hex(digest))
    return signature
  }
}

/** The doors' log, which also counts what was signed and could not be kept: the failures a day's close knows by name. */
export function logCounting(log: Log, folder: string, now: Now): Log {
  const lines = failuresIn(folder)
  return (entry) => {
    log(entry)
    if (entry.event === 'not_kept' && entry.signature !== undefined) count(String(entry.requestId), String(entry.signature))
  }
  function count(...words: readonly string[]): void {
    try {
      lines.add(now(), ...words)
    } catch (problem) {
      log({ level: 'error', event: 'not_counted', why: String(problem) }) // the day's close will miss it, and say so
    }
  }
}

/** What others than the archive counted, by UTC day: signatures by the key's log; of failures, which signature each was. */
export type DayLogs = { readonly signatures: ReadonlyMap<string, number>; readonly failures: ReadonlyMap<string, readonly string[]> }

export async function readCounts(folder: string, since = ''): Promise<DayLogs> {
  const [signatures, failures] = await Promise.all([signaturesIn(folder).read(since), failuresIn(folder).read(since)])
  return {
    signatures: new Map([...signatures].map(([day, lines]) => [day, lines.length])),
    failures: new Map([...failures].map(([day, lines]) => [day, lines.map((words) => words.at(-1) as string)])),
  }
}
