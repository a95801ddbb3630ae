import { RemovalPolicy, Tags } from 'aws-cdk-lib'
import { AccountRootPrincipal, AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms'
import { Construct } from 'constructs'
import type { Door } from './door.ts'
import { allBut } from './except.ts'

/** What the account's administrators may do with a key: look after it, and never use it or hand it on. */
const LOOK_AFTER = [
  'kms:DescribeKey',
  'kms:GetPublicKey',
  'kms:GetKeyPolicy',
  'kms:GetKeyRotationStatus',
  'kms:ListGrants',
  'kms:ListKeyPolicies',
  'kms:ListResourceTags',
  'kms:RevokeGrant',
  'kms:PutKeyPolicy',
  'kms:EnableKey',
  'kms:DisableKey',
  'kms:UpdateKeyDescription',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:ScheduleKeyDeletion',
  'kms:CancelKeyDeletion',
]

/** The form of every signature we make: RSASSA-PKCS1-v1_5 over a digest that we computed. */
const OUR_FORM = {
  StringEquals: {
    'kms:MessageType': 'DIGEST',
    'kms:SigningAlgorithm': ['RSASSA_PKCS1_V1_5_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_384', 'RSASSA_PKCS1_V1_5_SHA_512'],
  },
}

/**
 * A key that only some doors can sign with. RSA_2048: a signature costs a fifth of any other kind. Its policy denies Sign to everybody else
 * and CreateGrant to all, so that no permission given elsewhere opens it. It outlives its stack.
 */
export class SigningKey extends Construct {
  readonly key: Key

  constructor(scope: Construct, id: string, { signers, description }: { readonly signers: readonly Door[]; readonly description: string }) {
    super(scope, id)
    this.key = new Key(this, 'Key', {
      description,
      keySpec: KeySpec.RSA_2048,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy: RemovalPolicy.RETAIN,
      policy: new PolicyDocument({ statements: [lookAfter(), ...signWith(signers), denySign(signers), denyGrants()] }),
    })
    Tags.of(this).add('service', 'signing-key')
  }

  /** Lets a signer sign; its role needs the word too, besides the key's. */
  giveSign(door: Door, settings: Readonly<Record<string, string>> = {}): void {
    door.give(settings, new PolicyStatement({ actions: ['kms:Sign'], resources: [this.key.keyArn], conditions: OUR_FORM }))
  }

  /** Lets a door read the public half, for a certificate request. */
  giveRead(door: Door, settings: Readonly<Record<string, string>> = {}): void {
    door.give(settings, new PolicyStatement({ actions: ['kms:GetPublicKey'], resources: [this.key.keyArn] }))
  }
}

// In a key's own policy the resource '*' is this key: nothing narrower can be said there.
const THIS_KEY = ['*']

const lookAfter = () =>
  new PolicyStatement({ sid: 'LookAfter', principals: [new AccountRootPrincipal()], actions: LOOK_AFTER, resources: THIS_KEY })

const signWith = (signers: readonly Door[]) =>
  signers.length === 0
    ? []
    : [
        new PolicyStatement({
          sid: 'SignWith',
          principals: signers.map(({ role }) => role.grantPrincipal),
          actions: ['kms:Sign'],
          resources: THIS_KEY,
          conditions: OUR_FORM,
        }),
      ]

const denySign = (signers: readonly Door[]) =>
  new PolicyStatement({
    sid: 'NobodyElseSigns',
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions: ['kms:Sign'],
    resources: THIS_KEY,
    conditions: allBut(signers.map(({ role }) => role.roleArn)),
  })

const denyGrants = () =>
  new PolicyStatement({
    sid: 'NobodyHandsItOn',
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions: ['kms:CreateGrant'],
    resources: THIS_KEY,
  })
