/** Where the OCSP responder finds what it needs: it signs on a schedule and answers from what it signed. */
export const OCSP_SETTINGS = ['REGISTRY_TABLE', 'PUBLICATION_BUCKET', 'OCSP_KEY'] as const
