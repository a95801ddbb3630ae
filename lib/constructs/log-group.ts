import { RemovalPolicy, Stack } from 'aws-cdk-lib'
import { type CfnLogGroup, type ILogGroup, LogGroup } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'

/**
 * Where a gateway writes its access log. API Gateway adds every such group to one policy of the account, which is full after some fifty, unless
 * the group's name begins so: then one pattern stands for all.
 */
export const accessLog = (scope: Construct, days: number): ILogGroup => {
  const names = scope.node.path.split('/').slice(2).join('-').toLowerCase()
  return logGroup(scope, 'AccessLog', days, `/aws/vendedlogs/${Stack.of(scope).stackName}${names === '' ? '' : `/${names}`}`)
}

/** Operation logs with an end: codes, ids and sizes, never a body. They are not evidence, and go with their stack. */
export function logGroup(scope: Construct, id: string, days: number, logGroupName?: string): ILogGroup {
  const group = new LogGroup(scope, id, { removalPolicy: RemovalPolicy.DESTROY, ...(logGroupName === undefined ? {} : { logGroupName }) })
  ;(group.node.defaultChild as CfnLogGroup).retentionInDays = nearest(days)
  acknowledge(group, {
    'NIST.800.53.R5-CloudWatchLogGroupEncrypted':
      'Encrypted with the key of the service. A customer key for each agency would double what a node costs while idle, for lines that hold codes, ids and sizes only.',
  })
  return group
}

/** CloudWatch takes these numbers of days alone; the next longer one is taken. */
const DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]
const nearest = (days: number): number => DAYS.find((each) => each >= days) ?? 3653
