import { Tags } from 'aws-cdk-lib'
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch'
import { LambdaApplication, LambdaDeploymentConfig, LambdaDeploymentGroup } from 'aws-cdk-lib/aws-codedeploy'
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'
import type { Door } from './door.ts'

/** Shifts a tenth of the calls to a new version, and the rest after five minutes; when the alarm goes off meanwhile, everything goes back by itself. */
export class Gradual extends Construct {
  constructor(scope: Construct, id: string, { doors, alarmArn }: { readonly doors: readonly Door[]; readonly alarmArn: string }) {
    super(scope, id)
    const application = new LambdaApplication(this, 'Application')
    const role = new Role(this, 'Role', {
      description: 'Shifts traffic between versions',
      assumedBy: new ServicePrincipal('codedeploy.amazonaws.com'),
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSCodeDeployRoleForLambdaLimited')],
    })
    acknowledge(role, {
      'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited]':
        'The policy that AWS keeps for this one job; it shifts aliases and cannot invoke a function or change its code.',
    })
    const alarm = Alarm.fromAlarmArn(this, 'Alarm', alarmArn)
    for (const door of doors)
      new LambdaDeploymentGroup(this, door.node.id, {
        application,
        role,
        alias: door.live,
        deploymentConfig: LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
        alarms: [alarm],
        autoRollback: { failedDeployment: true, stoppedDeployment: true, deploymentInAlarm: true },
      })
    Tags.of(this).add('service', 'deployment')
  }
}
