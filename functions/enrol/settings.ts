/** Where the door that makes keys and asks for certificates finds what it needs. */
export const ENROL_SETTINGS = [
  'NODE_TABLE',
  'EVIDENCE_BUCKET',
  'AGENCY',
  'SIGNING_KEY',
  'AUTHENTICATION_PARAMETER',
  'NODE_DOMAINS',
  'NAMES_ROLE',
] as const
