import { machineNow } from '../../adapters/aws/environment.ts'
import type { Operator } from '../../adapters/aws/operator.ts'
import { loadTariff } from '../../adapters/local/price-file.ts'
import { isEstimated, priceOf } from '../../metering/tariff.ts'
import type { Io } from '../io.ts'
import { awsIn } from './account.ts'
import type { Resource } from './stack-steps.ts'

export type StaysThing = { readonly type: string; readonly name: string; readonly holds: string; readonly usd: number }
export type Stays = { readonly things: readonly StaysThing[]; readonly usdAMonth: number; readonly estimated: boolean }

/** What the templates retain: keys, evidence and what is on its way there, records. */
const RETAINED = new Set(['AWS::KMS::Key', 'AWS::S3::Bucket', 'AWS::SQS::Queue', 'AWS::DynamoDB::Table'])
const GIGABYTE = 1e9

/** What is left when the stack goes, with what it costs from then on; storage at the price of the first class, which is the most it can be. */
export async function whatStays(resources: readonly Resource[], { region }: Operator, io: Io): Promise<Stays> {
  const tariff = loadTariff(undefined, region, machineNow())
  const price = (id: 'kms.key' | 's3.stor.standard') => (tariff.ok ? dollars(priceOf(tariff.value, id).usd) : Number.NaN)
  const things: StaysThing[] = []
  for (const { type, physical: name } of resources.filter((each) => RETAINED.has(each.type))) {
    const stored = type === 'AWS::S3::Bucket' ? await storedIn(name, region, io) : undefined
    const usd = type === 'AWS::KMS::Key' ? price('kms.key') : stored ? (stored.octets / GIGABYTE) * price('s3.stor.standard') : 0
    things.push({ type, name, holds: stored ? `${stored.count} objects, ${stored.octets} bytes` : '', usd })
  }
  return { things, usdAMonth: things.reduce((sum, { usd }) => sum + usd, 0), estimated: tariff.ok && isEstimated(tariff.value) }
}

async function storedIn(bucket: string, region: string, io: Io): Promise<{ readonly count: number; readonly octets: number }> {
  const aws = awsIn(region, io)
  const sum = { count: 0, octets: 0 }
  for (let token: string | undefined; ; ) {
    const query = { 'list-type': '2', ...(token === undefined ? {} : { 'continuation-token': token }) }
    const answer = await aws.object('ListObjectsV2', { bucket, query })
    const xml = answer.body.toString('utf8')
    for (const [, size = '0'] of xml.matchAll(/<Size>(\d+)<\/Size>/g)) {
      sum.count++
      sum.octets += Number(size)
    }
    token = /<NextContinuationToken>([^<]*)</.exec(xml)?.[1]
    if (token === undefined) return sum
  }
}

/** Money is counted in units of 1e-18 dollars. */
const dollars = (usd: bigint): number => Number(usd) / 1e18
