import { LegacyStackSynthesizer, Stack, type StackProps, Tags } from 'aws-cdk-lib'
import { Effect, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import { acknowledge } from '../constructs/acknowledge.ts'
import { BOUNDARY, DEPLOYER } from '../names.ts'

/**
 * What an account has before anything of ours is deployed in it, laid by its own administrator: how far any role of ours can ever go, and what
 * a deployment may do. Neither trusts another account. It needs no bootstrap and no asset.
 */
export class FoundationStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, { ...props, synthesizer: new LegacyStackSynthesizer() })
    const boundary = new ManagedPolicy(this, 'Boundary', {
      managedPolicyName: BOUNDARY,
      description: 'The most that any role of the exchange can do',
      statements: [
        // A boundary gives nothing by itself: each role's own policy says on which resource.
        new PolicyStatement({ sid: 'AtMost', actions: AT_MOST, resources: ['*'] }),
        new PolicyStatement({ sid: 'Never', effect: Effect.DENY, actions: NEVER, resources: ['*'] }),
      ],
    })
    const deployer = new ManagedPolicy(this, 'Deployer', {
      managedPolicyName: DEPLOYER,
      description: 'What CloudFormation may do to deploy the exchange',
      statements: [
        new PolicyStatement({ sid: 'Resources', actions: MANAGE.map((service) => `${service}:*`), resources: ['*'] }),
        new PolicyStatement({
          sid: 'RolesOnlyWithinTheBoundary',
          actions: ['iam:CreateRole', 'iam:AttachRolePolicy', 'iam:DetachRolePolicy', 'iam:PutRolePermissionsBoundary'],
          resources: [this.#iam('role')],
          conditions: { StringEquals: { 'iam:PermissionsBoundary': boundary.managedPolicyArn } },
        }),
        new PolicyStatement({ sid: 'Roles', actions: ROLES, resources: [this.#iam('role'), this.#iam('policy')] }),
        new PolicyStatement({ sid: 'Never', effect: Effect.DENY, actions: [...NEVER, ...NOT_BY_DEPLOYMENT], resources: ['*'] }),
        new PolicyStatement({
          sid: 'NotItself',
          effect: Effect.DENY,
          actions: CHANGE_POLICY,
          resources: [boundary.managedPolicyArn, this.#named(DEPLOYER)],
        }),
      ],
    })
    Tags.of(this).add('service', 'foundation')
    acknowledge(boundary, {
      'AwsSolutions-IAM5[Resource::*]':
        'A boundary gives nothing: it is the most that the policies of roles, which name their resources, can add up to.',
    })
    acknowledge(deployer, {
      'NIST.800.53.R5-IAMPolicyNoStatementsWithFullAccess':
        'Only CloudFormation has this policy, only while it deploys what the account’s own people started, and only for the services that the exchange is made of.',
      'AwsSolutions-IAM5[Resource::*]':
        'CloudFormation makes resources whose names nobody knows before; the denials beside it take out what touches evidence and keys.',
      [`AwsSolutions-IAM5[Resource::${this.#iam('role')}]`]:
        'Roles of the exchange, whose names CloudFormation makes, all of them under the boundary.',
      [`AwsSolutions-IAM5[Resource::${this.#iam('policy')}]`]:
        'Policies of the exchange, whose names CloudFormation makes; the two laid down here are denied beside it.',
      ...Object.fromEntries(
        MANAGE.map((service) => [
          `AwsSolutions-IAM5[Action::${service}:*]`,
          `CloudFormation asks ${service} for whatever its own handlers need, which changes with them; what must never be done is denied beside it.`,
        ]),
      ),
    })
  }

  #named(policy: string): string {
    return `arn:aws:iam::${this.account}:policy/${policy}`
  }

  #iam(kind: 'role' | 'policy'): string {
    return `arn:aws:iam::${this.account}:${kind}/sacbe-*`
  }
}

const AT_MOST = [
  'kms:Sign',
  'kms:GetPublicKey',
  'kms:DescribeKey',
  'sqs:SendMessage',
  'sqs:ReceiveMessage',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  's3:PutObject',
  's3:GetObject',
  's3:ListBucket',
  'dynamodb:GetItem',
  'dynamodb:Query',
  'dynamodb:PutItem',
  'ssm:GetParameter',
  'ssm:PutParameter',
  'logs:CreateLogStream',
  'logs:PutLogEvents',
  'lambda:InvokeFunction',
  'acm:ImportCertificate',
  'acm:RequestCertificate',
  'acm:DescribeCertificate',
  'acm:AddTagsToCertificate',
  'apigateway:GET',
  'apigateway:POST',
  'apigateway:PATCH',
  'route53:ChangeResourceRecordSets',
  'sts:AssumeRole',
  // The service roles: API Gateway writes access logs, CodeDeploy shifts aliases and looks at the alarm.
  'logs:CreateLogGroup',
  'logs:DescribeLogGroups',
  'logs:DescribeLogStreams',
  'logs:GetLogEvents',
  'logs:FilterLogEvents',
  'lambda:GetAlias',
  'lambda:UpdateAlias',
  'lambda:GetProvisionedConcurrencyConfig',
  'cloudwatch:DescribeAlarms',
  'sns:Publish',
]

/** By nobody through us: what would erase or rewrite evidence, or hand a key on. */
const NEVER = [
  's3:DeleteObject',
  's3:DeleteObjectVersion',
  's3:BypassGovernanceRetention',
  's3:PutObjectRetention',
  's3:PutObjectLegalHold',
  'sqs:PurgeQueue',
  'kms:CreateGrant',
  'kms:ScheduleKeyDeletion',
]
/** A deployment makes things and says nothing in the agency's name. */
const NOT_BY_DEPLOYMENT = [
  'kms:Sign',
  'sqs:SendMessage',
  'sqs:ReceiveMessage',
  'sqs:DeleteMessage',
  'lambda:InvokeFunction',
  's3:DeleteBucket',
  'dynamodb:DeleteTable',
]
const CHANGE_POLICY = ['iam:CreatePolicyVersion', 'iam:SetDefaultPolicyVersion', 'iam:DeletePolicy', 'iam:DeletePolicyVersion']
const ROLES = [
  'iam:GetRole',
  'iam:DeleteRole',
  'iam:UpdateRole',
  'iam:UpdateAssumeRolePolicy',
  'iam:TagRole',
  'iam:UntagRole',
  'iam:PassRole',
  'iam:ListRoleTags',
  'iam:ListAttachedRolePolicies',
  'iam:ListRolePolicies',
  'iam:CreatePolicy',
  'iam:GetPolicy',
  'iam:GetPolicyVersion',
  'iam:ListPolicyVersions',
  'iam:TagPolicy',
  'iam:UntagPolicy',
  ...CHANGE_POLICY,
]
const MANAGE = [
  'apigateway',
  'acm',
  'cloudwatch',
  'codedeploy',
  'cognito-idp',
  'dynamodb',
  'kms',
  'lambda',
  'logs',
  'route53',
  's3',
  'scheduler',
  'sns',
  'sqs',
  'ssm',
]
