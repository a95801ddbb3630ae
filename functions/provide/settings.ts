/** Where the provider's door finds what it needs. */
export const PROVIDE_SETTINGS = ['NODE_TABLE', 'EVIDENCE_QUEUE', 'EVIDENCE_BUCKET'] as const
