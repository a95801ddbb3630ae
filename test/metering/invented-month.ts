import { type Instant, instant } from '../../src/base/clock.ts'
import type { Exchange } from '../../src/metering/exchanges.ts'
import { type Receipt, receiptOf } from '../../src/metering/receipt.ts'
import type { Tariff } from '../../src/metering/tariff.ts'
import { USUAL_TERMS } from '../../src/metering/usage.ts'
import { seeded } from '../campaign/seeded.ts'

export const NOVEMBER = instant(Date.UTC(2026, 10, 1))
export const agencyNamed = (n: number) => `QRO/GOB/DEP${String(n).padStart(2, '0')}`

/** One exchange on one side, sizes and times by chance. */
export function inventedExchange(
  random: ReturnType<typeof seeded>,
  consumer: number,
  provider: number,
  side: Exchange['side'],
  n: number,
): Exchange {
  const at = (NOVEMBER + random.below(30 * 86_400_000)) as Instant
  const record = (direction: 'request' | 'response') => ({
    identity: `${n}/${side}/${direction}`,
    direction,
    bytes: 9000 + random.below(20_000),
    containerBytes: 6000 + random.below(9000),
    position: 1 + (n % 100),
    sharedBy: 1 + random.below(400),
    evidence: `f${n % 100}.zip/${n}-${direction}.asice`,
  })
  const answered = random.chance(0.97)
  return {
    ...{
      requestId: `r${n}`,
      messageId: `QRO-${n}`,
      side,
      client: `${agencyNamed(consumer)}/CLIENTE`,
      service: `${agencyNamed(provider)}/DATOS/consulta${n % 3}`,
    },
    ...{ purpose: random.chance(0.8) ? `EXP-${n % 7}` : null, at, until: (at + 50 + random.below(900)) as Instant },
    ...{
      requestBytes: random.below(8000),
      responseBytes: answered ? random.below(16_000) : null,
      signatures: side === 'consumer' || answered ? 1 : 0,
    },
    records: answered ? [record('request'), record('response')] : [record('request')],
  }
}

/** A month of so many exchanges among so many agencies, both sides. */
export function inventedMonth(agencies: number, exchanges: number, tariff: Tariff, seed = 1): readonly Receipt[] {
  const random = seeded(seed)
  return Array.from({ length: exchanges }, (_, n) => {
    const consumer = random.below(agencies)
    const provider = (consumer + 1 + random.below(agencies - 1)) % agencies
    return (['consumer', 'provider'] as const).map((side) =>
      receiptOf(inventedExchange(random, consumer, provider, side, n), USUAL_TERMS, tariff),
    )
  }).flat()
}
