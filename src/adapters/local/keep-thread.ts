// The thread that waits for the disk: writes what a node keeps, over a connection of its own, and says when it is there.
import { parentPort, workerData } from 'node:worker_threads'
import { problemOf } from './database.ts'
import type { Batch } from './keeping-thread.ts'
import type { KeptRow } from './kept-rows.ts'
import { openNodeDatabase } from './node-schema.ts'

const { database, rows, counts, close } = openNodeDatabase(workerData as string)
// The octets are on disk before the commit, and whoever opens the file takes up what its last commits said: the disk is waited for once.
database.exec('PRAGMA synchronous = NORMAL')

parentPort?.on('message', (batch: Batch | 'end') => {
  if (batch === 'end') {
    close()
    return parentPort?.close()
  }
  parentPort?.postMessage(problemOf(() => rows.write(rowsOf(batch))))
  counts.more(batch.identities.length)
})

const rowsOf = ({ identities, days, ends, octets }: Batch): readonly KeptRow[] =>
  identities.map((identity, n) => ({ identity, day: days[n] as string, bytes: octets.subarray(ends[n - 1] ?? 0, ends[n]) }))
