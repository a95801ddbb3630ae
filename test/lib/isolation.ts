import type { Resource, Synthesized } from '../../lib/synth.ts'
import { listOf, type Statement, statementsOf } from './world.ts'

/** One thing that must be its owner's alone, by the ARN that a policy would name it by. */
export type Thing = {
  readonly owner: string
  readonly kind: 'key' | 'queue' | 'bucket' | 'table' | 'parameter' | 'function' | 'role'
  readonly arn: string
}
type Role = {
  readonly owner: string
  readonly arn: string
  readonly trust: unknown
  readonly statements: readonly { readonly statement: Statement; readonly made: Made }[]
  readonly opaque: readonly string[]
}
export type Leak = { readonly role: string; readonly thing: string; readonly why: string }
/** `own`: the kinds of things that roles reach of their own owner, as a control: a matrix that sees nothing proves nothing. */
export type Matrix = {
  readonly roles: number
  readonly things: number
  readonly cells: number
  readonly leaks: readonly Leak[]
  readonly own: readonly Thing['kind'][]
}
type Made = Synthesized & { readonly account: string; readonly region: string }

const KINDS: Readonly<Record<string, Thing['kind']>> = {
  'AWS::KMS::Key': 'key',
  'AWS::SQS::Queue': 'queue',
  'AWS::S3::Bucket': 'bucket',
  'AWS::DynamoDB::Table': 'table',
  'AWS::Lambda::Function': 'function',
  'AWS::IAM::Role': 'role',
}
const SERVICES: Readonly<Record<Thing['kind'], string>> = {
  key: 'kms',
  queue: 'sqs',
  bucket: 's3',
  table: 'dynamodb',
  parameter: 'ssm',
  function: 'lambda',
  role: 'sts',
}
/** Policies that AWS keeps, of which we know that they reach none of these things. */
const HARMLESS = /:policy\/service-role\/(AmazonAPIGatewayPushToCloudWatchLogs|AWSCodeDeployRoleForLambdaLimited)$/

/**
 * Every role against every other owner's key, queue, bucket, table, parameter, function and role, computed from templates. Conditions of what
 * a role may do are not believed: what a policy names, it counts as open. What a thing's own policy allows counts too, whoever asks.
 * @param accounts the account of each stage
 */
export function isolation(templates: readonly Synthesized[], accounts: (stage: string) => string, region: string): Matrix {
  const made = templates.map((each): Made => ({ ...each, account: accounts(each.stage), region }))
  const things = made.flatMap(thingsOf)
  const roles = made.flatMap(rolesOf)
  const leaks = [
    ...roles.flatMap((role) => [...byIdentity(role, things), ...byName(role)]),
    ...made.flatMap((each) => byOwnPolicy(each, roles)),
    ...roles.flatMap((role) => byTrust(role, roles)),
  ]
  const cells = roles.reduce((sum, { owner }) => sum + things.filter((thing) => thing.owner !== owner).length, 0)
  const own = things.filter((thing) => roles.some((role) => role.owner === thing.owner && reachedBy(role, [thing]).length > 0))
  return { roles: roles.length, things: things.length, cells, leaks, own: [...new Set(own.map(({ kind }) => kind))].toSorted() }
}

const ownerOf = ({ stage }: Made, { Properties }: Resource): string => {
  const tags = ((Properties?.Tags ?? []) as { Key: string; Value: string }[]).find(({ Key }) => Key === 'agency')
  return tags ? `${stage.split('-')[0]}-${tags.Value}` : stage
}

/** The ARN of a resource as it will be, with a name of our own where CloudFormation makes one. */
function arnOf(made: Made, id: string, { Type, Properties }: Resource): string {
  const name = `${made.stage}-${id}`
  const { account, region } = made
  switch (Type) {
    case 'AWS::KMS::Key':
      return `arn:aws:kms:${region}:${account}:key/${name}`
    case 'AWS::SQS::Queue':
      return `arn:aws:sqs:${region}:${account}:${name}`
    case 'AWS::S3::Bucket':
      return `arn:aws:s3:::${name}`
    case 'AWS::DynamoDB::Table':
      return `arn:aws:dynamodb:${region}:${account}:table/${name}`
    case 'AWS::Lambda::Function':
      return `arn:aws:lambda:${region}:${account}:function:${name}`
    case 'AWS::Lambda::Alias':
      return `${text(Properties?.FunctionName, { ...made })}:live`
    case 'AWS::IAM::Role':
      return `arn:aws:iam::${account}:role/${typeof Properties?.RoleName === 'string' ? Properties.RoleName : name}`
    default:
      return `arn:aws:other:${region}:${account}:${name}`
  }
}

function thingsOf(made: Made): readonly Thing[] {
  const things = Object.entries(made.template.Resources).flatMap(([id, resource]): readonly Thing[] => {
    const kind = KINDS[resource.Type]
    return kind ? [{ owner: ownerOf(made, resource), kind, arn: arnOf(made, id, resource) }] : []
  })
  const named = Object.values(made.template.Resources).flatMap(({ Properties }) => {
    const variables = (Properties?.Environment as { Variables?: Record<string, unknown> } | undefined)?.Variables
    return typeof variables?.AUTHENTICATION_PARAMETER === 'string' ? [variables.AUTHENTICATION_PARAMETER] : []
  })
  const parameters = [...new Set(named)].map(
    (name): Thing => ({ owner: made.stage, kind: 'parameter', arn: `arn:aws:ssm:${made.region}:${made.account}:parameter${name}` }),
  )
  return [...things, ...parameters]
}

function rolesOf(made: Made): readonly Role[] {
  const resources = Object.entries(made.template.Resources)
  return resources
    .filter(([, { Type }]) => Type === 'AWS::IAM::Role')
    .map(([id, resource]) => {
      const attached = resources.filter(
        ([, { Type, Properties }]) =>
          (Type === 'AWS::IAM::ManagedPolicy' || Type === 'AWS::IAM::Policy') &&
          JSON.stringify(Properties?.Roles ?? []).includes(`"${id}"`),
      )
      const inline = listOf(resource.Properties?.Policies as { PolicyDocument: unknown }[] | undefined)
      const documents = [
        ...attached.map(([, { Properties }]) => Properties?.PolicyDocument),
        ...inline.map(({ PolicyDocument }) => PolicyDocument),
      ]
      return {
        owner: ownerOf(made, resource),
        arn: arnOf(made, id, resource),
        trust: resource.Properties?.AssumeRolePolicyDocument,
        statements: documents.flatMap(statementsOf).map((statement) => ({ statement, made })),
        opaque: listOf(resource.Properties?.ManagedPolicyArns as unknown[] | undefined).map((arn) => text(arn, made)),
      }
    })
}

/** An intrinsic as text. What we cannot know becomes '*': what may be anything counts as everything. */
function text(value: unknown, made: Made): string {
  if (typeof value === 'string') return value
  const {
    Ref,
    'Fn::GetAtt': attribute,
    'Fn::Join': join,
  } = value as { Ref?: string; 'Fn::GetAtt'?: [string, string]; 'Fn::Join'?: [string, unknown[]] }
  if (join) return join[1].map((part) => text(part, made)).join(join[0])
  if (Ref === 'AWS::Partition') return 'aws'
  if (Ref === 'AWS::AccountId') return made.account
  if (Ref === 'AWS::Region') return made.region
  const id = attribute?.[0] ?? Ref
  const resource = id === undefined ? undefined : made.template.Resources[id]
  return resource && id !== undefined ? arnOf(made, id, resource) : '*'
}

const matches = (pattern: string, value: string): boolean =>
  !/[*?]/.test(pattern)
    ? pattern === value
    : new RegExp(
        `^${pattern
          .replace(/[.+^${}()|[\]\\]/g, '\\$&')
          .replaceAll('*', '.*')
          .replaceAll('?', '.')}$`,
        's',
      ).test(value)

/** Whether a pattern reaches a thing or what lies in it: objects of a bucket, versions of a function, indexes of a table. */
const reaches = (pattern: string, { kind, arn }: Thing): boolean =>
  [
    arn,
    ...(kind === 'bucket' ? [`${arn}/any/object`] : []),
    ...(kind === 'function' ? [`${arn}:live`] : []),
    ...(kind === 'table' ? [`${arn}/index/any`] : []),
  ].some((each) => matches(pattern, each))

const touches = ({ Action, NotAction }: Statement, kind: Thing['kind']): boolean =>
  NotAction !== undefined ||
  listOf(Action).some(
    (action) => action === '*' || matches(action.split(':')[0] ?? '', SERVICES[kind]) || (kind === 'role' && action.startsWith('iam:')),
  )

function byIdentity(role: Role, things: readonly Thing[]): readonly Leak[] {
  return reachedBy(
    role,
    things.filter(({ owner }) => owner !== role.owner),
  )
}

function reachedBy({ arn, statements }: Role, things: readonly Thing[]): readonly Leak[] {
  return statements
    .filter(({ statement }) => statement.Effect === 'Allow')
    .flatMap(({ statement, made }) => {
      const patterns = statement.NotResource === undefined ? listOf(statement.Resource as unknown[]).map((each) => text(each, made)) : ['*']
      return things
        .filter((thing) => touches(statement, thing.kind) && patterns.some((pattern) => reaches(pattern, thing)))
        .map((thing) => ({ role: arn, thing: thing.arn, why: `it may ${listOf(statement.Action).join(', ')}` }))
    })
}

const byName = ({ arn, opaque }: Role): readonly Leak[] =>
  opaque
    .filter((policy) => !HARMLESS.test(policy))
    .map((policy) => ({ role: arn, thing: 'unknown', why: `it has ${policy}, of which we know nothing` }))

/** What the policy of a key, queue, bucket, table or function opens to others than its owner. */
function byOwnPolicy(made: Made, roles: readonly Role[]): readonly Leak[] {
  return Object.entries(made.template.Resources).flatMap(([id, resource]) => {
    const { Type, Properties = {} } = resource
    const at = `${made.stage}/${id}`
    if (Type === 'AWS::Lambda::Permission') return permissionLeak(Properties, at, made)
    const document =
      Properties.KeyPolicy ??
      (Type.endsWith('Policy') && Type !== 'AWS::IAM::ManagedPolicy' && Type !== 'AWS::IAM::Policy' ? Properties.PolicyDocument : undefined)
    return statementsOf(document)
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap((statement) =>
        principalsOf(statement, made)
          .filter((principal) => !isOwn(principal, made, roles))
          .map((principal) => ({ role: principal, thing: at, why: 'its own policy lets it in' })),
      )
  })
}

function permissionLeak({ Principal, SourceArn }: Readonly<Record<string, unknown>>, at: string, made: Made): readonly Leak[] {
  const source = JSON.stringify(SourceArn ?? null)
  const own = [...source.matchAll(/"Ref":"([^"]+)"/g)].some(([, id]) => /Api/.test(made.template.Resources[id ?? '']?.Type ?? ''))
  return Principal === 'apigateway.amazonaws.com' && own
    ? []
    : [{ role: String(Principal), thing: at, why: 'anybody behind this principal may invoke it' }]
}

function principalsOf({ Principal }: Statement, made: Made): readonly string[] {
  if (typeof Principal === 'string') return [Principal]
  const { AWS, Service, ...rest } = (Principal ?? {}) as { AWS?: unknown; Service?: unknown }
  const services = listOf(Service as unknown[]).map((each) => text(each, made))
  return [
    ...listOf(AWS as unknown[]).map((each) => text(each, made)),
    ...services.filter((each) => each !== 'cloudwatch.amazonaws.com'),
    ...Object.keys(rest),
  ]
}

const isOwn = (principal: string, made: Made, roles: readonly Role[]): boolean =>
  principal === `arn:aws:iam::${made.account}:root` || roles.some(({ arn, owner }) => arn === principal && owner === made.stage)

/** Who may become a role: a service, or the owner's own roles by their tag. */
function byTrust({ arn, owner, trust }: Role, roles: readonly Role[]): readonly Leak[] {
  return statementsOf(trust).flatMap((statement) => {
    const { AWS } = (typeof statement.Principal === 'string' ? { AWS: statement.Principal } : (statement.Principal ?? {})) as {
      AWS?: unknown
    }
    if (AWS === undefined) return []
    const tagged = statement.Condition?.StringEquals?.['aws:PrincipalTag/agency'] === owner.split('-').slice(1).join('-')
    const named = JSON.stringify(AWS)
    const root = /:root"/.test(named) && !named.includes('*')
    const own = roles.some((role) => role.owner === owner && named.includes(role.arn))
    return (root && tagged) || own ? [] : [{ role: named, thing: arn, why: 'it may take this role on' }]
  })
}
