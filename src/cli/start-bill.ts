import { loadTariff } from '../adapters/local/price-file.ts'
import { type Instant, isoInstant } from '../base/clock.ts'
import { booksOf, type WorldBooks } from '../local/books.ts'
import type { StepResult } from '../local/scenario.ts'
import type { World } from '../local/world.ts'
import { add, exchanged, inUsd, NOTHING, sumOf, type Usd } from '../metering/money.ts'
import { refusalPrice } from '../metering/receipt.ts'
import { statementOf } from '../metering/statement.ts'
import type { Tariff } from '../metering/tariff.ts'
import { USUAL_TERMS } from '../metering/usage.ts'
import { type Io, inLanguage, type Language } from './io.ts'
import { tellFault } from './tell-fault.ts'

/** When a step ran. Steps run one after the other, so what lies between is its own. */
export type StepTime = {
  readonly id: string
  readonly from: Instant
  readonly to: Instant
  /** `code`: the door refused. */
  readonly facts?: StepResult['facts']
}
export type Bill = {
  readonly steps: readonly { readonly id: string; readonly exchanges: number; readonly usd: string }[]
  readonly messagesUsd: string
  readonly monthUsd: string
}

const REGION = 'us-east-1'

/**
 * What a scenario's steps would have cost in the cloud: the nodes seal what is kept, and the receipts of both sides are added up by step.
 * undefined, after saying why, when the books cannot be read.
 */
export async function billOf(
  world: World,
  steps: readonly StepTime[],
  at: Instant,
  io: Io,
): Promise<{ bill: Bill; lines: readonly string[] } | undefined> {
  for (const node of world.nodes.values()) while ((await node.archive()).more);
  const tariff = loadTariff(undefined, REGION, at)
  const books = tariff.ok ? await booksOf(world.file, tariff.value) : tariff
  if (!tariff.ok || !books.ok) {
    tellFault(books as Extract<typeof books, { ok: false }>, io)
    return undefined
  }
  const refusal = refusalPrice(USUAL_TERMS, tariff.value)
  const priced = steps.map((step) => ({ ...step, ...costOf(step, books.value, refusal) }))
  const statement = statementOf(books.value.receipts, books.value.shared, {
    ...{ month: isoInstant(at).slice(0, 7), agency: null, tariff: tariff.value, payerOf: (agency: string) => agency, at },
  })
  const messages = sumOf(priced.map(({ usd }) => usd))
  const bill = {
    steps: priced.map(({ id, exchanges, usd }) => ({ id, exchanges, usd: inUsd(usd, 12) })),
    messagesUsd: inUsd(messages, 12),
    monthUsd: inUsd(statement.usd, 12),
  }
  return { bill, lines: linesOf(priced, messages, statement.sharedUsd, tariff.value, io.lang) }
}

/** A refused call has no receipt; the gateway and the function are paid all the same. */
function costOf({ from, to, facts }: StepTime, { receipts }: WorldBooks, refusal: Usd): { exchanges: number; usd: Usd } {
  const own = receipts.filter(({ exchange }) => exchange.at >= from && exchange.at < to)
  return { exchanges: own.length, usd: add(sumOf(own.map(({ usd }) => usd)), facts?.code === undefined ? NOTHING : refusal) }
}

type Priced = StepTime & { readonly exchanges: number; readonly usd: Usd }

function linesOf(steps: readonly Priced[], messages: Usd, shared: Usd, tariff: Tariff, lang: Language): readonly string[] {
  const say = (es: string, en: string) => inLanguage({ es, en }, lang).replaceAll('\n', ' / ')
  const pesos = (usd: Usd, places: number) => inUsd(exchanged(usd, tariff.exchange.mxnPerUsd), places)
  const step = ({ id, exchanges, usd }: Priced) =>
    `  ${id.padStart(3)}  ${
      usd === NOTHING
        ? say('USD 0: no se envió nada', 'USD 0: nothing was sent')
        : `USD ${inUsd(usd, 9)} = MXN ${pesos(usd, 7)} · ${exchanges > 0 ? say(`${exchanges} recibos`, `${exchanges} receipts`) : say('rechazada en la puerta: nada se firmó ni se guardó', 'refused at the door: nothing was signed or kept')}`
    }`
  return [
    '',
    say(
      `La cuenta, como si corriera en la nube (precios de ${tariff.region} del ${tariff.dated}; aquí nadie la cobra):`,
      `The bill, as if it ran in the cloud (prices of ${tariff.region} of ${tariff.dated}; here nobody charges it):`,
    ),
    ...steps.map(step),
    `       ${say('suma', 'sum')}: USD ${inUsd(messages, 9)} = MXN ${pesos(messages, 7)}`,
    `       ${say('nodos y centro, al mes, se usen o no', 'nodes and centre, a month, used or not')}: USD ${inUsd(shared, 2)} = MXN ${pesos(shared, 2)}`,
    say(
      '       con tan poco tráfico cada mensaje paga solo su corrida del archivo; por millón: sacbe cost estimate',
      '       with so little traffic each message pays its archive run alone; per million: sacbe cost estimate',
    ),
  ]
}
