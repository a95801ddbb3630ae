/** Where the certification authority's door finds what it needs. OCSP_KEY and TSA_KEY: it reads their public halves, to certify them. */
export const CA_SETTINGS = ['REGISTRY_TABLE', 'PUBLICATION_BUCKET', 'INSTANCE', 'CENTRE_URL', 'CA_KEY', 'OCSP_KEY', 'TSA_KEY'] as const
