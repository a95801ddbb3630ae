import type { DoorName } from '../doors.ts'

/** What one scheduled run of a door uses when there is nothing to do. Counted where a test can count; else what its flow must do at most. */
export type IdleRun = {
  readonly ms: number
  readonly logBytes: number
  readonly queueRequests?: number
  readonly tableReads?: number
  readonly tableWrites?: number
  readonly bucketPuts?: number
  readonly bucketGets?: number
  readonly signatures?: number
}

/** One run in so many looks at everything; the others see an empty line and a clean last look, and stop. */
const WHOLE_LOOK_EVERY = 12

/**
 * The archive looks at both queues and at the mark of its last whole look (see src/exchange/archive-quiet), once an hour at everything. Its
 * LISTs are billed as puts.
 */
const ARCHIVE: IdleRun = {
  ms: 250 + 2500 / WHOLE_LOOK_EVERY,
  logBytes: 400,
  queueRequests: 2 + 4 / WHOLE_LOOK_EVERY,
  tableReads: 1 + 3 / WHOLE_LOOK_EVERY,
  tableWrites: 3 / WHOLE_LOOK_EVERY,
  bucketPuts: 3 / WHOLE_LOOK_EVERY,
  bucketGets: 3 / WHOLE_LOOK_EVERY,
}

/** Certificates of sixty agencies: one to sign with and one for the channel, each with an answer that is signed anew. */
const CERTIFICATES = 2 * 60

export const IDLE_RUNS: Partial<Record<DoorName, IdleRun>> = {
  archive: ARCHIVE,
  'refresh-trust': { ms: 2000, logBytes: 400, tableReads: 2, tableWrites: 1, bucketPuts: 1, bucketGets: 2 },
  edge: { ms: 2000, logBytes: 400, tableReads: 3, tableWrites: 2 },
  enrol: { ms: 2000, logBytes: 400, tableReads: 3, tableWrites: 1 },
  conf: { ms: 3000, logBytes: 800, tableReads: 200, tableWrites: 1, bucketPuts: 5, bucketGets: 2, signatures: 2 },
  ocsp: { ms: 20_000, logBytes: 800, tableReads: CERTIFICATES, tableWrites: 1, bucketPuts: CERTIFICATES, signatures: CERTIFICATES },
}
