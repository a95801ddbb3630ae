import { writeCsv } from './csv.ts'
import { exchanged, inUsd, type Usd } from './money.ts'
import type { Part, Statement } from './statement.ts'
import { ITEM_WORDS, OF_WORDS, STANDING_WORDS, STATEMENT_WORDS, type Words } from './words.ts'

/** One table for a spreadsheet: what it is grouped by, the name, exchanges, USD, MXN. Each group comes to the same sum. */
export function statementCsv(statement: Statement, lang: 'es' | 'en'): string {
  const say = (words: Words) => words[lang]
  const words = STATEMENT_WORDS
  const row = (group: Words, name: string, exchanges: number | '', usd: Usd) => [
    say(group),
    name,
    String(exchanges),
    inUsd(usd, 9),
    inUsd(exchanged(usd, statement.prices.rate), 6),
  ]
  const parts = (group: Words, all: readonly Part[]) =>
    all.map((part) => row(group, part.name || say(words.noPurpose), part.exchanges, part.usd))
  const head = lang === 'es' ? ['grupo', 'nombre', 'intercambios', 'USD', 'MXN'] : ['group', 'name', 'exchanges', 'USD', 'MXN']
  return writeCsv([
    head,
    row(words.total, statement.agency ?? say(words.state), statement.exchanges, statement.usd),
    row(words.messages, statement.month, statement.exchanges, statement.messagesUsd),
    row(words.shared, statement.month, '', statement.sharedUsd),
    ...statement.byItem.map(({ item, usd }) => row(words.byItem, say(ITEM_WORDS[item]), '', usd)),
    ...parts(words.byAgency, statement.byAgency),
    ...parts(words.byPayer, statement.byPayer),
    ...parts(words.byService, statement.byService),
    ...parts(words.byCounterparty, statement.byCounterparty),
    ...parts(words.byPurpose, statement.byPurpose),
    ...parts(words.byDay, statement.byDay),
    ...statement.shared.map(({ agency, of, what, usd }) =>
      row(words.shared, `${agency} · ${say(OF_WORDS[of])} · ${say(STANDING_WORDS[what])}`, '', usd),
    ),
  ])
}
