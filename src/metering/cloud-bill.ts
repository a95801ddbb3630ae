import { ok } from '../base/result.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { readCsv } from './csv.ts'
import { readUsd, type Usd } from './money.ts'

/** One charge of the cloud's own bill. */
export type CloudCharge = {
  readonly category: 'Usage' | 'Purchase' | 'Tax' | 'Credit' | 'Adjustment'
  readonly from: string
  /** AWS's own names: 'AWSLambda', 'USE1-Lambda-GB-Second-ARM'. */
  readonly serviceCode: string
  readonly usageType: string
  readonly listCost: Usd
  readonly billedCost: Usd
}

/** Without these no line can be put beside ours. */
const NEEDED = ['BilledCost', 'BillingCurrency', 'ChargeCategory', 'ChargePeriodStart', 'ListCost', 'x_ServiceCode', 'x_UsageType'] as const
/** The columns of FOCUS 1.0 to 1.2. Whatever begins with x_ is the exporter's own and is taken as it comes. */
const KNOWN = new Set(
  (
    'AvailabilityZone BilledCost BillingAccountId BillingAccountName BillingAccountType BillingCurrency BillingPeriodEnd BillingPeriodStart CapacityReservationId ' +
    'CapacityReservationStatus ChargeCategory ChargeClass ChargeDescription ChargeFrequency ChargePeriodEnd ChargePeriodStart CommitmentDiscountCategory ' +
    'CommitmentDiscountId CommitmentDiscountName CommitmentDiscountQuantity CommitmentDiscountStatus CommitmentDiscountType CommitmentDiscountUnit ConsumedQuantity ' +
    'ConsumedUnit ContractedCost ContractedUnitPrice EffectiveCost InvoiceId InvoiceIssuerName ListCost ListUnitPrice PricingCategory PricingCurrency ' +
    'PricingCurrencyContractedUnitPrice PricingCurrencyEffectiveCost PricingCurrencyListUnitPrice PricingQuantity PricingUnit ProviderName PublisherName RegionId ' +
    'RegionName ResourceId ResourceName ResourceType ServiceCategory ServiceName ServiceSubcategory SkuId SkuMeter SkuPriceDetails SkuPriceId SubAccountId ' +
    'SubAccountName SubAccountType Tags'
  ).split(' '),
)
const CATEGORIES = ['Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment']

/**
 * Reads an AWS FOCUS export (CSV, any order of columns).
 * Refuses with 'invalid_bill', naming it: a column that is missing, unknown or twice, another currency, a sum that is no number.
 */
export function readCloudBill(text: string): Outcome<readonly CloudCharge[]> {
  const rows = readCsv(text)
  if (!rows.ok) return rows
  const [head = [], ...body] = rows.value
  const wrong = wrongColumn(head)
  if (wrong) return refuse('invalid_bill', wrong)
  const place = new Map(head.map((name, index) => [name, index]))
  const charges: CloudCharge[] = []
  for (const [index, row] of body.entries()) {
    const charge = readCharge((name) => row[place.get(name) as number] ?? '')
    if (!charge.ok) return refuse('invalid_bill', `row ${index + 2}: ${charge.fault.detail}`)
    charges.push(charge.value)
  }
  return ok(charges)
}

function wrongColumn(head: readonly string[]): string | undefined {
  const missing = NEEDED.find((name) => !head.includes(name))
  if (missing) return `column ${missing} is missing`
  const unknown = head.find((name) => !KNOWN.has(name) && !name.startsWith('x_'))
  if (unknown !== undefined) return `column ${unknown.slice(0, 60)} is unknown`
  const twice = head.find((name, index) => head.indexOf(name) !== index)
  return twice && `column ${twice} stands twice`
}

function readCharge(cell: (name: string) => string): Outcome<CloudCharge> {
  const no = (why: string) => refuse('invalid_bill', why)
  const category = cell('ChargeCategory')
  if (!CATEGORIES.includes(category)) return no(`ChargeCategory is "${category.slice(0, 40)}"`)
  if (cell('BillingCurrency') !== 'USD') return no(`BillingCurrency is "${cell('BillingCurrency').slice(0, 10)}", not USD`)
  const [listCost, billedCost] = [decimal(cell('ListCost')), decimal(cell('BilledCost'))]
  if (listCost === undefined) return no('ListCost is no decimal number')
  if (billedCost === undefined) return no('BilledCost is no decimal number')
  const from = cell('ChargePeriodStart')
  if (!/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d/.test(from)) return no('ChargePeriodStart is no time')
  return ok({ category, from, serviceCode: cell('x_ServiceCode'), usageType: cell('x_UsageType'), listCost, billedCost } as CloudCharge)
}

/** Plain, or with an exponent as AWS writes small sums; finer than 1e-18 is cut off. */
function decimal(text: string): Usd | undefined {
  const [, sign = '', whole, fraction = '', exponent = '0'] = /^(-?)(\d{1,15})(?:\.(\d{1,40}))?(?:[eE]([+-]?\d{1,2}))?$/.exec(text) ?? []
  if (whole === undefined) return undefined
  const shift = Number(exponent)
  const digits = `${'0'.repeat(Math.max(0, -shift))}${whole}${fraction}${'0'.repeat(Math.max(0, shift))}`
  const point = shift > 0 ? whole.length + shift : whole.length
  return readUsd(`${sign}${digits.slice(0, point).replace(/^0+(?=\d)/, '') || '0'}.${`${digits.slice(point)}0`.slice(0, 18)}`)
}
