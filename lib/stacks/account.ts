import { Stack, type StackProps, Tags } from 'aws-cdk-lib'
import { CfnAccount } from 'aws-cdk-lib/aws-apigateway'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import type { Environment } from '../config/exchange.ts'
import { acknowledge } from '../constructs/acknowledge.ts'
import { FIVE_MINUTES, Told, watch } from '../constructs/alarms.ts'
import { failingAlarm } from '../names.ts'

export type AccountProps = StackProps & { readonly environment: Environment; readonly alarmMail: string | null }

/** What an account needs once in a Region, however many agencies live in it: leave for gateways to log, and its one alarm. */
export class AccountStack extends Stack {
  constructor(scope: Construct, id: string, { environment, alarmMail, ...props }: AccountProps) {
    super(scope, id, props)
    const role = new Role(this, 'GatewayLogs', {
      description: 'Lets API Gateway write access logs',
      assumedBy: new ServicePrincipal('apigateway.amazonaws.com'),
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('service-role/AmazonAPIGatewayPushToCloudWatchLogs')],
    })
    acknowledge(role, {
      'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]':
        'The policy that AWS asks for by name before REST stages may write access logs.',
    })
    new CfnAccount(this, 'Gateway', { cloudWatchRoleArn: role.roleArn })
    const told = new Told(this, 'Told', alarmMail)
    watch(this, 'DoorsFailing', {
      metric: new Metric({ namespace: 'AWS/Lambda', metricName: 'Errors', statistic: 'Sum', period: FIVE_MINUTES }),
      above: 5,
      times: [2, 3],
      silence: 'good',
      means: 'Doors in this account stop before they answer: they cannot start, run out of time or memory, or a schedule fails.',
      told: told.topic,
      name: failingAlarm(environment),
    })
    Tags.of(this).add('service', 'account')
  }
}
