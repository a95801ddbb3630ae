import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CreateBucketCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm'
import { zipSync } from 'fflate'
import type { Synthesized } from '../../lib/synth.ts'
import type { Credentials } from '../../src/adapters/aws/signature-v4.ts'
import { ROOT } from './emulators.ts'
import { query, rootSays, textIn } from './roles.ts'

/** A synthesized stack, deployed in an emulator by its own CloudFormation. */
export type Deployed = {
  readonly resources: readonly { readonly type: string; readonly logical: string; readonly physical: string; readonly status: string }[]
  /** The one resource of a type whose logical id begins so: its physical name. */
  readonly physical: (type: string, begins?: string) => string
  /** What a function is told: its environment variables, every reference resolved. */
  readonly settingsOf: (door: string) => Promise<Readonly<Record<string, string>>>
  /** Credentials as Lambda gives them to a function of that role. */
  readonly credentialsOf: (door: string) => Promise<Credentials>
}
export type Cloud = { readonly endpoint: string; readonly s3: S3Client; readonly ssm: SSMClient }

/** Uploads a stack's assets as the CDK does, and has CloudFormation make the stack. Throws when it does not get to CREATE_COMPLETE. */
export async function deploy({ file, template }: Synthesized, name: string, cloud: Cloud): Promise<Deployed> {
  await cloud.ssm.send(new PutParameterCommand({ Name: '/cdk-bootstrap/hnb659fds/version', Value: '30', Type: 'String', Overwrite: true }))
  await uploadAssets(file, cloud)
  await cloud.s3.send(new CreateBucketCommand({ Bucket: `templates-${name}` }))
  await cloud.s3.send(
    new PutObjectCommand({ Bucket: `templates-${name}`, Key: 'template.json', Body: JSON.stringify(template, asModelled) }),
  )
  const where = `${cloud.endpoint}/templates-${name}/template.json`
  const cloudFormation = (fields: Record<string, string>) => query(cloud.endpoint, 'cloudformation', { StackName: name, ...fields })
  await cloudFormation({ Action: 'CreateStack', TemplateURL: where, 'Capabilities.member.1': 'CAPABILITY_NAMED_IAM' })
  for (let status = 'IN_PROGRESS'; status !== 'CREATE_COMPLETE'; ) {
    status = textIn(await cloudFormation({ Action: 'DescribeStacks' }), 'StackStatus')
    if (!/IN_PROGRESS|CREATE_COMPLETE/.test(status) || status.startsWith('ROLLBACK')) throw new Error(`${name} is ${status}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const listed = await cloudFormation({ Action: 'DescribeStackResources' })
  const resources = [...listed.matchAll(/<member>(.*?)<\/member>/gs)].map(([, text = '']) => ({
    type: textIn(text, 'ResourceType'),
    logical: textIn(text, 'LogicalResourceId'),
    physical: textIn(text, 'PhysicalResourceId'),
    status: textIn(text, 'ResourceStatus'),
  }))
  const physical = (type: string, begins = '') => {
    const found = resources.find((each) => each.type === type && each.logical.startsWith(begins))
    if (!found) throw new Error(`${name} has no ${type} ${begins}`)
    return found.physical
  }
  return {
    resources,
    physical,
    settingsOf: async (door) => {
      const url = `${cloud.endpoint}/2015-03-31/functions/${physical('AWS::Lambda::Function', door)}/configuration`
      const answer = await fetch(url, { headers: { authorization: rootSays('lambda') } })
      return ((await answer.json()) as { Environment: { Variables: Record<string, string> } }).Environment.Variables
    },
    credentialsOf: (door) => assumeAsLambda(cloud.endpoint, physical('AWS::IAM::Role', `${door}Role`)),
  }
}

const SESSION = 'door'

/**
 * Condition keys that MiniStack does not know (what it is asked by is plain HTTP on loopback, too). A denial by one of them is left out, of a
 * permission the condition is; that every call says what it must, the tests see at the proxy. For AWS, who may delete a message may delete ten
 * at once; MiniStack asks for a right by that name.
 */
const UNMODELLED = new Set([
  'aws:SecureTransport',
  's3:TlsVersion',
  's3:if-none-match',
  'kms:MessageType',
  'kms:SigningAlgorithm',
  'dynamodb:LeadingKeys',
  'aws:RequestTag/agency',
  'aws:ResourceTag/agency',
  'acm:DomainNames',
  'acm:ValidationMethod',
])
type Statement = {
  readonly Effect: string
  readonly Action?: string | readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

function asModelled(key: string, value: unknown): unknown {
  if (key === 'aws:PrincipalArn') return (Array.isArray(value) ? value : [value]).map(sessionOf)
  if (key === 'Action' && [value].flat().includes('sqs:DeleteMessage')) return [...[value].flat(), 'sqs:DeleteMessageBatch']
  if (key !== 'Statement' || !Array.isArray(value)) return value
  return (value as Statement[]).flatMap((statement) => {
    const conditions = Object.entries(statement.Condition ?? {}).map(([operator, keys]) => {
      return [operator, Object.fromEntries(Object.entries(keys).filter(([name]) => !UNMODELLED.has(name)))] as const
    })
    const known = Object.fromEntries(conditions.filter(([, keys]) => Object.keys(keys).length > 0))
    const whole = JSON.stringify(known) === JSON.stringify(statement.Condition ?? {})
    // It asks leave of ACM without the name of any certificate.
    const named = [statement.Action ?? []].flat().some((each) => each.startsWith('acm:')) ? { ...statement, Resource: '*' } : statement
    return whole ? [named] : statement.Effect === 'Deny' ? [] : [{ ...named, Condition: known }]
  })
}

/** Of a role's session AWS takes the role for aws:PrincipalArn, MiniStack the session: there it is named instead. */
function sessionOf(arn: unknown): unknown {
  const [role] = (arn as { 'Fn::GetAtt'?: readonly [string, string] })['Fn::GetAtt'] ?? []
  return role === undefined ? arn : { 'Fn::Join': ['', [`arn:aws:sts::${ROOT.accessKeyId}:assumed-role/`, { Ref: role }, `/${SESSION}`]] }
}

/** Lambda itself may assume the role; the emulator's root stands in for it. */
async function assumeAsLambda(endpoint: string, role: string): Promise<Credentials> {
  const everybody = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' }] }
  await query(endpoint, 'iam', { Action: 'UpdateAssumeRolePolicy', RoleName: role, PolicyDocument: JSON.stringify(everybody) })
  const arn = textIn(await query(endpoint, 'iam', { Action: 'GetRole', RoleName: role }), 'Arn')
  const assumed = await query(endpoint, 'sts', { Action: 'AssumeRole', RoleArn: arn, RoleSessionName: SESSION })
  const [accessKeyId, secretAccessKey, sessionToken] = ['AccessKeyId', 'SecretAccessKey', 'SessionToken'].map((each) =>
    textIn(assumed, each),
  )
  return { accessKeyId: accessKeyId ?? '', secretAccessKey: secretAccessKey ?? '', sessionToken: sessionToken ?? '' }
}

type Assets = {
  readonly files: Readonly<
    Record<
      string,
      {
        readonly source: { readonly path: string; readonly packaging: string }
        readonly destinations: Readonly<Record<string, { readonly bucketName: string; readonly objectKey: string }>>
      }
    >
  >
}

async function uploadAssets(template: string, { s3 }: Cloud): Promise<void> {
  const folder = dirname(template)
  const { files } = JSON.parse(readFileSync(template.replace('.template.json', '.assets.json'), 'utf8')) as Assets
  for (const { source, destinations } of Object.values(files))
    for (const { bucketName: Bucket, objectKey: Key } of Object.values(destinations)) {
      const path = join(folder, source.path)
      const Body = source.packaging === 'zip' ? zipOf(path) : readFileSync(path)
      await s3.send(new CreateBucketCommand({ Bucket })).catch((problem: Error) => {
        if (!/BucketAlready/.test(problem.name)) throw problem
      })
      await s3.send(new PutObjectCommand({ Bucket, Key, Body }))
    }
}

function zipOf(folder: string): Uint8Array {
  if (!existsSync(folder)) throw new Error(`${folder} is not there`)
  return zipSync(Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))])))
}
