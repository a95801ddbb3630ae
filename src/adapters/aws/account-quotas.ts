import { AwsRefused } from './aws.ts'
import { type Operator, refusal, textIn } from './operator.ts'

/** What an account may use of one thing. `gives` is absent where AWS did not tell; `ask` is what an increase is requested by. */
export type Quota = {
  readonly gives?: number
  readonly used?: number
  readonly ask?: { readonly service: string; readonly code: string; readonly adjustable: boolean }
}
export type Quotas = Readonly<Record<string, Quota>>
export type AccountRead = { readonly quotas: Quotas; readonly untold: readonly { readonly what: string; readonly why: string }[] }

/** By the quota's own code where it is known, else by its name, which AWS writes in English everywhere. */
const BY_NAME: readonly (readonly [key: string, service: string, code: string, name: string])[] = [
  ['lambda-concurrency', 'lambda', 'L-B99A9384', 'Concurrent executions'],
  ['api-rate', 'apigateway', 'L-8A5B8E43', 'Throttle rate'],
  ['api-burst', 'apigateway', 'L-CDF5615A', 'Throttle burst rate'],
  ['api-domains', 'apigateway', 'L-A93447B8', 'Custom Domain Names'],
  ['kms-rsa', 'kms', 'L-2AC98190', 'Cryptographic operations (RSA) request rate'],
  ['ssm-reads', 'ssm', '', 'Transactions per second (TPS) for the GetParameter API'],
  ['s3-buckets', 's3', '', 'General purpose buckets'],
  ['dynamodb-tables', 'dynamodb', '', 'Maximum number of tables'],
  ['stacks', 'cloudformation', '', 'Stack count'],
]
export const QUOTA_SERVICES = [...new Set(BY_NAME.map(([, service]) => service))]

type Told = { readonly QuotaCode: string; readonly QuotaName: string; readonly Value?: number; readonly Adjustable?: boolean }

/**
 * What the account has and uses, as far as AWS tells: Service Quotas for each service, and the services themselves, which know better what applies now.
 * What one of them does not tell is named, and the others are asked all the same.
 */
export async function readAccount(operator: Operator): Promise<AccountRead> {
  const untold: { what: string; why: string }[] = []
  const quotas: Record<string, Quota> = {}
  const add = (key: string, more: Quota) => {
    quotas[key] = { ...quotas[key], ...more }
  }
  const attempt = async (what: string, read: () => Promise<void>) =>
    read().catch((problem: Error) => void untold.push({ what, why: problem.message }))
  for (const service of QUOTA_SERVICES)
    await attempt(`Service Quotas: ${service}`, async () => {
      const told = await quotasOf(operator, service)
      for (const [key, its, code, name] of BY_NAME) {
        const found = its === service ? told.find(({ QuotaCode, QuotaName }) => QuotaCode === code || QuotaName === name) : undefined
        if (!found) continue
        const ask = { service, code: found.QuotaCode, adjustable: found.Adjustable !== false }
        add(key, { ask, ...(found.Value === undefined ? {} : { gives: found.Value }) })
      }
    })
  for (const [what, read] of Object.entries(SERVICES))
    await attempt(what, async () => {
      for (const [key, more] of Object.entries(await read(operator))) add(key, more)
    })
  return { quotas, untold }
}

async function quotasOf({ json }: Operator, ServiceCode: string): Promise<readonly Told[]> {
  const all: Told[] = []
  for (let NextToken: string | undefined; ; ) {
    const page: { Quotas?: readonly Told[]; NextToken?: string } = await json('ListServiceQuotas', {
      ServiceCode,
      MaxResults: 100,
      ...(NextToken === undefined ? {} : { NextToken }),
    })
    all.push(...(page.Quotas ?? []))
    NextToken = page.NextToken
    if (NextToken === undefined) return all
  }
}

const MEGABYTE = 1024 * 1024

/** What each service itself says: its word on what applies now goes before the list's. */
const SERVICES: Readonly<Record<string, (operator: Operator) => Promise<Quotas>>> = {
  'Lambda: GetAccountSettings': async ({ path }) => {
    type Settings = {
      readonly AccountLimit: {
        readonly ConcurrentExecutions: number
        readonly UnreservedConcurrentExecutions: number
        readonly TotalCodeSize: number
      }
      readonly AccountUsage: { readonly TotalCodeSize: number }
    }
    const answer = await path('GetAccountSettings', '/2016-08-19/account-settings/')
    if (answer.status !== 200) throw refusal('GetAccountSettings', answer)
    const { AccountLimit, AccountUsage } = JSON.parse(answer.body.toString('utf8')) as Settings
    return {
      // What others have reserved is not to be had.
      'lambda-concurrency': {
        gives: AccountLimit.ConcurrentExecutions,
        used: AccountLimit.ConcurrentExecutions - AccountLimit.UnreservedConcurrentExecutions,
      },
      'lambda-code': {
        gives: Math.floor(AccountLimit.TotalCodeSize / MEGABYTE),
        used: Math.ceil(AccountUsage.TotalCodeSize / MEGABYTE),
      },
    }
  },
  'IAM: GetAccountSummary': async ({ form }) => {
    const xml = await form('GetAccountSummary', {})
    const number = (name: string): number | undefined => {
      const text = new RegExp(`<key>${name}</key>\\s*<value>(\\d+)</value>`).exec(xml)?.[1]
      return text === undefined ? undefined : Number(text)
    }
    const one = (gives: number | undefined, used: number | undefined): Quota => ({
      ...(gives === undefined ? {} : { gives }),
      ...(used === undefined ? {} : { used }),
    })
    return {
      'iam-roles': one(number('RolesQuota'), number('Roles')),
      'iam-policies': one(number('PoliciesQuota'), number('Policies')),
    }
  },
  'API Gateway: GetDomainNames': async ({ path }) => {
    let used = 0
    for (let next: string | undefined; ; ) {
      const answer = await path('GetDomainNames', '/v2/domainnames', { query: { maxResults: '500', ...(next ? { nextToken: next } : {}) } })
      if (answer.status !== 200) throw refusal('GetDomainNames', answer)
      const page = JSON.parse(answer.body.toString('utf8')) as { items?: readonly unknown[]; nextToken?: string }
      used += page.items?.length ?? 0
      next = page.nextToken
      if (next === undefined) return { 'api-domains': { used } }
    }
  },
  'DynamoDB: ListTables': async ({ json }) => {
    let used = 0
    for (let after: string | undefined; ; ) {
      const page: { TableNames: readonly string[]; LastEvaluatedTableName?: string } = await json('ListTables', {
        ...(after ? { ExclusiveStartTableName: after } : {}),
      })
      used += page.TableNames.length
      after = page.LastEvaluatedTableName
      if (after === undefined) return { 'dynamodb-tables': { used } }
    }
  },
  'S3: ListBuckets': async ({ path }) => {
    const answer = await path('ListBuckets', '/')
    if (answer.status !== 200) throw refusal('ListBuckets', answer)
    return { 's3-buckets': { used: [...answer.body.toString('utf8').matchAll(/<Bucket>/g)].length } }
  },
}

/** Whose credentials these are: the account's number. */
export async function accountOf({ form }: Operator): Promise<string> {
  const account = textIn(await form('GetCallerIdentity', {}), 'Account')
  if (account === undefined) throw new AwsRefused('GetCallerIdentity', 200, 'no account')
  return account
}
