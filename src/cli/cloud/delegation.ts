import { type Operator, refusal, textsIn } from '../../adapters/aws/operator.ts'
import { resourceOf, resourcesOf } from './stack-steps.ts'

/** The centre's zone and the servers that answer for it: what the zone above must say. undefined: it is not there yet. */
export async function delegation(
  stack: string,
  operator: Operator,
): Promise<{ readonly id: string; readonly name: string; readonly servers: readonly string[] } | undefined> {
  const zone = resourceOf(await resourcesOf(stack, operator), 'AWS::Route53::HostedZone')
  if (!zone?.physical) return undefined
  const answer = await operator.path('GetHostedZone', `/2013-04-01/hostedzone/${zone.physical}`)
  if (answer.status !== 200) throw refusal('GetHostedZone', answer)
  const xml = answer.body.toString('utf8')
  return { id: zone.physical, name: bare(textsIn(xml, 'Name')[0] ?? ''), servers: textsIn(xml, 'NameServer').map(bare) }
}

const bare = (name: string): string => name.replace(/\.$/, '')
