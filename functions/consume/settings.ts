/** Where the consumer's door finds what it needs. */
export const CONSUME_SETTINGS = ['NODE_TABLE', 'EVIDENCE_QUEUE', 'EVIDENCE_BUCKET', 'AUTHENTICATION_PARAMETER'] as const
