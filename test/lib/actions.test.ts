import { describe, expect, test } from 'vitest'
import { ACTIONS } from '../../src/adapters/aws/actions.ts'
import { listOf, resourcesOf, statementsOf, twoAgencies } from './world.ts'

/** What IAM calls an action, where that is another word than the one that is sent. */
const IAM_NAMES: Readonly<Record<string, string>> = {
  'dynamodb:TransactWriteItems': 'dynamodb:PutItem',
  'sqs:DeleteMessageBatch': 'sqs:DeleteMessage',
  's3:ListObjectsV2': 's3:ListBucket',
  'apigateway:GetDomainName': 'apigateway:GET',
  'apigateway:GetApiMappings': 'apigateway:GET',
  'apigateway:CreateDomainName': 'apigateway:POST',
  'apigateway:CreateApiMapping': 'apigateway:POST',
  'apigateway:UpdateDomainName': 'apigateway:PATCH',
  'apigateway:UpdateApiMapping': 'apigateway:PATCH',
}
/** The runtime writes logs; a certificate that is brought in is marked in the same breath. */
const NOT_OURS = ['logs:CreateLogStream', 'logs:PutLogEvents', 'acm:AddTagsToCertificate']
/** What only the role that a door takes on may do. */
const OF_ANOTHER_ROLE = ['route53:ChangeResourceRecordSets']
const DOORS = ['Consume', 'Provide', 'Archive', 'RefreshTrust', 'Edge', 'Enrol']
const CENTRE = ['Admin', 'Ca', 'Ocsp', 'Tsa', 'Conf']

describe('the doors', () => {
  test('of a node may do exactly what the adapters ask of AWS, no less and no more', () => {
    const asked = new Set(Object.entries(ACTIONS).map(([name, { service }]) => IAM_NAMES[`${service}:${name}`] ?? `${service}:${name}`))
    const given = new Set(
      resourcesOf(twoAgencies().templates, 'AWS::IAM::ManagedPolicy')
        .filter(({ id }) => DOORS.some((door) => id.startsWith(`${door}Policy`)))
        .flatMap(({ properties }) => statementsOf(properties.PolicyDocument).flatMap(({ Action }) => listOf(Action)))
        .filter((action) => !NOT_OURS.includes(action)),
    )
    expect([...given].toSorted()).toEqual([...asked].filter((action) => !OF_ANOTHER_ROLE.includes(action)).toSorted())
  })

  test('of the centre may do no more than read and write records and files, sign, and read the public half of a key', () => {
    const rightsOf = (door: string) =>
      resourcesOf(twoAgencies().templates, 'AWS::IAM::ManagedPolicy')
        .filter(({ stage, id }) => stage === 'test-central' && id.startsWith(`${door}Policy`))
        .flatMap(({ properties }) => statementsOf(properties.PolicyDocument).flatMap(({ Action }) => listOf(Action)))
        .filter((action) => !NOT_OURS.includes(action))
    const records = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query']
    const files = ['s3:GetObject', 's3:ListBucket', 's3:PutObject']
    const given = Object.fromEntries(CENTRE.map((door) => [door, [...new Set(rightsOf(door))].toSorted()]))
    expect(given).toEqual({
      Admin: [...records, ...files],
      Ca: [...records, 'kms:GetPublicKey', 'kms:Sign', ...files],
      Ocsp: [...records, 'kms:Sign', 's3:GetObject', 's3:ListBucket'],
      Tsa: ['dynamodb:GetItem', 'dynamodb:Query', 'kms:Sign'],
      Conf: [...records, 'kms:GetPublicKey', 'kms:Sign', ...files],
    })
  })
})
