/** Where the certification authority's door finds what it needs. */
export const CA_SETTINGS = ['REGISTRY_TABLE', 'CA_KEY'] as const
