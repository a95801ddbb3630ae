import type { Instant } from '../../src/base/clock.ts'
import content from '../../src/metering/prices/aws-2026-11-23.json' with { type: 'json' }
import { readTariff, type Tariff } from '../../src/metering/tariff.ts'
import type { Outcome } from '../../src/protocol/faults.ts'

/** The prices that come with the program, for the Region this runs in. */
export const pricesHere = (region: string, at: Instant): Outcome<Tariff> => readTariff(content, region, at)
