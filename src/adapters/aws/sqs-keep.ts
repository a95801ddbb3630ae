import { encodeRecord } from '../../evidence/record.ts'
import type { Keep, PutLocked } from '../../exchange/ports.ts'
import { hex, sha512 } from '../../protocol/digests.ts'
import type { Aws } from './aws.ts'

/** Octets of a record that fit into a message of at most 1 MiB once they are in base64. */
export const MOST_IN_QUEUE = 700 * 1024
/** What a message says in place of a record that lies in the bucket; no base64 has a colon. */
export const STAGED = 'in-bucket:'

export const stagedName = (digest: string): string => `staging/${digest}`

/**
 * Holds records in the evidence queue until the archive has secured them. A larger one goes to the bucket first, under its own digest, and
 * the queue says where: the same record twice is the same object. Throws Busy when SQS is throttled.
 */
export const keepInQueue =
  ({ ask }: Pick<Aws, 'ask'>, queue: string, putLocked: PutLocked): Keep =>
  async (record) => {
    const bytes = encodeRecord(record)
    const body = bytes.length <= MOST_IN_QUEUE ? Buffer.from(bytes).toString('base64') : await staged(bytes, putLocked)
    await ask('SendMessage', { QueueUrl: queue, MessageBody: body })
  }

async function staged(bytes: Uint8Array, putLocked: PutLocked): Promise<string> {
  const digest = hex(sha512(bytes))
  await putLocked(stagedName(digest), bytes)
  return `${STAGED}${digest}`
}
