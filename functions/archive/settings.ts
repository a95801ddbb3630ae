/** Where the archive's door finds what it needs. */
export const ARCHIVE_SETTINGS = ['NODE_TABLE', 'EVIDENCE_QUEUE', 'EVIDENCE_DEAD_LETTERS', 'EVIDENCE_BUCKET'] as const
