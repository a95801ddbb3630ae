import { Duration, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib'
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  ObjectLockRetention,
  ObjectOwnership,
  StorageClass,
} from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import type { Lock } from '../config/exchange.ts'
import { acknowledge, bothPacks } from './acknowledge.ts'
import type { Door } from './door.ts'
import { allBut, deployRole } from './except.ts'

/**
 * A bucket in which nothing is written twice and nothing is erased: every object is locked for the environment's time, a put without
 * `If-None-Match` is refused, and its policy denies deletion, the lifting of locks and any change of them. It outlives its stack.
 */
export class LockedBucket extends Construct {
  readonly bucket: Bucket

  /** @param cold prefixes that are hardly ever read again: after 30 days they move to a class a fifth as dear. */
  constructor(scope: Construct, id: string, { lock, cold }: { readonly lock: Lock; readonly cold: readonly string[] }) {
    super(scope, id)
    this.bucket = new Bucket(this, 'Bucket', {
      versioned: true,
      objectLockEnabled: true,
      objectLockDefaultRetention: retentionOf(lock),
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [
        { id: 'unfinished', abortIncompleteMultipartUploadAfter: Duration.days(1) },
        ...cold.map((prefix) => ({
          id: `cold-${prefix.replace('/', '')}`,
          prefix,
          transitions: [{ storageClass: StorageClass.GLACIER_INSTANT_RETRIEVAL, transitionAfter: Duration.days(30) }],
        })),
      ],
    })
    this.#deny()
    Tags.of(this).add('service', 'evidence')
    acknowledge(this.bucket, WITHOUT)
  }

  #deny(): void {
    const deny = (sid: string, actions: string[], resource: string, conditions: Record<string, unknown>) =>
      this.bucket.addToResourcePolicy(
        new PolicyStatement({ sid, effect: Effect.DENY, principals: [new AnyPrincipal()], actions, resources: [resource], conditions }),
      )
    const objects = this.bucket.arnForObjects('*')
    deny('NobodyErases', ERASE, objects, {})
    deny('WriteOnce', ['s3:PutObject'], objects, { Null: { 's3:if-none-match': 'true' } })
    deny('OnlyDeploymentsChangeRules', RULES, this.bucket.bucketArn, allBut([deployRole(this)]))
  }

  /** Lets a door write once under some prefixes, read under some, and list them. */
  give(
    door: Door,
    settings: Readonly<Record<string, string>>,
    {
      put = [],
      get = [],
      list = get,
    }: { readonly put?: readonly string[]; readonly get?: readonly string[]; readonly list?: readonly string[] },
  ): void {
    const under = (prefixes: readonly string[]) => prefixes.map((prefix) => this.bucket.arnForObjects(`${prefix}*`))
    const statements = [
      ...(put.length > 0 ? [new PolicyStatement({ actions: ['s3:PutObject'], resources: under(put) })] : []),
      ...(get.length > 0 ? [new PolicyStatement({ actions: ['s3:GetObject'], resources: under(get) })] : []),
      ...(list.length > 0 ? [this.#list(list)] : []),
    ]
    door.give(settings, ...statements)
    this.#acknowledgePrefixes(door, new Set([...put, ...get]))
  }

  #list(prefixes: readonly string[]): PolicyStatement {
    const conditions = prefixes.includes('') ? {} : { StringLike: { 's3:prefix': prefixes.map((prefix) => `${prefix}*`) } }
    return new PolicyStatement({ actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn], conditions })
  }

  #acknowledgePrefixes(door: Door, prefixes: ReadonlySet<string>): void {
    const id = Stack.of(this).getLogicalId(this.bucket.node.defaultChild as CfnBucket)
    for (const prefix of prefixes)
      acknowledge(door.policy, {
        [`AwsSolutions-IAM5[Resource::<${id}.Arn>/${prefix}*]`]: `Names of objects are not known before they are written; this is every name under '${prefix}' in the agency's own bucket.`,
      })
  }
}

const retentionOf = (lock: Lock): ObjectLockRetention =>
  lock.mode === 'COMPLIANCE'
    ? ObjectLockRetention.compliance(Duration.days(lock.years * 365 + leapDays(lock.years)))
    : ObjectLockRetention.governance(Duration.days(lock.days))

/** A retention in days: never a day short of the years that the law asks for. */
const leapDays = (years: number): number => Math.ceil(years / 4)

const ERASE = [
  's3:DeleteObject',
  's3:DeleteObjectVersion',
  's3:BypassGovernanceRetention',
  's3:PutObjectRetention',
  's3:PutObjectLegalHold',
  's3:PutObjectAcl',
  's3:PutObjectVersionAcl',
]
const RULES = [
  's3:DeleteBucket',
  's3:DeleteBucketPolicy',
  's3:PutBucketPolicy',
  's3:PutBucketVersioning',
  's3:PutBucketObjectLockConfiguration',
  's3:PutLifecycleConfiguration',
  's3:PutEncryptionConfiguration',
  's3:PutReplicationConfiguration',
  's3:PutBucketAcl',
  's3:PutBucketPublicAccessBlock',
]

const WITHOUT = {
  ...bothPacks(
    'S1',
    ['S3BucketLoggingEnabled'],
    'A bucket with a lock cannot receive access logs, and a second bucket for them would hold who reads evidence without a lock: each door logs what it reads and writes, and CloudTrail data events can be switched on for an inquiry.',
  ),
  'NIST.800.53.R5-S3BucketReplicationEnabled':
    'A second copy doubles what evidence costs; three zones of the Region hold it already. docs/desplegar.md tells how to add one in another Region.',
  'NIST.800.53.R5-S3DefaultEncryptionKMS':
    'Evidence under a customer key dies with that key, lock or no lock. It is encrypted with the key of the service, and proves itself by signature.',
}
