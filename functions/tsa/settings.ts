/** Where the time-stamping authority finds what it needs. */
export const TSA_SETTINGS = ['REGISTRY_TABLE', 'TSA_KEY'] as const
