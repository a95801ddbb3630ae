import type { CostType, OcspResponder } from './shared-parameters.ts'

/** How a node prefers free and paid responders, where the configuration (version 6) tells them apart. */
export type OcspPreference = 'NONE' | 'FREE_FIRST' | 'PAID_FIRST' | 'ONLY_FREE' | 'ONLY_PAID'

const RANKS: Readonly<Record<Exclude<OcspPreference, 'NONE'>, readonly CostType[]>> = {
  FREE_FIRST: ['FREE', 'PAID', 'UNDEFINED'],
  PAID_FIRST: ['PAID', 'FREE', 'UNDEFINED'],
  ONLY_FREE: ['FREE'],
  ONLY_PAID: ['PAID'],
}

/** The addresses of a CA's responders in the order to ask them. One without a cost type is of undefined cost. */
export function ocspAddresses(responders: readonly OcspResponder[], preference: OcspPreference): readonly string[] {
  if (preference === 'NONE') return responders.map(({ url }) => url)
  return RANKS[preference].flatMap((cost) => responders.filter(({ costType = 'UNDEFINED' }) => costType === cost).map(({ url }) => url))
}
