// The thread that waits for the disk: writes what a node keeps, over a connection of its own, and says when it is there.
import { parentPort, workerData } from 'node:worker_threads'
import type { Batch } from './keeping-thread.ts'
import { rowsInto } from './kept-rows.ts'
import { openNodeDatabase } from './node-schema.ts'

const database = openNodeDatabase(workerData as string)
const write = rowsInto(database)

parentPort?.on('message', (batch: Batch | 'end') => {
  if (batch === 'end') {
    database.close()
    return parentPort?.close()
  }
  parentPort?.postMessage(written(batch))
})

/** What SQLite had to say; null: every row is on disk. */
function written({ rows, octets }: Batch): Error | null {
  try {
    write(rows.map(({ identity, day, at, end }) => ({ identity, day, bytes: octets.subarray(at, end) })))
    return null
  } catch (problem) {
    return problem instanceof Error ? problem : new Error(String(problem))
  }
}
