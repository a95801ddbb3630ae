import type { Synthesized } from '../../lib/synth.ts'
import { listOf, resourcesOf, type Statement, statementsOf } from '../lib/world.ts'

/** Partitions of the centre's table: what was read of them and written into them, or may be. */
export type Partitions = { readonly reads: readonly string[]; readonly writes: readonly string[] }

/** What a door of the centre may, by its template. */
export function recordRights(templates: readonly Synthesized[], door: string): Partitions {
  const begins = `${door[0]?.toUpperCase()}${door.slice(1)}Policy`
  const statements = resourcesOf(templates, 'AWS::IAM::ManagedPolicy')
    .filter(({ stage, id }) => stage === 'test-central' && id.startsWith(begins))
    .flatMap(({ properties }) => statementsOf(properties.PolicyDocument))
  const keysOf = (action: string) =>
    statements
      .filter(({ Action }) => listOf(Action).includes(action))
      .flatMap(({ Condition }: Statement) =>
        listOf(Condition?.['ForAllValues:StringEquals']?.['dynamodb:LeadingKeys'] as string[] | undefined),
      )
  return { reads: keysOf('dynamodb:Query'), writes: keysOf('dynamodb:PutItem') }
}

type Keyed = { readonly pk: { readonly S: string } }
type Input = {
  readonly Key?: Keyed
  readonly Item?: Keyed
  readonly TransactItems?: readonly { readonly Put: { readonly Item: Keyed } }[]
  readonly ExpressionAttributeValues?: { readonly ':partition'?: { readonly S: string } }
}

/** What a door asked, by what it said. */
export function recordsIn(questions: readonly { readonly action: string; readonly input: Record<string, unknown> }[]): Partitions {
  const of = (...actions: readonly string[]) =>
    questions.filter(({ action }) => actions.includes(action)).map(({ input }) => input as Input)
  const reads = [
    ...of('GetItem').map(({ Key }) => Key?.pk.S),
    ...of('Query').map(({ ExpressionAttributeValues: values }) => values?.[':partition']?.S),
  ]
  const writes = [
    ...of('PutItem').map(({ Item }) => Item?.pk.S),
    ...of('TransactWriteItems').flatMap(({ TransactItems = [] }) => TransactItems.map(({ Put }) => Put.Item.pk.S)),
  ]
  const once = (names: readonly (string | undefined)[]) => [...new Set(names.map((name) => name ?? 'no key'))]
  return { reads: once(reads), writes: once(writes) }
}
