/** Which kind of key signs: an RSA-2048 key in KMS, any dearer kind in KMS, or one that KMS only wraps. */
export type KeyTier = 'kms' | 'kms-other' | 'wrapped'
export type Edge = 'rest' | 'http'
export type Side = 'consumer' | 'provider'

/** How a node is set up: what its agency chose, and what its price depends on. */
export type NodeTerms = { readonly edge: Edge; readonly tier: KeyTier; readonly memoryMb: number }
export const USUAL_TERMS: NodeTerms = { edge: 'rest', tier: 'kms', memoryMb: 256 }

/** What one side of one exchange used, as whole numbers: the fact that is priced. Bytes are bytes, times milliseconds. */
export type Usage = {
  readonly edge: Edge
  /** What the edge took in. */
  readonly edgeBytes: number
  readonly memoryMb: number
  readonly billedMs: number
  /** Milliseconds of start-up, spread over all exchanges: a cold start of 500 ms once in a hundred is 5. */
  readonly startMs: number
  readonly signatures: number
  readonly key: KeyTier
  /** The size of each evidence record as it goes into the queue. */
  readonly queued: readonly number[]
  readonly logBytes: number
  /** What leaves the cloud for the agency's own system. */
  readonly outBytes: number
  /** What goes to the other node in the same Region: nobody found its price, the internet's is the most it can be. */
  readonly regionBytes: number
}

/** What all records of one archive run share. */
export type Batch = { readonly records: number; readonly runMs: number; readonly memoryMb: number }

/**
 * What is taken for granted where nothing was measured, each with its reason. Milliseconds of a processor are those of a whole one;
 * a function of 256 MB has 256/1769 of it (AWS Lambda developer guide, "Configure memory").
 */
export const ASSUMED = {
  /** Signature, status answers, headers and boundaries beside a message on the wire, and in its record; a test measures 9.7, 8.5 and 8.3 kB. */
  overhead: { request: 10_240, response: 9216, record: 8704 },
  /** Our own work for one exchange on one side with TLS and the cloud's client library; the bench measures 0.8 for both sides without those. */
  processorMs: 5,
  /** Waiting for the key (12), two sends to the queue (8 each) and a connection (5). */
  waitingMs: 33,
  wholeProcessorMb: 1769,
  /** Start-up of a cold function, and the part of all exchanges that meet one on a busy day. */
  coldStartMs: 500,
  coldShare: 0.01,
  /** How long an idle function is kept warm. */
  warmMinutes: 8,
  /** The door's line (260), the platform's three (370), the edge's (350), and 26 for each of five as the cloud counts them. */
  logBytes: 1110,
  /** A record is text in the queue: base64. */
  queueGrowth: 4 / 3,
  /** An archive run's own start and end, and its work for each record, milliseconds at 512 MB. */
  run: { fixedMs: 1500, recordMs: 6, memoryMb: 512 },
  /** Evidence in its container is half as large as on the wire. */
  archivedShare: 0.5,
} as const

/** A node's own milliseconds beside the service's and the peer's. */
export const ownMs = (memoryMb: number, processorMs: number = ASSUMED.processorMs): number =>
  Math.ceil(ASSUMED.waitingMs + (processorMs * ASSUMED.wholeProcessorMb) / Math.min(memoryMb, ASSUMED.wholeProcessorMb))

export const batchOf = (records: number): Batch => ({
  records,
  runMs: ASSUMED.run.fixedMs + ASSUMED.run.recordMs * records,
  memoryMb: ASSUMED.run.memoryMb,
})
/** Two records of 400 exchanges a run: a busy node, five minutes apart. */
export const USUAL_BATCH: Batch = batchOf(400)
