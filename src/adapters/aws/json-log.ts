import type { Now } from '../../base/clock.ts'
import type { Log } from '../../exchange/ports.ts'

export type JsonLog = { readonly log: Log; readonly logContext: (ids: { readonly invocation: string }) => void }

/** One JSON object a line, as CloudWatch Logs Insights reads it: when, how grave, what, and the invocation's id in every line. */
export function jsonLog(write: (line: string) => void, now: Now): JsonLog {
  let context: { readonly invocation?: string } = {}
  return {
    log: (entry) => write(`${JSON.stringify({ at: new Date(now()).toISOString(), ...entry, ...context })}\n`),
    logContext: (ids) => {
      context = ids
    },
  }
}
