/** The steps between keeping and releasing. */
export const CONSUMER_STEPS = [
  'consumer: after the request is kept',
  'consumer: after sending, before the answer',
  'consumer: after the answer, before it is kept',
  'consumer: after the response is kept',
] as const
export const PROVIDER_STEPS = [
  'provider: after the request is kept',
  'provider: after the service answered',
  'provider: after signing',
  'provider: after the response is kept',
] as const
/** At no step in particular: somewhere under load, in the archive's line too. */
export const ANYWHERE = 'anywhere'
export type Step = (typeof CONSUMER_STEPS)[number] | (typeof PROVIDER_STEPS)[number] | typeof ANYWHERE
