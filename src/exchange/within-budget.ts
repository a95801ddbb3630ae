import { ok } from '../base/result.ts'
import { mayPay } from '../metering/allowance.ts'
import { type Outcome, raisedBy } from '../protocol/faults.ts'
import { formatId, memberOf } from '../protocol/identifiers.ts'
import type { Message } from './message.ts'
import type { NodeConfiguration } from './node-configuration.ts'
import type { OcspPorts } from './ocsp-at-hand.ts'

/**
 * Whether the consumer's agency may pay for one more call: by what the node holds in memory, asking nobody.
 * Refused with 'budget_exceeded', naming whom to ask; a critical call never is.
 */
export function withinBudget(
  { client, service }: Pick<Message, 'client' | 'service'>,
  { allowances = [] }: Pick<NodeConfiguration, 'allowances'>,
  { memory, now }: Pick<OcspPorts, 'memory' | 'now'>,
): Outcome<true> {
  if (allowances.length === 0) return ok(true)
  const paid = mayPay(allowances, { agency: formatId(memberOf(client)), service: formatId(service), at: now() }, memory.spent)
  return paid.ok ? paid : raisedBy('client', paid)
}
