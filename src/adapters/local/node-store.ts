import type { Acknowledge, Drain, Keep, Store } from '../../exchange/ports.ts'
import { writingApart } from './keeping-thread.ts'
import { keptRecords } from './kept-records.ts'
import { writingHere } from './kept-rows.ts'
import { openNodeDatabase } from './node-schema.ts'
import { smallRecords } from './small-records.ts'

/** A node's file, with a folder beside it: the records kept and not yet secured, the small records, the leases. */
export type NodeStore = {
  readonly keep: Keep
  readonly drain: Drain
  readonly acknowledge: Acknowledge
  readonly store: Store
  /** How many records are kept and not yet secured. */
  readonly waiting: () => Promise<number>
  /** How many identities were ever kept, by the UTC day of the record; from one day on, when it is said. */
  readonly keptByDay: (since?: string) => Promise<ReadonlyMap<string, number>>
  /** Waits for what is being kept, then lets go of the file. */
  readonly close: () => Promise<void>
}

/**
 * Opens or creates a node's file. Throws StoreVersionError when it was written by another version, and whatever SQLite has to say.
 * @param keeping 'apart': records are written by a thread of its own, for a node that serves many at once
 */
export function openNodeStore(file: string, keeping: 'here' | 'apart' = 'here'): NodeStore {
  const node = openNodeDatabase(file)
  const writer = keeping === 'apart' ? writingApart(file) : writingHere(node.rows, node.counts)
  const records = keptRecords(node, writer)
  return {
    keep: records.keep,
    drain: records.drain,
    acknowledge: records.acknowledge,
    waiting: records.waiting,
    keptByDay: records.keptByDay,
    store: smallRecords(node.database),
    close: async () => {
      await records.settled()
      await writer.close()
      node.close()
    },
  }
}
