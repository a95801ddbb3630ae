import { describe, expect, test } from 'vitest'
import { ACTIONS } from '../../src/adapters/aws/actions.ts'
import { listOf, resourcesOf, statementsOf, twoAgencies } from './world.ts'

/** What IAM calls an action, where that is another word than the one that is sent. */
const IAM_NAMES: Readonly<Record<string, string>> = {
  'dynamodb:TransactWriteItems': 'dynamodb:PutItem',
  'sqs:DeleteMessageBatch': 'sqs:DeleteMessage',
  's3:ListObjectsV2': 's3:ListBucket',
}
/** The runtime writes logs; the schedule invokes the archive. */
const NOT_OURS = ['logs:CreateLogStream', 'logs:PutLogEvents']
const DOORS = ['Consume', 'Provide', 'Archive', 'RefreshTrust']

describe('the doors of messages and evidence', () => {
  test('may do exactly what the adapters ask of AWS, no less and no more', () => {
    const asked = new Set(Object.entries(ACTIONS).map(([name, { service }]) => IAM_NAMES[`${service}:${name}`] ?? `${service}:${name}`))
    const given = new Set(
      resourcesOf(twoAgencies().templates, 'AWS::IAM::ManagedPolicy')
        .filter(({ id }) => DOORS.some((door) => id.startsWith(`${door}Policy`)))
        .flatMap(({ properties }) => statementsOf(properties.PolicyDocument).flatMap(({ Action }) => listOf(Action)))
        .filter((action) => !NOT_OURS.includes(action)),
    )
    expect([...given].toSorted()).toEqual([...asked].toSorted())
  })
})
