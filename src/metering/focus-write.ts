import { isoInstant } from '../base/clock.ts'
import { writeCsv } from './csv.ts'
import { type FocusRow, periodOf, plainQuantity } from './focus.ts'
import { inUsd, type Usd } from './money.ts'

/** Who issues the charge-back, for which month. */
export type FocusIssuer = { readonly name: string; readonly month: string; readonly region: string; readonly regionName: string }
export type FocusVersion = '1.2' | '1.4'
type Columns = readonly (readonly [name: string, value: (row: FocusRow, issuer: FocusIssuer) => string])[]

const money = (usd: Usd): string => inUsd(usd, 18).replace(/\.?0+$/, '') || '0'
const billing = ({ month }: FocusIssuer) => periodOf(month)
/** What a version calls nothing is an empty cell: null, never a word for it. */
const NULL = () => ''

/** Columns of both versions, in the order of their names. */
const COMMON: Columns = [
  ['BilledCost', ({ cost }) => money(cost)],
  ['BillingAccountId', ({ payer }) => payer],
  ['BillingAccountName', ({ payer }) => payer],
  ['BillingCurrency', () => 'USD'],
  ['BillingPeriodEnd', (_, issuer) => isoInstant(billing(issuer).to)],
  ['BillingPeriodStart', (_, issuer) => isoInstant(billing(issuer).from)],
  ['ChargeCategory', () => 'Usage'],
  ['ChargeClass', NULL],
  ['ChargeDescription', ({ sku, service }) => (service === null ? sku : `${sku} ${service}`)],
  ['ChargeFrequency', ({ service }) => (service === null ? 'Recurring' : 'Usage-Based')],
  ['ChargePeriodEnd', ({ to }) => isoInstant(to)],
  ['ChargePeriodStart', ({ from }) => isoInstant(from)],
  ['CommitmentDiscountStatus', NULL],
  ['ConsumedQuantity', ({ quantity }) => plainQuantity(quantity)],
  ['ConsumedUnit', ({ unit }) => unit],
  ['ContractedCost', ({ cost }) => money(cost)],
  ['ContractedUnitPrice', ({ unitPrice }) => money(unitPrice)],
  ['EffectiveCost', ({ cost }) => money(cost)],
  ['InvoiceId', ({ payer }, { month }) => `${month}:${payer}`],
  ['InvoiceIssuerName', (_, { name }) => name],
  ['ListCost', ({ cost }) => money(cost)],
  ['ListUnitPrice', ({ unitPrice }) => money(unitPrice)],
  ['PricingCurrency', () => 'USD'],
  ['PricingCurrencyContractedUnitPrice', ({ unitPrice }) => money(unitPrice)],
  ['PricingCurrencyEffectiveCost', ({ cost }) => money(cost)],
  ['PricingCurrencyListUnitPrice', ({ unitPrice }) => money(unitPrice)],
  ['PricingQuantity', ({ quantity }) => plainQuantity(quantity)],
  ['PricingUnit', ({ unit }) => unit],
  ['RegionId', (_, { region }) => region],
  ['RegionName', (_, { regionName }) => regionName],
  ['ServiceCategory', () => 'Integration'],
  ['ServiceName', () => 'Data exchange'],
  ['ServiceSubcategory', () => 'API Management'],
  ['SkuId', ({ sku }) => sku],
  ['SkuMeter', ({ sku }) => sku.split(':')[0] as string],
  ['SkuPriceDetails', NULL],
  ['SkuPriceId', ({ sku }) => `${sku}:list`],
  ['SubAccountId', ({ subsystem }) => subsystem],
  ['SubAccountName', ({ subsystem }) => subsystem],
  ['SubAccountType', ({ subsystem, agency }) => (subsystem === agency ? 'Member' : 'Subsystem')],
  ['Tags', ({ agency, counterparty }) => JSON.stringify({ agency, ...(counterparty === null ? {} : { counterparty }) })],
]
/** 1.2 knows a provider and a publisher; 1.4 knows who provides the service and who hosts it. Neither may stand in the other's file. */
const OWN: Readonly<Record<FocusVersion, Columns>> = {
  '1.2': [
    ['ProviderName', (_, { name }) => name],
    ['PublisherName', (_, { name }) => name],
  ],
  '1.4': [
    ['HostProviderName', () => 'AWS'],
    ['ServiceProviderName', (_, { name }) => name],
  ],
}
/** What the versions do not define stands after what they do. */
const CUSTOM: Columns = [
  ['x_Exchanges', ({ exchanges }) => String(exchanges)],
  ['x_XRoadServiceId', ({ service }) => service ?? ''],
]

/** 1.4 is written after its working draft; no validator has seen it, and `focusNote` says so. */
export const focusNote = (version: FocusVersion): string | null =>
  version === '1.4' ? 'provisional: written after a working draft of FOCUS 1.4 and validated by nothing' : null

/** The rows as a FOCUS CSV file. */
export function writeFocus(rows: readonly FocusRow[], issuer: FocusIssuer, version: FocusVersion): string {
  const columns = columnsOf(version)
  return writeCsv([columns.map(([name]) => name), ...rows.map((row) => columns.map(([, value]) => value(row, issuer)))], false)
}

const columnsOf = (version: FocusVersion): Columns => [...[...COMMON, ...OWN[version]].sort(([a], [b]) => (a < b ? -1 : 1)), ...CUSTOM]

/** The schema that a reader fetches beside the data. Source: FOCUS 1.2, "Metadata". */
export function focusSchema(version: FocusVersion, created: string): object {
  const types = (name: string) =>
    /Cost$|Price$|Quantity$|^x_Exchanges$/.test(name)
      ? 'DECIMAL'
      : /Period(Start|End)$/.test(name)
        ? 'DATETIME'
        : /^Tags$|Details$/.test(name)
          ? 'JSON'
          : 'STRING'
  return {
    SchemaId: `sacbe-focus-${version}-1`,
    CreationDate: created,
    FocusVersion: version,
    DataGeneratorVersion: '1',
    ...(focusNote(version) === null ? {} : { Note: focusNote(version) }),
    ColumnDefinition: columnsOf(version).map(([name]) => ({ ColumnName: name, DataType: types(name) })),
  }
}
