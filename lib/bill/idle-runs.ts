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

/** One of the archive's runs in so many looks at everything; the others see an empty line and a clean look within the hour, and stop. */
const WHOLE_LOOK_EVERY = 12

/** A call that stops at once: it asks both queues how much they hold, and reads its mark. */
export const QUICK_LOOK = { ms: 250, logBytes: 400, queueRequests: 2, tableReads: 1 } as const satisfies IdleRun
/** A call that looks at everything and finds nothing: two empty receives of a second each, and asks for the next names. */
export const WHOLE_LOOK = {
  ms: 3500,
  logBytes: 400,
  queueRequests: 6,
  tableReads: 5,
  tableWrites: 3,
  bucketPuts: 0,
  bucketGets: 6,
} as const satisfies IdleRun

const sum = (quick = 0, whole = 0): number => (quick * (WHOLE_LOOK_EVERY - 1) + whole) / WHOLE_LOOK_EVERY
const ARCHIVE: IdleRun = {
  ms: sum(QUICK_LOOK.ms, WHOLE_LOOK.ms),
  logBytes: sum(QUICK_LOOK.logBytes, WHOLE_LOOK.logBytes),
  queueRequests: sum(QUICK_LOOK.queueRequests, WHOLE_LOOK.queueRequests),
  tableReads: sum(QUICK_LOOK.tableReads, WHOLE_LOOK.tableReads),
  tableWrites: sum(0, WHOLE_LOOK.tableWrites),
  bucketPuts: sum(0, WHOLE_LOOK.bucketPuts),
  bucketGets: sum(0, WHOLE_LOOK.bucketGets),
}

/** Certificates of sixty agencies: one to sign with and one for the channel, each with an answer that is signed anew. */
const CERTIFICATES = 2 * 60
/** Units that reading and writing one of them takes, each of some 2.5 KB: a certificate and an answer are read, an answer is written. */
const READ_EACH = 1.5
const WRITTEN_EACH = 3

export const IDLE_RUNS: Partial<Record<DoorName, IdleRun>> = {
  archive: ARCHIVE,
  'refresh-trust': { ms: 2500, logBytes: 400, tableReads: 8, tableWrites: 1, bucketPuts: 1, bucketGets: 2 },
  edge: { ms: 2000, logBytes: 400, tableReads: 3, tableWrites: 2 },
  enrol: { ms: 2000, logBytes: 400, tableReads: 6, tableWrites: 1 },
  conf: { ms: 3000, logBytes: 800, tableReads: 200, tableWrites: 3, bucketPuts: 12, bucketGets: 12, signatures: 10 },
  ocsp: {
    ms: 6000,
    logBytes: 400,
    tableReads: 10 + CERTIFICATES * (READ_EACH + 1),
    tableWrites: CERTIFICATES * WRITTEN_EACH,
    signatures: CERTIFICATES,
  },
  ca: { ms: 1500, logBytes: 400, tableReads: 20 },
}
