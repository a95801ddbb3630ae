import { escapeText } from '../protocol/xml-write.ts'
import { exchanged, inUsd, times, type Usd } from './money.ts'
import type { Part, Statement } from './statement.ts'
import type { Books } from './statement-json.ts'
import { ITEM_WORDS, OF_WORDS, STANDING_WORDS, STATEMENT_WORDS, type Words } from './words.ts'

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b}table{border-collapse:collapse;width:100%;margin:.5rem 0 2rem}' +
  'th,td{padding:.3rem .6rem;border-bottom:1px solid #ddd;text-align:left;overflow-wrap:anywhere}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}' +
  'caption{text-align:left;font-weight:600}.bad{color:#a40000;font-weight:600}@media print{body{margin:0}}'

/** A page that prints: no script, nothing loaded from anywhere. Names come from messages and are escaped. */
export function statementHtml(statement: Statement, books: Books, lang: 'es' | 'en'): string {
  const say = (words: Words) => escapeText(words[lang])
  const words = STATEMENT_WORDS
  const { prices } = statement
  const pesos = (usd: Usd, places = 2) => inUsd(exchanged(usd, prices.rate), places)
  const perThousand = statement.exchanges > 0 ? times(statement.messagesUsd, 1000, statement.exchanges) : undefined
  const table = (title: Words, rows: readonly (readonly string[])[]) =>
    htmlTable(say(title), ['', say(words.exchanges), 'USD', 'MXN'], rows)
  const row = (name: string, exchanges: number | '', usd: Usd) => [escapeText(name), String(exchanges), inUsd(usd, 6), pesos(usd, 4)]
  const parts = (title: Words, all: readonly Part[]) =>
    table(
      title,
      all.map((part) => row(part.name || words.noPurpose[lang], part.exchanges, part.usd)),
    )
  return [
    `<!doctype html><html lang="${lang}"><meta charset="utf-8"><title>${say(words.title)} ${statement.month}</title><style>${STYLE}</style>`,
    `<h1>${say(words.title)}</h1>`,
    `<p>${say(words.agency)}: <strong>${statement.agency === null ? say(words.state) : escapeText(statement.agency)}</strong> · ${say(words.month)}: <strong>${statement.month}</strong></p>`,
    `<p><strong>MXN ${pesos(statement.usd)}</strong> = USD ${inUsd(statement.usd, 6)} · ${statement.exchanges} ${say(words.exchanges).toLowerCase()}${
      perThousand === undefined ? '' : ` · MXN ${pesos(perThousand)} ${say(words.perThousand)}`
    }</p>`,
    `<p>${escapeText(pricesLine(prices, lang))}${prices.estimated ? ` · ${say(words.estimated)}` : ''}. ${say(words.asIf)}</p>`,
    statement.assumedTimes > 0 ? `<p>${statement.assumedTimes} ${say(words.assumed)}.</p>` : '',
    table(
      words.byItem,
      statement.byItem.map(({ item, usd }) => row(ITEM_WORDS[item][lang], '', usd)),
    ),
    table(
      words.shared,
      statement.shared.map(({ agency, of, what, usd }) =>
        row(`${agency} · ${OF_WORDS[of][lang]} · ${STANDING_WORDS[what][lang]}`, '', usd),
      ),
    ),
    parts(words.byAgency, statement.byAgency),
    parts(words.byPayer, statement.byPayer),
    parts(words.byService, statement.byService),
    parts(words.byCounterparty, statement.byCounterparty),
    parts(words.byPurpose, statement.byPurpose),
    parts(words.byDay, statement.byDay),
    closesTable(books, lang),
    unmatchedList(books, lang),
    '</html>\n',
  ].join('\n')
}

const pricesLine = ({ dated, region, rate, rateDated }: Statement['prices'], lang: 'es' | 'en'): string =>
  lang === 'es'
    ? `Precios de ${region} del ${dated}; MXN ${inUsd(rate, 4)} por USD, del ${rateDated}`
    : `Prices of ${region} of ${dated}; MXN ${inUsd(rate, 4)} for a USD, of ${rateDated}`

const htmlTable = (title: string, head: readonly string[], rows: readonly (readonly string[])[]): string => {
  if (rows.length === 0) return ''
  const cells = (tag: 'td' | 'th', row: readonly string[]) =>
    row.map((cell, index) => `<${tag}${index > 0 ? ' class="n"' : ''}>${cell}</${tag}>`).join('')
  return `<table><caption>${title}</caption><tr>${cells('th', head)}</tr>${rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('')}</table>`
}

function closesTable({ closes }: Books, lang: 'es' | 'en'): string {
  const words = STATEMENT_WORDS
  const verdict = (closed: boolean | null) => (closed === null ? words.untold : closed ? words.closes : words.differs)[lang]
  const number = (value: number | null) => (value === null ? '–' : String(value))
  const head =
    lang === 'es'
      ? ['', 'enviados', 'archivados', 'en espera', 'apartados', 'firmas de la llave', 'firmas guardadas', 'fallas con nombre', '']
      : ['', 'sent', 'archived', 'waiting', 'set aside', 'signatures by the key', 'signatures kept', 'named failures', '']
  const rows = closes.map((close) => [
    escapeText(`${close.node} ${close.day}`),
    ...[close.sent, close.archived, close.waiting, close.setAside, close.keySignatures, close.keptSignatures, close.namedFailures].map(
      number,
    ),
    close.closes === false ? `<span class="bad">${verdict(false)}</span>` : verdict(close.closes),
  ])
  return htmlTable(escapeText(words.close[lang]), head, rows)
}

function unmatchedList({ unmatched }: Books, lang: 'es' | 'en'): string {
  const words = STATEMENT_WORDS
  if (unmatched.length === 0) return `<p>${escapeText(words.unmatched[lang])}: ${escapeText(words.none[lang])}.</p>`
  const items = unmatched.map(({ node, what, name }) => `<li>${escapeText(`${node}: ${what} ${name}`)}</li>`).join('')
  return `<p class="bad">${escapeText(words.unmatched[lang])}:</p><ul>${items}</ul>`
}
