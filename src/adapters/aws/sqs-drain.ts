import type { Acknowledge, Drain, Drained, GetLocked } from '../../exchange/ports.ts'
import { hex, sha512 } from '../../protocol/digests.ts'
import type { Aws } from './aws.ts'
import { MOST_IN_QUEUE, STAGED, stagedName } from './sqs-keep.ts'

type Message = { readonly ReceiptHandle: string; readonly Body: string }
export type DrainedQueue = { readonly drain: Drain; readonly acknowledge: Acknowledge }

/** Of a receipt that ran out or was used: the record is forgotten already, or comes again and is known then. */
const GONE = 'ReceiptHandleIsInvalid'

const WAIT_SECONDS = 1
const BATCH = 10
const BUDGET_MS = 20_000

/**
 * Takes records out of the evidence queue. SQS asks only some of its servers when it does not wait, and answers nothing now and then: the
 * queue counts as empty after two empty answers in a row (one when there are records to go on with: whoever drains asks again).
 * What is taken is hidden from others for the queue's visibility timeout, and comes again after it unless it was acknowledged.
 */
export function drainedQueue({ ask }: Pick<Aws, 'ask'>, queue: string, getLocked: GetLocked): DrainedQueue {
  const receive = async (most: number): Promise<readonly Message[]> => {
    const question = { QueueUrl: queue, MaxNumberOfMessages: most, WaitTimeSeconds: WAIT_SECONDS }
    return (await ask<{ Messages?: readonly Message[] }>('ReceiveMessage', question, BUDGET_MS)).Messages ?? []
  }
  return {
    drain: async (most, mostBytes) => {
      const taken: Drained[] = []
      let size = 0
      for (let empty = 0; empty < (taken.length > 0 ? 1 : 2) && taken.length < most && (taken.length === 0 || size < mostBytes); ) {
        const fitting = Math.max(1, Math.floor((mostBytes - size) / MOST_IN_QUEUE))
        const messages = await receive(Math.min(BATCH, most - taken.length, fitting))
        empty = messages.length === 0 ? empty + 1 : 0
        for (const message of messages) {
          const bytes = await recordIn(message.Body, getLocked)
          taken.push({ receipt: message.ReceiptHandle, bytes })
          size += bytes.length
        }
      }
      return taken
    },
    acknowledge: async (receipts) => {
      for (let first = 0; first < receipts.length; first += BATCH) {
        const entries = receipts.slice(first, first + BATCH).map((receipt, index) => ({ Id: String(index), ReceiptHandle: receipt }))
        const answer = await ask<{ Failed?: readonly { Code?: string }[] }>(
          'DeleteMessageBatch',
          { QueueUrl: queue, Entries: entries },
          BUDGET_MS,
        )
        const failed = answer.Failed?.filter(({ Code }) => Code !== GONE) ?? []
        if (failed.length > 0) throw new Error(`${failed.length} records were not acknowledged: ${failed[0]?.Code}`)
      }
    },
  }
}

/** The record's bytes. What no door of ours wrote is handed on as it is: it will not be read as a record, is set aside and told. */
async function recordIn(body: string, getLocked: GetLocked): Promise<Uint8Array> {
  if (!body.startsWith(STAGED)) return Buffer.from(body, 'base64')
  const digest = body.slice(STAGED.length)
  const bytes = /^[0-9a-f]{128}$/.test(digest) ? await getLocked(stagedName(digest)) : undefined
  return bytes && hex(sha512(bytes)) === digest ? bytes : Buffer.from(body, 'utf8')
}

/**
 * Takes records out of the line, and when it is empty and something is among the dead letters, out of there: what has failed so often is secured with the
 * next run that can, and nobody has to carry it back.
 */
export function drainedLine(line: DrainedQueue, deadLetters: DrainedQueue, isDead: () => boolean): DrainedQueue {
  const DEAD = 'dead:'
  return {
    drain: async (most, mostBytes) => {
      const taken = await line.drain(most, mostBytes)
      if (taken.length > 0 || !isDead()) return taken
      return (await deadLetters.drain(most, mostBytes)).map(({ receipt, bytes }) => ({ receipt: `${DEAD}${receipt}`, bytes }))
    },
    acknowledge: async (receipts) => {
      const dead = receipts.filter((receipt) => receipt.startsWith(DEAD))
      const others = receipts.filter((receipt) => !receipt.startsWith(DEAD))
      if (others.length > 0) await line.acknowledge(others)
      if (dead.length > 0) await deadLetters.acknowledge(dead.map((receipt) => receipt.slice(DEAD.length)))
    },
  }
}
