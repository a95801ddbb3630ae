import { type Duration, Stack, Tags } from 'aws-cdk-lib'
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { CfnSchedule, CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler'
import { Construct } from 'constructs'
import type { Door } from './door.ts'

/**
 * Calls a door again and again. A queue's own mapping would poll, and be billed, for ever; a schedule costs a millionth of a dollar a call.
 * A call that cannot be made is not repeated: the next one does what it would have done.
 */
export class Every extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { door, period, event = {} }: { readonly door: Door; readonly period: Duration; readonly event?: object },
  ) {
    super(scope, id)
    const group = new CfnScheduleGroup(this, 'Group', {})
    const role = new Role(this, 'Role', {
      description: `Calls ${door.node.id} on a schedule`,
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account }, ArnEquals: { 'aws:SourceArn': group.attrArn } },
      }),
    })
    new ManagedPolicy(this, 'Policy', {
      description: `Calls ${door.node.id}`,
      roles: [role],
      statements: [new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [door.live.functionArn] })],
    })
    new CfnSchedule(this, 'Schedule', {
      groupName: group.ref,
      scheduleExpression: `rate(${inWords(period)})`,
      flexibleTimeWindow: { mode: 'FLEXIBLE', maximumWindowInMinutes: 1 },
      target: {
        arn: door.live.functionArn,
        roleArn: role.roleArn,
        input: JSON.stringify(event),
        retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
      },
    })
    Tags.of(this).add('service', 'schedule')
  }
}

function inWords(period: Duration): string {
  const minutes = period.toMinutes()
  if (minutes % 60 === 0) return minutes === 60 ? '1 hour' : `${minutes / 60} hours`
  return minutes === 1 ? '1 minute' : `${minutes} minutes`
}
