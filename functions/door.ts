import middy from '@middy/core'
import type { Log } from '../src/exchange/ports.ts'

/** What the runtime tells a door; a laptop tells nothing. */
export type DoorContext = { readonly awsRequestId?: string; readonly getRemainingTimeInMillis?: () => number }
export type DoorHandler<Event, Result> = (event: Event, context?: DoorContext) => Promise<Result>

export type DoorOptions<Event, Result> = {
  readonly log: Log
  /** Puts the invocation's id into every line that follows. */
  readonly logContext?: (ids: { readonly invocation: string }) => void
  /** Sends off what was measured; awaited before the function may sleep. */
  readonly flush?: () => Promise<void>
  /** Notes a bug where whoever watches finds it, for a call that is answered does not fail. */
  readonly noteBug?: () => Promise<void>
  /** What the caller is answered after a bug. Without one the invocation fails, which is what a schedule should see. */
  readonly answerBug?: (event: Event) => Result | undefined
}

/**
 * The one stack around every door: the invocation's id into the log, a bug into an `internal_error` answer, measurements out.
 * It decides nothing; the order of business is the flow's.
 */
export function door<Event, Result>(handler: DoorHandler<Event, Result>, options: DoorOptions<Event, Result>): DoorHandler<Event, Result> {
  const { log, logContext, flush, noteBug, answerBug } = options
  const stack = middy<Event, Result>(async (event: Event, context: DoorContext) => handler(event, context))
  stack.use({
    before: ({ context }) => logContext?.({ invocation: context.awsRequestId ?? '' }),
    after: () => flush?.(),
    onError: async (request) => {
      log({ level: 'error', event: 'bug', why: describe(request.error) })
      await flush?.()
      const answer = answerBug?.(request.event)
      if (answer === undefined) return
      await noteBug?.().catch((problem: unknown) => log({ level: 'error', event: 'bug_not_noted', why: String(problem) }))
      request.response = answer
    },
  })
  return (event, context) => stack(event, (context ?? {}) as Parameters<typeof stack>[1])
}

/** Where it happened, for the log alone: the caller is told nothing of it. */
const describe = (problem: unknown): string => (problem instanceof Error ? (problem.stack ?? problem.message) : String(problem))
