import { isoInstant } from '../base/clock.ts'
import { exchanged, inUsd } from './money.ts'
import type { Receipt } from './receipt.ts'
import type { Tariff } from './tariff.ts'

/** A receipt as JSON: sums are decimal strings in USD, and the total in pesos too. */
export function receiptJson(receipt: Receipt & { readonly node?: string }, tariff: Tariff): object {
  const { exchange, lines, usd, agency, counterparty, time, node } = receipt
  return {
    ...(node === undefined ? {} : { node }),
    ...{
      messageId: exchange.messageId,
      requestId: exchange.requestId,
      side: exchange.side,
      agency,
      counterparty,
      service: exchange.service,
    },
    purpose: exchange.purpose,
    at: isoInstant(exchange.at),
    time,
    prices: { dated: tariff.dated, region: tariff.region },
    lines: lines.map(({ item, price, quantity, per, usd: sum, estimated }) => ({
      item,
      price,
      quantity,
      per,
      usd: inUsd(sum, 15),
      estimated,
    })),
    usd: inUsd(usd, 15),
    mxn: inUsd(exchanged(usd, tariff.exchange.mxnPerUsd), 12),
    evidence: exchange.records.map(({ identity, evidence }) => ({ identity, evidence })),
  }
}
