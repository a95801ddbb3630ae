import { isoInstant } from '../base/clock.ts'
import { exchanged, inUsd } from '../metering/money.ts'
import type { Receipt } from '../metering/receipt.ts'
import { receiptJson } from '../metering/receipt-json.ts'
import type { Tariff } from '../metering/tariff.ts'
import { ITEM_WORDS } from '../metering/words.ts'
import { pricedWorld, type WorldCost } from './cost-world.ts'
import { EXIT, type Io, inLanguage } from './io.ts'

export type ReceiptOptions = WorldCost & { readonly id: string; readonly json: boolean }

/** `sacbe cost receipt ID`: what one exchange cost each side, line by line, and where its evidence is. ID: of the message, or of the request. */
export async function costReceipt(options: ReceiptOptions, io: Io): Promise<number> {
  const priced = await pricedWorld(options, io)
  if (!priced.ok) return priced.fault
  const { books, tariff } = priced.value
  const found = books.receipts.filter(({ exchange }) => exchange.messageId === options.id || exchange.requestId === options.id)
  if (found.length === 0) {
    io.err(
      inLanguage(
        {
          es: `No hay recibo de ${options.id}; si es reciente, espere a que se archive.`,
          en: `There is no receipt of ${options.id}; if it is recent, wait until it is archived.`,
        },
        io.lang,
      ),
    )
    return EXIT.no
  }
  for (const receipt of found)
    for (const line of options.json ? [JSON.stringify(receiptJson(receipt, tariff))] : receiptLines(receipt, tariff, io)) io.out(line)
  return EXIT.ok
}

function receiptLines(
  { exchange, agency, lines, usd, node }: Receipt & { readonly node: string },
  tariff: Tariff,
  io: Io,
): readonly string[] {
  const say = (words: { es: string; en: string }) => inLanguage(words, io.lang).replaceAll('\n', ' / ')
  const share = (part: bigint) => (usd === 0n ? '' : `${((Number(part) / Number(usd)) * 100).toFixed(1).padStart(6)} %`)
  return [
    `${node} · ${agency} · ${exchange.side} · ${isoInstant(exchange.at)} · ${exchange.purpose ?? '–'}`,
    `${exchange.messageId} · ${exchange.service}`,
    ...lines.map(
      ({ item, usd: sum, estimated }) =>
        `  ${say(ITEM_WORDS[item]).padEnd(46)} ${inUsd(sum, 9).padStart(13)} ${share(sum)}${estimated ? ' ≈' : ''}`,
    ),
    `  ${say({ es: 'TOTAL USD', en: 'TOTAL USD' }).padEnd(46)} ${inUsd(usd, 9).padStart(13)}`,
    say({
      es: `  MXN ${inUsd(exchanged(usd, tariff.exchange.mxnPerUsd), 9)} · precios de ${tariff.region} del ${tariff.dated}, como si el nodo estuviera en la nube`,
      en: `  MXN ${inUsd(exchanged(usd, tariff.exchange.mxnPerUsd), 9)} · prices of ${tariff.region} of ${tariff.dated}, as if the node ran in the cloud`,
    }),
    ...exchange.records.map(({ direction, evidence }) => `  ${direction}: ${evidence}`),
    '',
  ]
}
