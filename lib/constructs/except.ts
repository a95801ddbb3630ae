import { Stack } from 'aws-cdk-lib'
import type { Construct } from 'constructs'

type Conditions = Record<string, Record<string, readonly string[]>>

/** The condition of a denial that spares some roles; with none to spare it holds for all. */
export const allBut = (roleArns: readonly string[]): Conditions =>
  roleArns.length === 0 ? {} : { ArnNotEquals: { 'aws:PrincipalArn': roleArns } }

/** The role with which CloudFormation changes resources, as `cdk bootstrap` names it. */
export const deployRole = (scope: Construct): string =>
  Stack.of(scope).formatArn({
    service: 'iam',
    region: '',
    resource: 'role',
    resourceName: `cdk-hnb659fds-cfn-exec-role-${Stack.of(scope).account}-${Stack.of(scope).region}`,
  })
