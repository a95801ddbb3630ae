import { exchanged, inUsd, type Usd } from '../metering/money.ts'
import { isEstimated, type Tariff } from '../metering/tariff.ts'
import { ASSUMED, ownMs } from '../metering/usage.ts'
import type { Estimate, Sensitivity } from '../metering/what-if.ts'
import type { Words } from '../metering/words.ts'
import { ITEM_WORDS, SENSITIVITY_WORDS, SERVER_WORDS, STANDING_WORDS, WEAKER } from '../metering/words.ts'
import { inLanguage, type Language } from './io.ts'

/** The estimate for people: the table, what it rests on, what is easily forgotten, and where servers win. */
export function estimateLines(answer: Estimate, tariff: Tariff, lang: Language): readonly string[] {
  const say = (es: string, en: string) => inLanguage({ es, en }, lang).replaceAll('\n', ' / ')
  const { asked, perMillion, perMonth, idle } = answer
  const pesos = (usd: Usd) => `USD ${inUsd(usd, 2)} = MXN ${inUsd(exchanged(usd, tariff.exchange.mxnPerUsd), 2)}`
  return [
    say(
      `Precios de lista de ${tariff.region} del ${tariff.dated}; tipo de cambio ${inUsd(tariff.exchange.mxnPerUsd, 2)} del ${tariff.exchange.dated}`,
      `List prices of ${tariff.region} of ${tariff.dated}; exchange rate ${inUsd(tariff.exchange.mxnPerUsd, 2)} of ${tariff.exchange.dated}`,
    ),
    say(
      'El nivel gratuito de la nube no se descuenta: es de la organización, no del mensaje.',
      'Free tiers of the cloud are not deducted: they belong to the organization, not to a message.',
    ),
    ...caveats(tariff, say),
    '',
    say(
      `Por millón de intercambios, ${asked.requestBytes} B de ida y ${asked.responseBytes} B de vuelta, USD (consumidor, proveedor, suma)`,
      `Per million exchanges, ${asked.requestBytes} B asked and ${asked.responseBytes} B answered, USD (consumer, provider, sum)`,
    ),
    ...perMillion.lines.map((line) => moneyRow(line, ITEM_WORDS[line.item], lang)),
    moneyRow(
      { ...sides(perMillion.lines), usd: perMillion.total, estimated: false },
      { es: 'TOTAL a precio de lista', en: 'TOTAL at list price' },
      lang,
    ),
    moneyRow(perMillion.transferInRegion, ITEM_WORDS['transfer-region'], lang),
    '',
    say(
      `${asked.messages} mensajes al mes: ${pesos(perMonth.total)}, más hasta USD ${inUsd(perMonth.transferInRegion, 2)} de transferencia entre nodos`,
      `${asked.messages} messages a month: ${pesos(perMonth.total)}, and up to USD ${inUsd(perMonth.transferInRegion, 2)} of transfer between nodes`,
    ),
    say(`Un nodo dormido, al mes: ${pesos(idle.total)}`, `A sleeping node, a month: ${pesos(idle.total)}`),
    ...idle.lines.map(({ what, usd }) => `  ${word(STANDING_WORDS[what], lang).padEnd(WIDTH)} ${inUsd(usd, 4).padStart(10)}`),
    '',
    say('Lo que se olvida (este volumen, USD; fuera del total)', 'What is easily forgotten (this volume, USD; not in the total)'),
    ...answer.beside.map(({ what, usd }) => `  ${word(STANDING_WORDS[what], lang).padEnd(WIDTH)} ${inUsd(usd, 4).padStart(10)}`),
    '',
    say(
      'Frente a servidores, por dependencia (sin trabajo humano, licencias ni segundo ambiente)',
      'Against servers, per agency (no labour, licences or second environment)',
    ),
    ...answer.servers.map((each) => serverRow(each, lang)),
    '',
    say(
      `Supuestos: ${ASSUMED.processorMs} ms de procesador y ${ASSUMED.waitingMs} ms de espera por lado (${ownMs(asked.memoryMb)} ms con ${asked.memoryMb} MB), servicio ${asked.serviceMs} ms. Si fueran otros, por millón:`,
      `Assumed: ${ASSUMED.processorMs} ms of a processor and ${ASSUMED.waitingMs} ms of waiting on each side (${ownMs(asked.memoryMb)} ms at ${asked.memoryMb} MB), service ${asked.serviceMs} ms. Had they been others, per million:`,
    ),
    ...sensitivityRows(answer.sensitivity, lang),
    ...(asked.tier === 'wrapped' ? ['', inLanguage(WEAKER, lang)] : []),
  ]
}

type Say = (es: string, en: string) => string

function caveats(tariff: Tariff, say: Say): readonly string[] {
  const stale = `${tariff.stale.length}`
  return [
    ...(tariff.stale.length > 0
      ? [say(`ATENCIÓN: ${stale} precios están vencidos; revíselos.`, `NOTE: ${stale} prices are stale; check them.`)]
      : []),
    ...(isEstimated(tariff)
      ? [
          say(
            `Son estimaciones: para ${tariff.region} no se encontró precio de ${tariff.unknown.join(', ')}.`,
            `These are estimates: for ${tariff.region} no price was found of ${tariff.unknown.join(', ')}.`,
          ),
        ]
      : []),
  ]
}

const WIDTH = 46
const word = (words: Words, lang: Language): string => inLanguage(words, lang).replaceAll('\n', ' / ')

type Money = { readonly consumer: Usd; readonly provider: Usd; readonly usd: Usd; readonly estimated: boolean }
const moneyRow = ({ consumer, provider, usd, estimated }: Money, words: Words, lang: Language): string =>
  `  ${word(words, lang).padEnd(WIDTH)} ${[consumer, provider, usd].map((sum) => inUsd(sum, 3).padStart(9)).join(' ')}${estimated ? ' ≈' : ''}`

const sides = (lines: readonly Money[]) => ({
  consumer: lines.reduce((sum, line) => sum + line.consumer, 0n) as Usd,
  provider: lines.reduce((sum, line) => sum + line.provider, 0n) as Usd,
})

function serverRow({ name, monthly, breakEven }: Estimate['servers'][number], lang: Language): string {
  const above =
    breakEven === null
      ? { es: 'nunca más barato', en: 'never cheaper' }
      : {
          es: `más barato que un nodo arriba de ${breakEven} mensajes al mes`,
          en: `cheaper than a node above ${breakEven} messages a month`,
        }
  return `  ${word(SERVER_WORDS[name], lang).padEnd(WIDTH)} ${inUsd(monthly, 2).padStart(9)}  ${word(above, lang)}`
}

const sensitivityRows = (all: readonly Sensitivity[], lang: Language): readonly string[] =>
  (['processorMs', 'serviceMs', 'memoryMb'] as const).map((what) => {
    const tried = all.filter((each) => each.what === what).map(({ value, total }) => `${value}: ${inUsd(total, 2)}`)
    return `  ${word(SENSITIVITY_WORDS[what], lang).padEnd(WIDTH)} ${tried.join(' · ')}`
  })
