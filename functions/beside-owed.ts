import type { Log } from '../src/exchange/ports.ts'
import type { DoorContext, DoorHandler } from './door.ts'

/** A door of messages that also signs and sends what its node owes the centre, beside the message: neither waits for the other but at the end. */
export const besideOwed =
  <Event, Result>(answer: DoorHandler<Event, Result>, payOwed: () => Promise<void>, log: Log): DoorHandler<Event, Result> =>
  async (event: Event, context?: DoorContext) => {
    const paying = payOwed().catch((problem: unknown) => log({ level: 'warn', event: 'owed_not_read', why: String(problem) }))
    const result = await answer(event, context)
    await paying
    return result
  }
