import type { Exchange } from './exchanges.ts'
import { agencyOf } from './exchanges.ts'
import type { Usd } from './money.ts'
import { centreBill, idleBill, type NamedSum, type Standing, storageBill } from './standing-costs.ts'
import type { Tariff } from './tariff.ts'
import type { KeyTier } from './usage.ts'

/** What an agency pays for a month whether it sent anything or not. `of`: its own node, its archive, or its part of the centre. */
export type SharedCharge = {
  readonly agency: string
  readonly of: 'node' | 'archive' | 'centre'
  readonly what: Standing
  readonly usd: Usd
  readonly estimated: boolean
}

/**
 * The rule, published in docs/costos.md: a node's standing costs are its agency's; its archive costs by the octets it holds; the centre's
 * are split equally among the agencies that have a node, and what does not divide falls on the first by name. Nothing is lost or added.
 * @param archivedBytes what each agency's archive holds at the end of the month
 */
export function sharedCharges(
  agencies: readonly string[],
  archivedBytes: ReadonlyMap<string, number>,
  tier: KeyTier,
  tariff: Tariff,
): readonly SharedCharge[] {
  const sorted = agencies.toSorted()
  const charge = (agency: string, of: SharedCharge['of'], { what, estimated }: NamedSum, usd: Usd) => ({ agency, of, what, usd, estimated })
  const node = idleBill(tariff, tier).lines
  const own = sorted.flatMap((agency) => [
    ...node.map((line) => charge(agency, 'node', line, line.usd)),
    ...storageBill(tariff, archivedBytes.get(agency) ?? 0).map((line) => charge(agency, 'archive', line, line.usd)),
  ])
  const centre = centreBill(tariff).flatMap((line) =>
    sorted.map((agency, index) => charge(agency, 'centre', line, split(line.usd, sorted.length, index))),
  )
  return [...own, ...centre]
}

/** An equal part; the first takes what is over. */
function split(usd: Usd, parts: number, index: number): Usd {
  const part = (usd / BigInt(parts)) as Usd
  return index === 0 ? ((usd - part * BigInt(parts - 1)) as Usd) : part
}

/** What each agency's archive holds of these exchanges, in octets of containers. */
export function archivedBytesOf(exchanges: readonly Exchange[]): ReadonlyMap<string, number> {
  const bytes = new Map<string, number>()
  for (const exchange of exchanges) {
    const agency = agencyOf(exchange)
    bytes.set(
      agency,
      exchange.records.reduce((sum, record) => sum + record.containerBytes, bytes.get(agency) ?? 0),
    )
  }
  return bytes
}
