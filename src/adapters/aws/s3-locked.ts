import { createHash } from 'node:crypto'
import type { GetLocked, ListLocked, PutLocked } from '../../exchange/ports.ts'
import { type Aws, AwsRefused, codeIn } from './aws.ts'
import { readListAnswer } from './s3-list.ts'

/** Other bytes were to be written under a name that is taken. Nothing was changed; somebody must look. */
export class LockedNameTaken extends Error {
  readonly takenName: string
  constructor(name: string) {
    super(`${name} is written already, with other content; it was not overwritten`)
    this.takenName = name
  }
}

export type LockedBucket = { readonly putLocked: PutLocked; readonly getLocked: GetLocked; readonly listLocked: ListLocked }

/**
 * Write-once names in a bucket with Object Lock, which gives every object its retention by default.
 *
 * A name is written only when there is none (If-None-Match), under a SHA-256 that S3 checks as it arrives. 'already' is said after the bytes
 * there were read and are the same. Nothing here can delete, and the bucket's policy refuses it to all.
 * @param budgetMs for each request: the archive's large files need more than a message has
 */
export function lockedBucket({ object }: Pick<Aws, 'object'>, bucket: string, budgetMs?: number): LockedBucket {
  const getLocked: GetLocked = async (key) => {
    const answer = await object('GetObject', { bucket, key }, budgetMs)
    if (answer.status === 404 && codeIn(answer) === 'NoSuchKey') return undefined
    if (answer.status !== 200) throw new AwsRefused('GetObject', answer.status, codeIn(answer))
    return answer.body
  }
  return {
    getLocked,
    putLocked: async (key, bytes) => {
      const checksum = createHash('sha256').update(bytes).digest('base64')
      const headers = { 'if-none-match': '*', 'x-amz-checksum-sha256': checksum, 'x-amz-sdk-checksum-algorithm': 'SHA256' }
      const answer = await object('PutObject', { bucket, key, headers, body: bytes }, budgetMs)
      if (answer.status === 200) return 'kept'
      // 412: it is there; 409: another is writing it at this moment.
      if (answer.status !== 412 && answer.status !== 409) throw new AwsRefused('PutObject', answer.status, codeIn(answer))
      const there = await getLocked(key)
      if (!there) throw new Error(`${key} is being written by another`)
      if (Buffer.compare(there, bytes) !== 0) throw new LockedNameTaken(key)
      return 'already'
    },
    listLocked: async (prefix, after = '') => {
      const names: string[] = []
      for (let token: string | undefined, more = true; more; more = token !== undefined) {
        const from: Record<string, string> =
          token !== undefined ? { 'continuation-token': token } : after !== '' ? { 'start-after': after } : {}
        const answer = await object('ListObjectsV2', { bucket, query: { 'list-type': '2', prefix, ...from } }, budgetMs)
        if (answer.status !== 200) throw new AwsRefused('ListObjectsV2', answer.status, codeIn(answer))
        const page = readListAnswer(answer.body)
        names.push(...page.names)
        token = page.next
      }
      return names
    },
  }
}
