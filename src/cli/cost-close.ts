import type { Close } from '../metering/daily-close.ts'
import { pricedWorld, type WorldCost } from './cost-world.ts'
import { EXIT, type Io, inLanguage } from './io.ts'

export type CloseOptions = WorldCost & { readonly month?: string; readonly day?: string; readonly json: boolean }

/** `sacbe cost close`: whether each node's days close. Exit code 1 when one differs, or evidence and receipts do not match. */
export async function costClose(options: CloseOptions, io: Io): Promise<number> {
  const priced = await pricedWorld(options, io)
  if (!priced.ok) return priced.fault
  const { closes, unmatched } = priced.value.books
  const asked = closes.filter(({ day }) => day.startsWith(options.day ?? options.month ?? ''))
  for (const close of asked) io.out(options.json ? JSON.stringify(close) : closeLine(close, io))
  for (const each of unmatched) {
    if (options.json) io.out(JSON.stringify(each))
    else io.out(`${each.node}  ${inLanguage(UNMATCHED[each.what], io.lang)}: ${each.name}`)
  }
  return asked.some((close) => close.closes === false) || unmatched.length > 0 ? EXIT.no : EXIT.ok
}

const UNMATCHED = {
  'receipt-without-evidence': { es: 'RECIBO SIN EVIDENCIA', en: 'RECEIPT WITHOUT EVIDENCE' },
  'evidence-without-receipt': { es: 'EVIDENCIA SIN RECIBO', en: 'EVIDENCE WITHOUT RECEIPT' },
  'archive-without-receipts': { es: 'ARCHIVO SIN RECIBOS', en: 'ARCHIVE WITHOUT RECEIPTS' },
} as const

function closeLine(close: Close & { readonly node: string; readonly day: string }, io: Io): string {
  const { node, day, sent, archived, waiting, setAside, keySignatures, keptSignatures, namedFailures, records, signatures } = close
  const told = (count: number | null) => (count === null ? '–' : String(count))
  const off = (count: number | null) => (count === null || count === 0 ? '' : ` (${count > 0 ? '+' : ''}${count})`)
  const verdict =
    close.closes === null
      ? { es: 'sin conteo independiente', en: 'no independent count' }
      : close.closes
        ? { es: 'cierra', en: 'closes' }
        : { es: 'DIFERENCIA', en: 'DIFFERENCE' }
  return inLanguage(
    {
      es: `${node} ${day}  ${verdict.es}  registros: enviados ${told(sent)} = archivados ${archived} + en espera ${waiting} + apartados ${setAside}${off(records)} · firmas: de la llave ${told(keySignatures)} = guardadas ${keptSignatures} + fallas con nombre ${namedFailures}${off(signatures)}`,
      en: `${node} ${day}  ${verdict.en}  records: sent ${told(sent)} = archived ${archived} + waiting ${waiting} + set aside ${setAside}${off(records)} · signatures: by the key ${told(keySignatures)} = kept ${keptSignatures} + named failures ${namedFailures}${off(signatures)}`,
    },
    io.lang,
  )
}
