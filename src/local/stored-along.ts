import type { Spool } from '../adapters/local/spool.ts'
import type { CallPeer, CallService } from '../exchange/ports.ts'
import type { LeftOut, StoredBody } from '../protocol/body.ts'

/** Something that came in: its body, or attachments of it, may lie in the spool. */
type CameIn = { readonly body: unknown; readonly leftOut?: readonly LeftOut[] }
type Calls = { readonly callPeer: CallPeer; readonly callService: CallService }

/** What was stored in the course of one exchange, whoever sent it and whatever became of it: forgotten when the exchange is over. */
export function storedAlong({ callPeer, callService }: Calls, spool: Spool) {
  const stored: StoredBody[] = []
  const note = <T extends CameIn>(came: T): T => {
    if (isStored(came.body)) stored.push(came.body)
    stored.push(...(came.leftOut ?? []).map(({ body }) => body))
    return came
  }
  return {
    note,
    /** The same calls; what comes in by them is noted. */
    calls: {
      callPeer: async (...question) => {
        const answer = await callPeer(...question)
        if (answer.ok) note(answer.value)
        return answer
      },
      callService: async (...question) => {
        const answer = await callService(...question)
        if (answer.ok) note(answer.value)
        return answer
      },
    } satisfies Calls,
    forget: async (): Promise<void> => {
      for (const body of stored.splice(0)) await spool.forget(body)
    },
  }
}

const isStored = (body: unknown): body is StoredBody => (body as Partial<StoredBody> | null)?.kind === 'stored'
