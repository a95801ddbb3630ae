import { describe, expect, test } from 'vitest'
import { DAY, later } from '../../src/base/clock.ts'
import { add, exchanged, inUsd, less, NOTHING, readUsd, sumOf, times, type Usd } from '../../src/metering/money.ts'
import { mustBeFresh, priceOf, readTariff } from '../../src/metering/tariff.ts'
import { priceOfMonth } from '../../src/metering/tiers.ts'
import { AT, content, tariffOf } from './prices.ts'

const usd = (text: string) => readUsd(text) as Usd

describe('money', () => {
  test('is exact: a million times a price is the price of a million', () => {
    expect(sumOf(Array.from({ length: 1_000_000 }, () => usd('0.0000133334')))).toBe(usd('13.3334'))
  })
  test('reads plain decimals and nothing else', () => {
    for (const bad of ['', '.5', '1e-6', '1,000', '+1', ' 1', '1.', '0.0000000000000000001', 'NaN'])
      expect(readUsd(bad), bad).toBeUndefined()
    expect(inUsd(usd('-0.5'), 2)).toBe('-0.50')
  })
  test('is written without exponent, and rounds half up', () => {
    expect(inUsd(usd('0.0000000004'), 9)).toBe('0.000000000')
    expect(inUsd(usd('0.0000000005'), 9)).toBe('0.000000001')
    expect(inUsd(usd('-0.0000000004'), 9)).toBe('0.000000000')
    expect(inUsd(usd('12.5'), 0)).toBe('13')
  })
  test('shares, sums and changes currency', () => {
    expect(times(usd('1'), 1, 3)).toBe(333333333333333333n)
    expect(less(add(usd('2'), usd('3')), usd('5'))).toBe(NOTHING)
    expect(inUsd(exchanged(usd('2'), usd('18.50')), 2)).toBe('37.00')
    expect(inUsd(exchanged(usd('-2'), usd('18.50')), 2)).toBe('-37.00')
  })
})

describe('a price file', () => {
  type Spoil = (file: ReturnType<typeof content>) => unknown
  const row = (file: ReturnType<typeof content>, id: string) => file.prices.find((each) => each.id === id) as Record<string, unknown>
  const bad: [string, Spoil, RegExp][] = [
    ['a missing row', (file) => file.prices.splice(file.prices.indexOf(row(file, 'lambda.req')), 1), /row lambda\.req is missing/],
    ['a negative price', (file) => (row(file, 'kms.key').usd = '-1'), /\(kms\.key\): usd is negative/],
    ['a price that is a float', (file) => (row(file, 'kms.key').usd = 1), /\(kms\.key\): usd is not a decimal/],
    ['a price with an exponent', (file) => (row(file, 's3.put').usd = '5e-6'), /\(s3\.put\): usd is not a decimal/],
    [
      'an unknown row',
      (file) => file.prices.push({ ...row(file, 'kms.key'), id: 'kms.keys' }),
      /\(kms\.keys\): no price of that name is known/,
    ],
    ['a row twice', (file) => file.prices.push({ ...row(file, 'kms.key') }), /kms\.key of us-east-1 stands twice/],
    ['another unit', (file) => (row(file, 'cwl.std').unit = 'MB'), /\(cwl\.std\): its unit is MB, not GB/],
    ['an unknown field', (file) => (row(file, 'cwl.std').eur = '1'), /\(cwl\.std\): unknown field eur/],
    ['a row without its source', (file) => delete row(file, 'sqs.std.t1').source, /\(sqs\.std\.t1\): source is missing/],
    ['an unknown confidence', (file) => (row(file, 'sqs.std.t1').confidence = 'sure'), /\(sqs\.std\.t1\): confidence/],
    ['a tier that ends before it begins', (file) => (row(file, 'sqs.std.t2').to = 1), /\(sqs\.std\.t2\): from and to/],
    ['a date that is none', (file) => (row(file, 'kms.key').checked = 'ayer'), /\(kms\.key\): checked/],
    ['a row that is no object', (file) => file.prices.push('x' as never), /row 44 \(undefined\)/],
    ['another currency', (file) => (file.currency = 'MXN'), /currency: USD is wanted, not MXN/],
    ['no rate', (file) => (file.exchangeRate.mxnPerUsd = '0'), /exchangeRate\.mxnPerUsd/],
    ['a multiplier of nothing', (file) => ((file.regions['us-east-1'] as Record<string, unknown>).multiplier = '0'), /multiplier/],
    ['no list', (file) => (file.prices = {} as never), /lacks/],
  ]
  for (const [name, spoil, why] of bad)
    test(`with ${name} is refused by name`, () => {
      const file = content()
      spoil(file)
      const tariff = readTariff(file, 'us-east-1', AT)
      expect(tariff).toMatchObject({ ok: false, fault: { path: ['invalid_tariff'], detail: expect.stringMatching(why) } })
    })
  test('of no such Region is refused, naming those there are', () =>
    expect(readTariff(content(), 'constructor', AT)).toMatchObject({
      ok: false,
      fault: { detail: expect.stringMatching(/us-east-1, mx-central-1/) },
    }))

  test('that is stale still estimates and says so, but makes no bill', () => {
    const tariff = readTariff(content(), 'us-east-1', later(AT, 181 * DAY))
    if (!tariff.ok) throw new Error(tariff.fault.detail)
    expect(tariff.value.stale).toContain('lambda.req')
    expect(mustBeFresh(tariff.value)).toMatchObject({ ok: false, fault: { detail: expect.stringMatching(/stale.*apigw\.http\.req\.t1/) } })
    expect(mustBeFresh(tariffOf()).ok).toBe(true)
  })
  test('may have one stale row, and the bill is refused by its name', () => {
    const file = content()
    row(file, 'kms.key').checked = '2025-01-01'
    const tariff = readTariff(file, 'us-east-1', AT)
    expect(tariff.ok && mustBeFresh(tariff.value)).toMatchObject({ ok: false, fault: { detail: expect.stringMatching(/: row kms\.key$/) } })
  })
  test('gives Mexico estimates, all marked, and its own price where it has one', () => {
    const mexico = tariffOf('mx-central-1')
    expect(priceOf(mexico, 'lambda.req')).toMatchObject({ estimated: true, usd: usd('0.00000021') })
    expect(priceOf(mexico, 'kms.key')).toMatchObject({ estimated: true, usd: usd('1') })
    expect(priceOf(mexico, 's3.put')).toMatchObject({ estimated: false, usd: usd('0.00000525') })
    expect(mexico.unknown).toContain('API Gateway')
  })
})

describe('tiers', () => {
  test('are taken one after the other', () => {
    const month = (requests: bigint) => inUsd(priceOfMonth(tariffOf(), 'apigw.rest.req.t1', requests, 1n), 2)
    expect([month(0n), month(1_000_000n), month(333_000_000n)]).toEqual(['0.00', '3.50', '1165.50'])
    expect(month(1_000_000_000n)).toBe('3033.10')
    expect(month(30_000_000_000n)).toBe(`${(1165.5 + 667 * 2.8 + 19_000 * 2.38 + 10_000 * 1.51).toFixed(2)}`)
  })
  test('of quantities that are fractions too', () =>
    expect(inUsd(priceOfMonth(tariffOf(), 'lambda.arm.t1', 1_024_000n * 8_000_000_000n, 1_024_000n), 3)).toBe(
      (7.5e9 * 0.0000133334 + 0.5e9 * 0.0000120001).toFixed(3),
    ))
})
