import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { instant } from '../../src/base/clock.ts'
import { readTariff, type Tariff } from '../../src/metering/tariff.ts'

export const PRICE_FILE = join(import.meta.dirname, '../../src/metering/prices/aws-2026-11-23.json')
export const AT = instant(Date.parse('2026-11-24T12:00:00Z'))

type Content = Record<string, unknown> & {
  prices: Record<string, unknown>[]
  regions: Record<string, Record<string, unknown>>
  exchangeRate: Record<string, unknown>
}
/** A fresh copy of the file, to spoil. */
export const content = (): Content => JSON.parse(readFileSync(PRICE_FILE, 'utf8')) as Content

export function tariffOf(region = 'us-east-1'): Tariff {
  const tariff = readTariff(content(), region, AT)
  if (!tariff.ok) throw new Error(tariff.fault.detail)
  return tariff.value
}
