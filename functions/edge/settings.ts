/** Where the reconciler of domains and trust stores finds what it needs. NODE_DOMAINS: 'provider consumer', as host names. */
export const EDGE_SETTINGS = ['NODE_TABLE', 'EVIDENCE_BUCKET', 'NODE_DOMAINS', 'PROVIDER_API', 'CONSUMER_API', 'NAMES_ROLE'] as const
