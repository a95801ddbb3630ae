import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { idleBill } from '../../lib/bill/idle-bill.ts'
import { billLines, tariffFor } from '../../lib/bill/report.ts'
import type { Synthesized } from '../../lib/synth.ts'
import { instant } from '../../src/base/clock.ts'
import { readTariff } from '../../src/metering/tariff.ts'
import { ROOT, sixtyAgencies, twoAgencies } from './world.ts'

const AT = instant(Date.parse('2026-11-24'))
const tariff = tariffFor(ROOT, 'mx-central-1', AT)
const isCentre = (stage: string) => /central|account/.test(stage)

/** What each agency costs on average, and what the centre and its account do. */
function sums(templates: readonly Synthesized[]) {
  const { stages, unpriced } = idleBill(templates, tariff)
  const agencies = stages.filter(({ stage }) => !isCentre(stage))
  const total = (of: typeof stages) => of.reduce((sum, { usd }) => sum + usd, 0)
  return {
    agency: total(agencies) / agencies.length,
    agencies: agencies.length,
    centre: total(stages.filter(({ stage }) => isCentre(stage))),
    unpriced,
  }
}

const planted = (Type: string, Properties: object = {}): readonly Synthesized[] => [
  ...sixtyAgencies().templates,
  { file: '', stage: 'test-agency-1', template: { Resources: { Planted: { Type, Properties } as never } } },
]

describe('the idle bill, from the templates', () => {
  test('is at most 1.20 USD a month for each of sixty agencies in one account, and at most 5 USD for the centre', () => {
    const { agency, agencies, centre, unpriced } = sums(sixtyAgencies().templates)
    const { stages } = idleBill(sixtyAgencies().templates, tariff)
    const shown = stages.filter(({ stage }) => isCentre(stage) || stage === 'test-agency-1')
    console.log(billLines({ stages: shown, unpriced }, 'mx-central-1', true).join('\n'))
    console.log(`idle: ${agency.toFixed(4)} USD × ${agencies} agencies, centre ${centre.toFixed(4)} USD`)
    expect(unpriced).toEqual([])
    expect(agencies).toBe(60)
    expect(agency).toBeLessThanOrEqual(1.2)
    expect(centre).toBeLessThanOrEqual(5)
  })

  test('nothing in production is without a price either', () => {
    expect(sums(twoAgencies().templates).unpriced).toEqual([])
  })

  test('free tiers are taken once for all: a second agency does not make the first dearer than its list price', () => {
    const one = sixtyAgencies().templates.filter(({ stage }) => stage === 'test-agency-1')
    const alone = idleBill(one, tariff).stages[0]?.usd ?? 0
    expect(alone).toBeLessThan(sums(sixtyAgencies().templates).agency)
    expect(alone).toBeGreaterThan(1)
  })

  test('a NAT gateway turns it red', () => {
    expect(sums(planted('AWS::EC2::NatGateway')).unpriced).toEqual(['test-agency-1: Planted (AWS::EC2::NatGateway)'])
  })

  test.each([
    ['AWS::Lambda::EventSourceMapping', {}],
    ['AWS::Lambda::Alias', { ProvisionedConcurrencyConfig: {} }],
    ['AWS::Lambda::Function', { VpcConfig: {} }],
    ['AWS::DynamoDB::Table', { BillingMode: 'PROVISIONED' }],
    ['AWS::ApiGateway::Stage', { CacheClusterEnabled: true }],
    ['AWS::Scheduler::Schedule', { ScheduleExpression: 'rate(1 minute)', Target: { Arn: { Ref: 'Nowhere' } } }],
    ['__proto__', {}],
    ['constructor', {}],
  ])('so does %s with %j', (type, properties) => {
    expect(sums(planted(type, properties)).unpriced).toHaveLength(1)
  })

  test('a second key or three more metrics in an alarm break the limit', () => {
    const each = (Type: string, Properties: object): readonly Synthesized[] =>
      sixtyAgencies().templates.map((made) =>
        isCentre(made.stage)
          ? made
          : { ...made, template: { Resources: { ...made.template.Resources, Planted: { Type, Properties } as never } } },
      )
    const metrics = [{ MetricStat: {} }, { MetricStat: {} }, { MetricStat: {} }, { Expression: 'a + b + c' }]
    expect(sums(each('AWS::KMS::Key', {})).agency).toBeGreaterThan(2)
    expect(sums(each('AWS::CloudWatch::Alarm', { Metrics: metrics })).agency).toBeGreaterThan(1.2)
  })

  test('a price row that is missing turns it red, and is named', () => {
    const file = JSON.parse(readFileSync(join(ROOT, 'src/metering/prices/aws-2026-11-23.json'), 'utf8')) as { prices: { id: string }[] }
    const read = readTariff({ ...file, prices: file.prices.filter(({ id }) => id !== 'kms.key') }, 'mx-central-1', AT)
    expect(read.ok ? '' : read.fault.detail).toContain('kms.key')
  })
})
