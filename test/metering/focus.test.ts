import { describe, expect, test } from 'vitest'
import { readCloudBill } from '../../src/metering/cloud-bill.ts'
import { readCsv, writeCsv } from '../../src/metering/csv.ts'
import { focusRows, focusTotal } from '../../src/metering/focus.ts'
import { focusNote, focusSchema, writeFocus } from '../../src/metering/focus-write.ts'
import { inUsd, type Usd } from '../../src/metering/money.ts'
import { reconcile } from '../../src/metering/reconcile.ts'
import { sharedCharges } from '../../src/metering/shared-costs.ts'
import { statementOf } from '../../src/metering/statement.ts'
import { agencyNamed, inventedMonth } from './invented-month.ts'
import { AT, tariffOf } from './prices.ts'

const TARIFF = tariffOf()
const receipts = inventedMonth(5, 300, TARIFF)
const shared = sharedCharges(
  Array.from({ length: 5 }, (_, n) => agencyNamed(n)),
  new Map(),
  'kms',
  TARIFF,
)
const rows = focusRows(receipts, shared, '2026-11', TARIFF, (agency) => agency)
const issuer = { name: 'Gobierno', month: '2026-11', region: 'us-east-1', regionName: 'us-east-1' }
const statement = statementOf(receipts, shared, { month: '2026-11', agency: null, tariff: TARIFF, payerOf: (agency) => agency, at: AT })

function table(version: '1.2' | '1.4') {
  const read = readCsv(writeFocus(rows, issuer, version))
  if (!read.ok) throw new Error(read.fault.detail)
  const [head = [], ...body] = read.value
  return { head, body: body.map((row) => Object.fromEntries(head.map((name, index) => [name, row[index] as string]))) }
}

describe('the charge-back as FOCUS', () => {
  test('comes to what the receipts come to, to 1e-9 USD', () => {
    const apart = focusTotal(rows) - statement.usd
    expect(apart < 0n ? -apart : apart).toBeLessThan(10n ** 9n)
  })
  test('has unit price × quantity = cost in every row, exactly', () => {
    for (const row of rows) {
      const twice = 2n * row.unitPrice * row.quantity
      const off = twice - 2n * row.cost * 10n ** 12n
      expect(off <= 10n ** 12n && off >= -(10n ** 12n)).toBe(true)
    }
  })
  test('counts each exchange once on each side in every price of it', () =>
    expect(rows.filter(({ sku }) => sku === 'invocation:lambda.req').reduce((sum, { exchanges }) => sum + exchanges, 0)).toBe(600))
  test('has the names of its version and no other’s', () => {
    expect(table('1.2').head).toEqual(expect.arrayContaining(['ProviderName', 'PublisherName', 'BilledCost', 'SkuPriceId', 'InvoiceId']))
    expect(table('1.2').head).not.toContain('HostProviderName')
    expect(table('1.4').head).toEqual(expect.arrayContaining(['ServiceProviderName', 'HostProviderName']))
    expect(table('1.4').head).not.toContain('ProviderName')
    expect([focusNote('1.2'), focusNote('1.4')]).toEqual([null, expect.stringMatching(/provisional.*validated by nothing/)])
    expect(focusSchema('1.4', '2026-11-24T00:00:00Z')).toMatchObject({ FocusVersion: '1.4', Note: expect.stringMatching(/provisional/) })
  })
  test('writes plain numbers, UTC times with an exclusive end, and nothing where there is nothing', () => {
    for (const row of table('1.2').body) {
      for (const name of ['BilledCost', 'ListUnitPrice', 'PricingQuantity']) expect(row[name]).toMatch(/^\d+(\.\d+)?$/)
      expect(row).toMatchObject({
        BillingPeriodStart: '2026-11-01T00:00:00Z',
        BillingPeriodEnd: '2026-12-01T00:00:00Z',
        ChargeClass: '',
        BillingCurrency: 'USD',
      })
      expect(Date.parse(row.ChargePeriodEnd as string)).toBeGreaterThan(Date.parse(row.ChargePeriodStart as string))
      expect(JSON.parse(row.Tags as string)).toHaveProperty('agency')
    }
  })
})

const bill = (
  rows: readonly (readonly string[])[],
  head = ['x_UsageType', 'ListCost', 'BilledCost', 'BillingCurrency', 'ChargeCategory', 'ChargePeriodStart', 'x_ServiceCode'],
) => writeCsv([head, ...rows], false)
const row = (usage: string, list: string, service: string, category = 'Usage') => [
  usage,
  list,
  list,
  'USD',
  category,
  '2026-11-03T00:00:00Z',
  service,
]

describe('the cloud’s own bill', () => {
  test('is read in any order of columns, exponents and all', () => {
    const read = readCloudBill(bill([row('USE1-Request', '1.5E-7', 'AWSLambda'), row('x', '2', 'y')]))
    expect(read).toMatchObject({
      ok: true,
      value: [{ serviceCode: 'AWSLambda', listCost: 150_000_000_000n }, { listCost: 2n * 10n ** 18n }],
    })
    for (const [text, sum] of [
      ['1e2', '100'],
      ['12.5e1', '125'],
      ['-0.5', '-0.5'],
      ['0', '0'],
      ['1.25E-3', '0.00125'],
    ] as const) {
      const one = readCloudBill(bill([row('a', text, 'b')]))
      expect(one.ok && inUsd(one.value[0]?.listCost as Usd, 5), text).toBe(Number(sum).toFixed(5))
    }
  })
  const HEAD = ['x_UsageType', 'ListCost', 'BilledCost', 'BillingCurrency', 'ChargeCategory', 'ChargePeriodStart', 'x_ServiceCode']
  const good = row('a', '1', 'b')
  const bad: [string, string, RegExp][] = [
    ['without a column', bill([], HEAD.slice(1)), /column x_UsageType is missing/],
    ['with an unknown column', bill([], [...HEAD, 'Kosten']), /column Kosten is unknown/],
    ['with a column twice', bill([], [...HEAD, 'ListCost']), /column ListCost stands twice/],
    ['in pesos', bill([good.with(3, 'MXN')]), /row 2: BillingCurrency is "MXN", not USD/],
    ['with a sum that is none', bill([good, good.with(1, '1,5')]), /row 3: ListCost is no decimal/],
    ['with an unknown kind of charge', bill([good.with(4, 'Gift')]), /row 2: ChargeCategory is "Gift"/],
    ['with a time that is none', bill([good.with(5, 'yesterday')]), /row 2: ChargePeriodStart/],
    ['with a row cut short', `${bill([good])}a,b\r\n`, /row 3 has 2 cells, the first has 7/],
    ['with a quote that does not end', `${bill([good])}"a,b\r\n`, /row 3: a quote/],
    ['that is empty', '', /column BilledCost is missing/],
  ]
  for (const [name, text, why] of bad)
    test(`${name} is refused by name`, () =>
      expect(readCloudBill(text)).toMatchObject({ ok: false, fault: { path: ['invalid_bill'], detail: expect.stringMatching(why) } }))
})

describe('putting both bills side by side', () => {
  const charges = readCloudBill(
    bill([
      row('USE1-ApiGatewayRequest', '0.001', 'AmazonApiGateway'),
      row('USE1-Lambda-GB-Second-ARM', '0.002', 'AWSLambda'),
      row('MXC1-Request-ARM', '0.003', 'AWSLambda'),
      row('USE1-KMS-Requests-Asymmetric-RSA_2048', '0.004', 'awskms'),
      row('USE1-KMS-Keys', '5', 'awskms'),
      row('USE1-Requests-Tier1', '0.005', 'AmazonS3'),
      row('USE1-DataTransfer-Out-Bytes', '0.006', 'AmazonApiGateway'),
      row('USE1-NatGateway-Hours', '32.85', 'AmazonEC2'),
      row('', '0.5', '', 'Tax'),
      row('', '-3', '', 'Credit'),
    ]),
  )
  const lines = reconcile(statement, charges.ok ? charges.value : [])
  const find = (line: string) => lines.find((each) => each.line === line)
  test('loses nothing of either', () => {
    expect(lines.reduce((sum, { ours }) => sum + ours, 0n)).toBe(statement.usd)
    expect(lines.reduce((sum, { list }) => sum + list, 0n)).toBe(35_371n * 10n ** 15n)
    for (const { ours, list, difference } of lines) expect(list - ours).toBe(difference)
  })
  test('shows what the cloud charges and we know nothing of, by the cloud’s name', () =>
    expect(find('cloud: AmazonEC2 USE1-NatGateway-Hours')).toMatchObject({ ours: 0n, percent: null, difference: 32_850n * 10n ** 15n }))
  test('knows each of our lines in the cloud’s names', () => {
    for (const [line, list] of [
      ['gateway', 1n],
      ['compute', 2n],
      ['requests', 3n],
      ['signatures', 4n],
      ['keys', 5000n],
      ['objects', 5n],
      ['transfer', 6n],
    ] as const)
      expect(find(line)?.list, line).toBe(list * 10n ** 15n)
    expect([find('tax')?.list, find('credit')?.list]).toEqual([5n * 10n ** 17n, -3n * 10n ** 18n])
  })
})
