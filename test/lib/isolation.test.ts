import { describe, expect, test } from 'vitest'
import type { Resource, Synthesized } from '../../lib/synth.ts'
import { isolation } from './isolation.ts'
import { sixtyAgencies, twoAgencies } from './world.ts'

const REGION = 'mx-central-1'
const account = (stage: string): string =>
  stage === 'production-sedesoq' || stage.includes('333333333333')
    ? '333333333333'
    : stage.startsWith('test-')
      ? '111111111111'
      : '222222222222'

const leaksIn = (templates: readonly Synthesized[]) => isolation(templates, account, REGION).leaks

type Resources = Record<string, Resource>
const id = (resources: Resources, start: string, type: string): string => {
  const found = Object.keys(resources).find((each) => each.startsWith(start) && resources[each]?.Type === type)
  if (!found) throw new Error(`no ${start}`)
  return found
}
/** The templates with something changed in one stage. */
const planted = (stage: string, change: (resources: Resources) => void): readonly Synthesized[] =>
  twoAgencies().templates.map((made) => {
    if (made.stage !== stage) return made
    const template = structuredClone(made.template) as unknown as { Resources: Resources }
    change(template.Resources)
    return { ...made, template }
  })
type Document = 'KeyPolicy' | 'PolicyDocument' | 'AssumeRolePolicyDocument'
/** A statement more in a policy document. */
const openTo = (start: string, type: string, document: Document, statement: object) => (resources: Resources) => {
  const found = resources[id(resources, start, type)]?.Properties?.[document] as { Statement: object[] } | undefined
  if (!found) throw new Error(`no ${document} of ${start}`)
  found.Statement.push({ Effect: 'Allow', ...statement })
}
const more = (door: string, statement: object) => openTo(`${door}Policy`, 'AWS::IAM::ManagedPolicy', 'PolicyDocument', statement)

describe('between agencies', () => {
  test('no role reaches another agency’s key, queue, bucket, table, parameter, function or role: three agencies, two environments, an own account', () => {
    const { roles, things, cells, leaks, own } = isolation(twoAgencies().templates, account, REGION)
    console.log(`isolation: ${roles} roles × ${things} things = ${cells} pairs of different owners, ${leaks.length} open`)
    expect(leaks).toEqual([])
    expect(own).toEqual(['bucket', 'function', 'key', 'parameter', 'queue', 'role', 'table'])
    expect(roles).toBeGreaterThan(50)
    expect(things).toBeGreaterThan(100)
  })

  test('nor with sixty agencies in one account', () => {
    const { roles, things, cells, leaks } = isolation(sixtyAgencies().templates, account, REGION)
    console.log(`isolation: ${roles} roles × ${things} things = ${cells} pairs of different owners, ${leaks.length} open`)
    expect(leaks).toEqual([])
    expect(cells).toBeGreaterThan(500_000)
  })

  const dif = 'test-dif'
  const PLANTED: readonly (readonly [what: string, stage: string, change: (resources: Resources) => void])[] = [
    ['a role that signs with any key', dif, more('Consume', { Action: 'kms:Sign', Resource: '*' })],
    ['a door of the centre that reads any table', 'test-central', more('Ca', { Action: 'dynamodb:GetItem', Resource: '*' })],
    [
      'a door of the centre that signs with any key',
      'test-central',
      more('Conf', { Action: 'kms:Sign', Resource: 'arn:aws:kms:*:*:key/*' }),
    ],
    [
      'a door of the centre that invokes a node’s',
      'test-central',
      more('Admin', { Action: 'lambda:InvokeFunction', Resource: 'arn:aws:lambda:*' }),
    ],
    ['a role that empties queues by pattern', dif, more('Archive', { Action: 'sqs:ReceiveMessage', Resource: 'arn:aws:sqs:*:*:*' })],
    ['a role that reads all buckets', dif, more('Archive', { Action: ['s3:GetObject'], Resource: 'arn:aws:s3:::*/*' })],
    [
      'a role that reads tables by the start of their names',
      dif,
      more('Provide', { Action: 'dynamodb:Query', Resource: 'arn:aws:dynamodb:mx-central-1:111111111111:table/test-*' }),
    ],
    [
      'a role that reads every authentication key',
      dif,
      more('Consume', { Action: 'ssm:GetParameter', Resource: 'arn:aws:ssm:mx-central-1:111111111111:parameter/sacbe/test/*' }),
    ],
    [
      'a role that invokes any function',
      dif,
      more('Edge', {
        Action: 'lambda:*',
        Resource: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':lambda:*:', { Ref: 'AWS::AccountId' }, ':function:*']] },
      }),
    ],
    ['a role allowed all but something', dif, more('Enrol', { NotAction: 'iam:*', Resource: '*' })],
    [
      'a role that becomes another agency’s in the zone',
      dif,
      more('Edge', { Action: 'sts:AssumeRole', Resource: 'arn:aws:iam::111111111111:role/sacbe-test-names-*' }),
    ],
    [
      'a role with a policy that nobody reads',
      dif,
      (resources) =>
        void Object.assign(resources[id(resources, 'ConsumeRole', 'AWS::IAM::Role')]?.Properties ?? {}, {
          ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'],
        }),
    ],
    [
      'a key that lets another agency’s role in',
      'test-salud',
      openTo('Signing', 'AWS::KMS::Key', 'KeyPolicy', {
        Action: 'kms:Sign',
        Resource: '*',
        Principal: { AWS: 'arn:aws:iam::111111111111:role/test-dif-ConsumeRole9B7A6FFB' },
      }),
    ],
    [
      'a queue that lets everybody in',
      'test-salud',
      openTo('EvidenceQueue', 'AWS::SQS::QueuePolicy', 'PolicyDocument', { Action: 'sqs:SendMessage', Resource: '*', Principal: '*' }),
    ],
    [
      'a bucket that lets another account in',
      'test-salud',
      openTo('Evidence', 'AWS::S3::BucketPolicy', 'PolicyDocument', {
        Action: 's3:GetObject',
        Resource: '*',
        Principal: { AWS: 'arn:aws:iam::999999999999:root' },
      }),
    ],
    [
      'a function that any gateway may invoke',
      dif,
      (resources) =>
        Object.assign(resources, {
          Planted: {
            Type: 'AWS::Lambda::Permission',
            Properties: { Action: 'lambda:InvokeFunction', Principal: 'apigateway.amazonaws.com', FunctionName: 'x' },
          },
        }),
    ],
    [
      'a role that anybody in the account may take on',
      'test-central',
      openTo('Namesdif', 'AWS::IAM::Role', 'AssumeRolePolicyDocument', {
        Action: 'sts:AssumeRole',
        Principal: { AWS: 'arn:aws:iam::111111111111:root' },
      }),
    ],
  ]

  test.each(PLANTED)('%s is found', (_what, stage, change) => {
    expect(leaksIn(planted(stage, change)).length).toBeGreaterThan(0)
  })
})
