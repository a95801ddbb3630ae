/** Where the archive's door finds what it needs, and what a budget is shared among: how many consumer doors, behind which edge. */
export const ARCHIVE_SETTINGS = [
  'NODE_TABLE',
  'EVIDENCE_QUEUE',
  'EVIDENCE_DEAD_LETTERS',
  'EVIDENCE_BUCKET',
  'CONSUME_DOORS',
  'CONSUMER_EDGE',
] as const
