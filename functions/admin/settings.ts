/** Where the administration of the centre finds what it needs. PEOPLE_ISSUER: who may vouch for people's names. */
export const ADMIN_SETTINGS = ['REGISTRY_TABLE', 'PUBLICATION_BUCKET', 'PEOPLE_ISSUER'] as const
