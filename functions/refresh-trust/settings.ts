/** Where the door that keeps the configuration fresh finds what it needs. */
export const REFRESH_TRUST_SETTINGS = ['NODE_TABLE', 'EVIDENCE_BUCKET'] as const
