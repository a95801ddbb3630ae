import { randomBytes, randomUUID } from 'node:crypto'
import type { Now } from '../../base/clock.ts'
import type { Log, NewId, Store } from '../../exchange/ports.ts'
import type { Aws } from './aws.ts'
import { dynamoStore } from './dynamo-store.ts'
import { type LockedBucket, lockedBucket } from './s3-locked.ts'

export type CentreInAws = LockedBucket & {
  readonly store: Store
  readonly now: Now
  readonly newId: NewId
  readonly newSerial: () => bigint
  readonly log: Log
}
/** For each request to AWS: nobody's message waits for the centre; whoever asks it has a configuration and an answer at hand. */
export const CENTRE_MS = 10_000

/** What every door of the centre reaches the world by: its table, and where what it publishes and logs lies under lock. */
export const centreInAws = (
  aws: Aws,
  place: { readonly table: string; readonly bucket: string; readonly now: Now; readonly log: Log },
): CentreInAws => ({
  ...lockedBucket(aws, place.bucket, CENTRE_MS),
  store: dynamoStore(aws, place.table),
  now: place.now,
  log: place.log,
  newId: randomUUID,
  newSerial,
})

/** 128 random bits: never twice, no count to lose, and far above the first few, which authorities themselves have. */
export const newSerial = (): bigint => BigInt(`0x${randomBytes(16).toString('hex')}`) + 1000n
