import { createPublicKey, type KeyObject, randomUUID } from 'node:crypto'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { CreateKeyCommand, GetPublicKeyCommand, type KeySpec, KMSClient } from '@aws-sdk/client-kms'
import { CreateBucketCommand, type ObjectLockRetentionMode, PutObjectLockConfigurationCommand, S3Client } from '@aws-sdk/client-s3'
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { type Aws, connectAws } from '../../src/adapters/aws/aws.ts'
import type { Credentials } from '../../src/adapters/aws/signature-v4.ts'
import { instant } from '../../src/base/clock.ts'
import { REGION, ROOT } from './emulators.ts'

const clientOf = (endpoint: string) => ({ endpoint, region: REGION, credentials: ROOT, forcePathStyle: true })
/** A name that no other test has. */
const fresh = (what: string): string => `${what}-${randomUUID()}`

/** Our own client, as a door has it, with everything it says passing by `endpoint`. */
export const awsThrough = (endpoint: string, credentials: Credentials, patienceMs = 20_000): Aws =>
  connectAws({ region: REGION, credentials: () => credentials, endpoint, now: () => instant(Date.now()), patienceMs })

/** What the stacks deploy for an agency, made with Amazon's own SDK: what our client writes it reads, and the other way round. */
export type Account = {
  readonly key: (spec?: KeySpec) => Promise<{ readonly arn: string; readonly publicKey: KeyObject }>
  readonly bucket: (mode?: ObjectLockRetentionMode) => Promise<string>
  readonly queue: (visibilitySeconds?: number) => Promise<string>
  readonly table: () => Promise<string>
  readonly parameter: (value: string) => Promise<string>
  readonly s3: S3Client
  readonly sqs: SQSClient
}

/** @param endpointOf where each service answers; its calls are not counted */
export function account(endpointOf: (service: string) => string): Account {
  const kms = new KMSClient(clientOf(endpointOf('kms')))
  const s3 = new S3Client(clientOf(endpointOf('s3')))
  const sqs = new SQSClient(clientOf(endpointOf('sqs')))
  const ssm = new SSMClient(clientOf(endpointOf('ssm')))
  const dynamo = new DynamoDBClient(clientOf(endpointOf('dynamodb')))
  return {
    s3,
    sqs,
    key: async (KeySpec = 'RSA_2048') => {
      const arn = (await kms.send(new CreateKeyCommand({ KeySpec, KeyUsage: 'SIGN_VERIFY' }))).KeyMetadata?.Arn ?? ''
      const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId: arn }))
      return { arn, publicKey: createPublicKey({ key: Buffer.from(PublicKey ?? []), format: 'der', type: 'spki' }) }
    },
    bucket: async (Mode = 'COMPLIANCE') => {
      const Bucket = fresh('evidence')
      const where = { CreateBucketConfiguration: { LocationConstraint: REGION } } as const
      await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true, ...where }))
      const lock = { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode, Days: 1 } } } as const
      await s3.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration: lock }))
      return Bucket
    },
    queue: async (visibilitySeconds = 900) => {
      const Attributes = { VisibilityTimeout: String(visibilitySeconds), MessageRetentionPeriod: '1209600', MaximumMessageSize: '1048576' }
      return (await sqs.send(new CreateQueueCommand({ QueueName: fresh('evidence'), Attributes }))).QueueUrl ?? ''
    },
    table: async () => {
      const TableName = fresh('node')
      const names = [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ] as const
      const AttributeDefinitions = names.map(({ AttributeName }) => ({ AttributeName, AttributeType: 'S' }) as const)
      await dynamo.send(new CreateTableCommand({ TableName, BillingMode: 'PAY_PER_REQUEST', KeySchema: [...names], AttributeDefinitions }))
      return TableName
    },
    parameter: async (Value) => {
      const Name = `/sacbe/${fresh('authentication')}`
      await ssm.send(new PutParameterCommand({ Name, Value, Type: 'SecureString' }))
      return Name
    },
  }
}
