import { writeFileSync } from 'node:fs'
import { loadTariff } from '../adapters/local/price-file.ts'
import { type Instant, instant } from '../base/clock.ts'
import { ok, type Result } from '../base/result.ts'
import { booksOf, type WorldBooks } from '../local/books.ts'
import { readWorldFile, type WorldFile } from '../local/world-file.ts'
import { mustBeFresh, type Tariff } from '../metering/tariff.ts'
import type { KeyTier } from '../metering/usage.ts'
import { EXIT, type Io, inLanguage, tell } from './io.ts'
import { tellFault } from './tell-fault.ts'

/** What every command about a world's costs is told. */
export type WorldCost = {
  readonly home: string
  readonly region: string
  readonly tier: KeyTier
  readonly prices?: string
  readonly stalePrices: boolean
}
export type Priced = { readonly world: WorldFile; readonly tariff: Tariff; readonly books: WorldBooks; readonly at: Instant }

/** The world's books, priced. Refused, after saying why: the exit code. */
export async function pricedWorld({ home, region, tier, prices, stalePrices }: WorldCost, io: Io): Promise<Result<Priced, number>> {
  const at = instant(Date.now())
  const world = readWorldFile(home)
  if (!world.ok) return { ok: false, fault: tell(world, io) }
  const read = loadTariff(prices, region, at)
  const tariff = read.ok && !stalePrices ? mustBeFresh(read.value) : read
  if (!tariff.ok) return { ok: false, fault: tellFault(tariff, io) }
  const books = await booksOf(world.value, tariff.value, tier)
  if (!books.ok) return { ok: false, fault: tellFault(books, io) }
  return ok({ world: world.value, tariff: tariff.value, books: books.value, at })
}

/** To a file, or to standard output. */
export function deliver(text: string, out: string | undefined, io: Io): number {
  if (out === undefined) io.out(text.replace(/\r?\n$/, ''))
  else {
    writeFileSync(out, text)
    io.err(inLanguage({ es: `Se escribió ${out}.`, en: `Wrote ${out}.` }, io.lang))
  }
  return EXIT.ok
}
