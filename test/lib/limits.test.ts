import { describe, expect, test } from 'vitest'
import { accountLimits, verdictOn } from '../../lib/limits.ts'
import { exchangeFrom, manyAgencies, resourcesOf, sixtyAgencies, smallest } from './world.ts'

const [environment] = exchangeFrom({ ...smallest, agencies: manyAgencies(60) }).environments
if (!environment) throw new Error('no environment')
const limits = accountLimits(environment)

describe('sixty agencies in one account', () => {
  test('come near or over some limits, and each says in both languages what the product does', () => {
    for (const limit of limits) console.log(`${verdictOn(limit).padEnd(4)} ${limit.needs}/${limit.gives} ${limit.what}: ${limit.does.en}`)
    const by = (verdict: string) => limits.filter((limit) => verdictOn(limit) === verdict).map(({ key }) => key)
    expect(by('over')).toEqual(['api-domains', 'kms-rsa', 'ssm-reads'])
    expect(by('near')).toEqual(['lambda-concurrency', 'api-rate', 'api-burst', 'domain-changes'])
    for (const { does } of limits) expect([does.es.length, does.en.length].every((length) => length > 5)).toBe(true)
  })

  test('what preflight found takes the place of what is usual', () => {
    const found = accountLimits(environment, { 'api-domains': 200 })
    expect(found.filter((limit) => verdictOn(limit) === 'over').map(({ key }) => key)).toEqual(['kms-rsa', 'ssm-reads'])
  })

  const COUNTED: readonly (readonly [key: string, type: string])[] = [
    ['iam-roles', 'AWS::IAM::Role'],
    ['iam-policies', 'AWS::IAM::ManagedPolicy'],
    ['rest-apis', 'AWS::ApiGateway::RestApi'],
    ['http-apis', 'AWS::ApiGatewayV2::Api'],
    ['schedules', 'AWS::Scheduler::Schedule'],
    ['alarms', 'AWS::CloudWatch::Alarm'],
    ['kms-keys', 'AWS::KMS::Key'],
  ]
  test.each(COUNTED)('%s: as many as the templates hold', (key, type) => {
    expect(limits.find((limit) => limit.key === key)?.needs).toBe(resourcesOf(sixtyAgencies().templates, type).length)
  })

  test('the concurrency that is reserved is the sum of what the templates reserve', () => {
    const reserved = resourcesOf(sixtyAgencies().templates, 'AWS::Lambda::Function').reduce(
      (sum, { properties }) => sum + Number(properties.ReservedConcurrentExecutions),
      0,
    )
    expect(limits.find(({ key }) => key === 'lambda-concurrency')?.needs).toBe(reserved + 100)
  })
})
