import { RemovalPolicy, Stack, Tags } from 'aws-cdk-lib'
import type { IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { AccountRecovery, CfnUserPoolGroup, FeaturePlan, Mfa, UserPool } from 'aws-cdk-lib/aws-cognito'
import { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'

/** What people may be at the centre: groups of the pool, each a role of the administration. */
export const PEOPLE = ['registration', 'security', 'system', 'services', 'finance', 'auditor', 'break-glass'] as const

/** The people who run the centre: invited, never self-registered, always with a second factor. A message never depends on them. */
export class People extends Construct {
  readonly issuer: string
  readonly authorizer: IHttpRouteAuthorizer

  constructor(scope: Construct, id: string) {
    super(scope, id)
    const pool = new UserPool(this, 'Pool', {
      selfSignUpEnabled: false,
      featurePlan: FeaturePlan.LITE,
      signInAliases: { email: true },
      mfa: Mfa.REQUIRED,
      mfaSecondFactor: { otp: true, sms: false },
      passwordPolicy: { minLength: 14, requireLowercase: true, requireUppercase: true, requireDigits: true, requireSymbols: true },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    })
    const client = pool.addClient('Console', { authFlows: { userSrp: true }, preventUserExistenceErrors: true, disableOAuth: true })
    for (const role of PEOPLE) new CfnUserPoolGroup(this, role, { userPoolId: pool.userPoolId, groupName: `sacbe-${role}` })
    this.issuer = `https://cognito-idp.${Stack.of(this).region}.amazonaws.com/${pool.userPoolId}`
    this.authorizer = new HttpJwtAuthorizer('Known', this.issuer, { jwtAudience: [client.userPoolClientId] })
    Tags.of(this).add('service', 'people')
    acknowledge(pool, {
      'AwsSolutions-COG8':
        'The larger plan (adaptive sign-in, two cents a person) adds what a handful of invited people with a second factor have no use for.',
    })
  }
}
