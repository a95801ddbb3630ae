import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { KeptRow, RowWriter } from './kept-rows.ts'

/** Rows on their way to the thread, column by column: their octets lie one after the other in memory that goes over to it, and `ends` says where each ends. */
export type Batch = {
  readonly identities: readonly string[]
  readonly days: readonly string[]
  readonly ends: readonly number[]
  readonly octets: Uint8Array<ArrayBuffer>
}

/**
 * Writes in a thread of its own, so that a node goes on while the disk is waited for; what comes in meanwhile is the next batch. One batch at a
 * time. The thread begins with the first, and a new one when it died; it holds no process open while it has nothing to do.
 */
export function writingApart(file: string): RowWriter {
  let thread: Worker | undefined
  let closed = false
  const begun = (): Worker => {
    const worker = new Worker(new URL('./keep-thread.ts', import.meta.url), { workerData: file })
    worker.once('exit', () => {
      if (thread === worker) thread = undefined
    })
    return worker
  }
  return {
    write: async (rows) => {
      if (closed) throw new Error(`${file} is closed`)
      thread ??= begun()
      const problem = await answerOf(thread, batchOf(rows))
      if (problem) throw problem
    },
    close: async () => {
      closed = true
      if (!thread) return
      const gone = once(thread, 'exit')
      thread.ref()
      thread.postMessage('end')
      await gone
    },
  }
}

function batchOf(rows: readonly KeptRow[]): Batch {
  const octets = new Uint8Array(rows.reduce((sum, { bytes }) => sum + bytes.length, 0))
  let end = 0
  const ends = rows.map(({ bytes }) => {
    octets.set(bytes, end)
    end += bytes.length
    return end
  })
  return { identities: rows.map(({ identity }) => identity), days: rows.map(({ day }) => day), ends, octets }
}

/** undefined: written. Rejects when the thread ends without an answer. */
function answerOf(thread: Worker, batch: Batch): Promise<Error | undefined> {
  thread.ref()
  return new Promise<Error | undefined>((resolve, reject) => {
    const over = () => {
      thread.off('message', answered).off('error', failed).off('exit', ended).unref()
    }
    const answered = (problem: Error | undefined) => {
      over()
      resolve(problem)
    }
    const failed = (problem: unknown) => {
      over()
      reject(problem)
    }
    const ended = () => failed(new Error('the thread that keeps records ended'))
    thread.once('message', answered).once('error', failed).once('exit', ended)
    thread.postMessage(batch, [batch.octets.buffer])
  })
}
