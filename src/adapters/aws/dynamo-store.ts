import { randomUUID } from 'node:crypto'
import type { Store, Stored } from '../../exchange/ports.ts'
import { type Aws, AwsRefused } from './aws.ts'

type Text = { readonly S: string }
type Item = { readonly pk: Text; readonly sk: Text; readonly value: Text; readonly version: { readonly N: string }; readonly writer: Text }
type Put = { readonly key: string; readonly value: unknown; readonly ifVersion: number }

/**
 * Small records in a table with partition key `pk`, the key's text before its first '/', and sort key `sk`, the whole key. Values are JSON
 * text. Reads are consistent. A record holds at most 400 KB, a transaction 100 records.
 */
export function dynamoStore({ ask }: Pick<Aws, 'ask'>, table: string): Store {
  return {
    get: async <T>(key: string) => {
      const { Item: item } = await ask<{ Item?: Item }>('GetItem', { TableName: table, Key: keyOf(key), ConsistentRead: true })
      return item && read<T>(item)
    },
    query: <T>(prefix: string) => queryAll<T>(ask, table, prefix),
    put: async (key, value, ifVersion) => {
      const writer = randomUUID()
      const answer = await conditional(() => ask('PutItem', { TableName: table, ...putOf({ key, value, ifVersion }, writer), ...TELL }))
      return answer === 'done' || answer.writer?.S === writer
    },
    transact: async (puts) => {
      const writer = randomUUID()
      const items = puts.map((put) => ({ Put: { TableName: table, ...putOf(put, writer) } }))
      return (await conditional(() => ask('TransactWriteItems', { TransactItems: items, ClientRequestToken: writer }))) === 'done'
    },
    lease: async (name, holder, now, ms) => {
      const item = { ...keyOf(`lease/${name}`), holder: { S: holder }, until: { N: String(now + ms) } }
      const question = {
        TableName: table,
        Item: item,
        ConditionExpression: 'attribute_not_exists(pk) OR holder = :holder OR #until <= :now',
        ExpressionAttributeNames: { '#until': 'until' },
        ExpressionAttributeValues: { ':holder': item.holder, ':now': { N: String(now) } },
      }
      return (await conditional(() => ask('PutItem', question))) === 'done'
    },
  }
}

/** A put that was sent twice because its answer got lost finds its own hand in what is there, and is no loser. */
const TELL = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }

const partitionOf = (key: string): string => (key.includes('/') ? key.slice(0, key.indexOf('/')) : key)
const keyOf = (key: string) => ({ pk: { S: partitionOf(key) }, sk: { S: key } })

function putOf({ key, value, ifVersion }: Put, writer: string) {
  const item: Item = {
    ...keyOf(key),
    value: { S: JSON.stringify(value) },
    version: { N: String(ifVersion + 1) },
    writer: { S: writer },
  }
  if (ifVersion === 0) return { Item: item, ConditionExpression: 'attribute_not_exists(pk)' }
  return { Item: item, ConditionExpression: 'version = :version', ExpressionAttributeValues: { ':version': { N: String(ifVersion) } } }
}

const read = <T>({ sk, value, version }: Item): Stored<T> => ({ key: sk.S, value: JSON.parse(value.S) as T, version: Number(version.N) })

async function queryAll<T>(ask: Aws['ask'], table: string, prefix: string): Promise<readonly Stored<T>[]> {
  if (!prefix.includes('/')) throw new Error(`"${prefix}" names no partition: a prefix goes on after its first '/'`)
  const found: Stored<T>[] = []
  for (let from: object | undefined, more = true; more; more = from !== undefined) {
    const answer = await ask<{ Items?: readonly Item[]; LastEvaluatedKey?: object }>('Query', {
      TableName: table,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :partition AND begins_with(sk, :prefix)',
      ExpressionAttributeValues: { ':partition': { S: partitionOf(prefix) }, ':prefix': { S: prefix } },
      ...(from ? { ExclusiveStartKey: from } : {}),
    })
    found.push(...(answer.Items ?? []).map((item) => read<T>(item)))
    from = answer.LastEvaluatedKey
  }
  return found
}

/** Whether the condition held; when it did not, what is there instead, as far as it is told. */
async function conditional(work: () => Promise<unknown>): Promise<'done' | Partial<Item>> {
  try {
    await work()
    return 'done'
  } catch (problem) {
    if (!(problem instanceof AwsRefused) || !isSomebodyElse(problem)) throw problem
    return (problem.answer as { Item?: Item } | undefined)?.Item ?? {}
  }
}

/** Another's write was there first, or is under way. A transaction may be refused for other reasons too: those are ours, or passing. */
function isSomebodyElse({ code, answer }: AwsRefused): boolean {
  if (code !== 'TransactionCanceledException') return code === 'ConditionalCheckFailedException' || code === 'TransactionConflictException'
  const reasons = (answer as { CancellationReasons?: readonly { Code?: string }[] }).CancellationReasons ?? []
  return (
    reasons.some(({ Code }) => Code === 'ConditionalCheckFailed' || Code === 'TransactionConflict') &&
    reasons.every(({ Code }) => Code === undefined || ['None', 'ConditionalCheckFailed', 'TransactionConflict'].includes(Code))
  )
}
