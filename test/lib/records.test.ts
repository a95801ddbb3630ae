import { describe, expect, test } from 'vitest'
import type { Synthesized } from '../../lib/synth.ts'
import { listOf, resourcesOf, type Statement, statementsOf, twoAgencies } from './world.ts'

/** What a door may do with records: each statement about DynamoDB, and whose it is. */
const tableStatements = (templates: readonly Synthesized[]) =>
  resourcesOf(
    templates.filter(({ stage }) => !stage.includes('foundation')),
    'AWS::IAM::ManagedPolicy',
  ).flatMap(({ stage, id, properties }) =>
    statementsOf(properties.PolicyDocument)
      .filter(({ Effect, Action }) => Effect === 'Allow' && listOf(Action).some((action) => action.startsWith('dynamodb:')))
      .map((statement) => ({ stage, door: id.replace(/Policy.*/, ''), statement })),
  )

/** Every one of these names its keys; Scan, PartiQL and exports do not, and a condition on all keys of a request without keys holds. */
const NAMES_KEYS = ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem']
const keysIn = ({ Condition }: Statement) => Condition?.['ForAllValues:StringEquals']?.['dynamodb:LeadingKeys']

/** What is open that should not be. The enrol door writes a node whole, once: it alone may write without naming what. */
const openIn = (templates: readonly Synthesized[]): readonly string[] =>
  tableStatements(templates).flatMap(({ stage, door, statement }) => {
    const at = `${stage} ${door}`
    const writes = listOf(statement.Action).includes('dynamodb:PutItem')
    const conditions = Object.keys(statement.Condition ?? {})
    return [
      ...listOf(statement.Action)
        .filter((action) => !NAMES_KEYS.includes(action))
        .map((action) => `${at}: ${action}`),
      ...(writes && keysIn(statement) === undefined && door !== 'Enrol' ? [`${at}: writes everywhere`] : []),
      ...(stage.endsWith('-central') && keysIn(statement) === undefined ? [`${at}: no keys`] : []),
      ...(keysIn(statement) !== undefined && statement.Condition?.Null?.['dynamodb:LeadingKeys'] !== 'false'
        ? [`${at}: holds without keys`]
        : []),
      ...conditions.filter((operator) => !['ForAllValues:StringEquals', 'Null'].includes(operator)).map((operator) => `${at}: ${operator}`),
    ]
  })

const rightsOf = (door: string, action: string): readonly string[] => {
  const all = tableStatements(twoAgencies().templates).filter((each) => each.stage === 'test-central' && each.door === door)
  return all
    .filter(({ statement }) => listOf(statement.Action).includes(action))
    .flatMap(({ statement }) => listOf(keysIn(statement) as string[]))
}

/** The templates with something else in the statements of one door about records. */
const planted = (stage: string, door: string, instead: Partial<Statement>): readonly Synthesized[] =>
  twoAgencies().templates.map((made) => {
    if (made.stage !== stage) return made
    const copy = structuredClone(made)
    for (const each of tableStatements([copy])) if (each.door === door) Object.assign(each.statement, instead)
    return copy
  })
const ALL = { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['registry'] } }
const ANY = { 'ForAnyValue:StringEquals': { 'dynamodb:LeadingKeys': ['registry'] } }

describe('rights on records', () => {
  test('each door of the centre writes and reads only its partitions', () => {
    expect(Object.fromEntries(['Admin', 'Ca', 'Ocsp', 'Tsa', 'Conf'].map((door) => [door, rightsOf(door, 'dynamodb:PutItem')]))).toEqual({
      Admin: ['registry', 'audit', 'costs'],
      Ca: ['registry', 'audit', 'certificates'],
      Ocsp: ['certificates', 'answers'],
      Tsa: [],
      Conf: ['registry', 'audit', 'publication'],
    })
    expect(Object.fromEntries(['Admin', 'Ca', 'Ocsp', 'Tsa', 'Conf'].map((door) => [door, rightsOf(door, 'dynamodb:Query')]))).toEqual({
      Admin: ['registry', 'audit', 'costs', 'publication'],
      Ca: ['registry', 'audit', 'certificates', 'publication'],
      Ocsp: ['registry', 'certificates', 'answers'],
      Tsa: ['registry'],
      Conf: ['registry', 'audit', 'publication'],
    })
  })

  test('no request passes that names no key, and no action is given that does without', () => {
    expect(openIn(twoAgencies().templates)).toEqual([])
    expect(tableStatements(twoAgencies().templates).length).toBeGreaterThan(50)
  })

  test.each<readonly [what: string, stage: string, door: string, instead: object]>([
    ['a condition that holds without keys', 'test-central', 'Ca', { Condition: ALL }],
    ['the same at a node', 'production-dif', 'Archive', { Condition: ALL }],
    ['a scan', 'test-central', 'Tsa', { Action: ['dynamodb:GetItem', 'dynamodb:Scan'] }],
    ['PartiQL', 'test-dif', 'Consume', { Action: 'dynamodb:PartiQLSelect' }],
    ['every action', 'test-central', 'Admin', { Action: 'dynamodb:*' }],
    ['writes without a condition', 'test-salud', 'Provide', { Condition: undefined }],
    ['reads of the centre without one', 'test-central', 'Ocsp', { Condition: undefined }],
    ['a condition on any of the keys instead of all', 'test-central', 'Conf', { Condition: ANY }],
  ])('a planted leak is found: %s', (_what, stage, door, instead) => {
    expect(openIn(planted(stage, door, instead)).length).toBeGreaterThan(0)
  })

  test('wherever else a condition is on all values of a request, that there be some is asked too', () => {
    const loose = resourcesOf(
      twoAgencies().templates.filter(({ stage }) => !stage.includes('foundation')),
      'AWS::IAM::ManagedPolicy',
    ).flatMap(({ stage, id, properties }) =>
      statementsOf(properties.PolicyDocument).flatMap(({ Effect, Condition = {} }) =>
        Object.entries(Condition)
          .filter(([operator]) => Effect === 'Allow' && operator.startsWith('ForAllValues:'))
          .flatMap(([, keys]) => Object.keys(keys))
          .filter((key) => Condition.Null?.[key] !== 'false')
          .map((key) => `${stage} ${id}: ${key}`),
      ),
    )
    expect(loose).toEqual([])
  })
})
