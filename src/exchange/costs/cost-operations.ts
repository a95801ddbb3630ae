import { isoInstant } from '../../base/clock.ts'
import { ok } from '../../base/result.ts'
import type { MonthBooks } from '../../metering/books.ts'
import { type Budgets, budgetStates, NO_BUDGETS, readBudgets, spendingOf, stateJson } from '../../metering/budget.ts'
import { readCloudBill } from '../../metering/cloud-bill.ts'
import { estimateJson } from '../../metering/estimate-json.ts'
import { focusRows } from '../../metering/focus.ts'
import { type FocusVersion, focusNote, focusSchema, writeFocus } from '../../metering/focus-write.ts'
import { monthForecast } from '../../metering/month-forecast.ts'
import { USUAL, type WhatIf } from '../../metering/question.ts'
import { receiptJson } from '../../metering/receipt-json.ts'
import { reconcile, reconciledJson } from '../../metering/reconcile.ts'
import { type Statement, statementOf } from '../../metering/statement.ts'
import { statementCsv } from '../../metering/statement-csv.ts'
import { statementHtml } from '../../metering/statement-html.ts'
import { statementJson } from '../../metering/statement-json.ts'
import { mustBeFresh, type Tariff } from '../../metering/tariff.ts'
import type { Edge, KeyTier } from '../../metering/usage.ts'
import { estimate } from '../../metering/what-if.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { type Given, type Operation, object, oneOf, READERS, type Role, text } from '../centre/api/operation.ts'
import { textIn } from '../centre/api/read-given.ts'
import type { Json, JsonObject } from '../contract/json.ts'
import type { Work } from '../register/work.ts'
import * as schemas from './cost-schemas.ts'

export type CostPorts = {
  /** The prices in force, stale or not: what is billed asks for fresh ones itself. */
  readonly tariff: () => Promise<Outcome<Tariff>>
  /** Everything on the books, priced. Refused whole when a receipt cannot be read. */
  readonly books: (tariff: Tariff) => Promise<Outcome<MonthBooks>>
}

/** Money is the business of 'finance' and of whoever operates the exchange ('system'); an auditor reads it. */
const READ: readonly Role[] = ['finance', 'system', 'auditor']
const WRITE: readonly Role[] = ['finance', 'system']
const BUDGETS = 'costs/budgets'

type Priced = { readonly tariff: Tariff; readonly books: MonthBooks; readonly budgets: Budgets; readonly month: string }

/** What messages cost, over the same flows as `sacbe cost`. Same JSON, same refusals: no sum over receipts that cannot be read. */
export function costOperations(ports: CostPorts): readonly Operation[] {
  const priced = async (work: Work, { query, body, at }: Given): Promise<Outcome<Priced>> => {
    const tariff = await freshTariff(ports)
    if (!tariff.ok) return tariff
    const books = await ports.books(tariff.value)
    if (!books.ok) return books
    const budgets = await budgetsIn(work, tariff.value)
    if (!budgets.ok) return budgets
    const month = query.month ?? (typeof body.month === 'string' ? body.month : isoInstant(at).slice(0, 7))
    return ok({ tariff: tariff.value, books: books.value, budgets: budgets.value, month })
  }
  /** Over the books; what `make` gives is the answer. */
  const over =
    (make: (priced: Priced, given: Given) => Outcome<object>): Operation['run'] =>
    async (work, given) => {
      const read = await priced(work, given)
      return read.ok ? asJson(make(read.value, given)) : read
    }
  return [
    {
      ...reads('estimateCost', '/costs/estimate', READERS, schemas.ESTIMATE),
      es: 'Cuánto costaría un mes de mensajes: por millón, dormido y frente a servidores',
      en: 'What a month of messages would cost: per million, asleep and against servers',
      query: {
        ...{ messages: schemas.WHOLE, request: schemas.WHOLE, response: schemas.WHOLE, serviceMs: schemas.WHOLE },
        ...{ tier: oneOf('kms', 'kms-other', 'wrapped'), edge: oneOf('rest', 'http') },
      },
      run: async (_, { query }) => {
        const tariff = await ports.tariff()
        return tariff.ok ? asJson(ok(estimateJson(estimate(askedIn(query), tariff.value), tariff.value))) : tariff
      },
    },
    {
      ...reads('readReceipts', '/costs/receipts/{id}', READ, schemas.RECEIPTS),
      es: 'Los recibos de un mensaje o petición, uno por lado',
      en: 'The receipts of a message or request, one for each side',
      run: over(({ books, tariff }, { parameters: { id } }) => {
        const found = books.receipts.filter(({ exchange }) => exchange.messageId === id || exchange.requestId === id)
        return found.length > 0 ? ok(found.map((receipt) => receiptJson(receipt, tariff))) : refuse('not_found', `receipt of ${id}`)
      }),
    },
    {
      ...reads('readStatement', '/costs/statement', READ, schemas.STATEMENT),
      es: 'El mes de una dependencia o del estado, con su cierre diario',
      en: 'The month of an agency or of the state, with its daily close',
      query: { month: schemas.MONTH, agency: schemas.AGENCY },
      run: over((all, given) => ok(statementJson(statementIn(all, given), booksJson(all.books)))),
    },
    {
      ...reads('writeStatement', '/costs/statement/{form}', READ, schemas.TEXT_FILE),
      es: 'El mismo estado de cuenta como csv o html, en español o inglés',
      en: 'The same statement as csv or html, in Spanish or English',
      query: { month: schemas.MONTH, agency: schemas.AGENCY, lang: oneOf('es', 'en') },
      run: over((all, given) => statementFile(statementIn(all, given), all.books, given)),
    },
    {
      ...reads('readCloses', '/costs/close', READ, schemas.CLOSES),
      es: 'Cómo cierra cada día de cada nodo; un mes o todos',
      en: 'How each day of each node closes; a month, or all',
      query: { month: schemas.MONTH },
      run: over(({ books }, { query }) => {
        const { closes, unmatched } = booksJson(books)
        return ok({ closes: closes.filter(({ day }) => day.startsWith(query.month ?? '')), unmatched })
      }),
    },
    {
      ...reads('readBudgets', '/costs/budgets', READ, schemas.BUDGETS),
      es: 'Los presupuestos y quién paga por quién',
      en: 'The budgets, and who pays for whom',
      run: async (work) => ok((await work.get<JsonObject>(BUDGETS)) ?? { budgets: [], sponsors: {} }),
    },
    {
      ...{ id: 'changeBudgets', method: 'PUT', path: '/costs/budgets', roles: WRITE, people: 1, status: 200 },
      es: 'Cambia los presupuestos: todos a la vez',
      en: 'Changes the budgets: all at once',
      ...{ body: schemas.BUDGETS, answer: schemas.BUDGETS },
      run: async (work, { body }) => {
        const tariff = await ports.tariff()
        if (!tariff.ok) return tariff
        const read = readBudgets(body, tariff.value)
        if (!read.ok) return read
        work.put(BUDGETS, body)
        return ok(body)
      },
    },
    {
      ...reads('readBudgetStates', '/costs/budgets/state', READ, schemas.BUDGET_STATES),
      es: 'Cómo va cada presupuesto del mes',
      en: 'Where each budget of the month stands',
      query: { month: schemas.MONTH },
      run: over(({ budgets, books, month }) =>
        ok(budgetStates(budgets, spendingOf(books.receipts), month).map((state) => stateJson(month, state))),
      ),
    },
    {
      ...reads('readForecast', '/costs/forecast', READ, schemas.FORECAST),
      es: 'En cuánto cerrará el mes, y cuánto erró cada día el de un mes cerrado',
      en: 'What the month will come to; of a month that is over, how wrong each day was',
      query: { month: schemas.MONTH, agency: schemas.AGENCY },
      run: over(({ books, month, tariff }, { query, at }) => ok(monthForecast(books.receipts, month, query.agency ?? null, at, tariff))),
    },
    {
      ...{ id: 'reconcileBill', method: 'POST', path: '/costs/reconciliation', roles: READ, people: 1, status: 200 },
      es: 'El mes junto a la factura de la nube (exportación FOCUS de AWS, CSV); nada se guarda',
      en: 'The month beside the cloud’s bill (AWS FOCUS export, CSV); nothing is stored',
      ...{ body: object({ bill: text(1_000_000), 'month?': schemas.MONTH }), answer: schemas.RECONCILED },
      run: over((all, given) => {
        const bill = readCloudBill(textIn(given.body, 'bill'))
        if (!bill.ok) return bill
        const charges = bill.value.filter(({ from }) => from.startsWith(all.month))
        return ok(reconcile(statementIn(all, given), charges).map(reconciledJson))
      }),
    },
    {
      ...reads('writeFocus', '/costs/focus/{version}', READ, schemas.TEXT_FILE),
      es: 'El mes como datos FOCUS 1.2 (o 1.4, provisional), para repartirlo',
      en: 'The month as FOCUS 1.2 data (or 1.4, provisional), for charge-back',
      query: { month: schemas.MONTH },
      run: over(({ books, month, tariff, budgets }, { parameters }) => {
        const version = versionIn(parameters)
        if (!version.ok) return version
        const rows = focusRows(books.receipts, books.shared, month, tariff, payerIn(budgets))
        const issuer = { name: 'Sacbé', month, region: tariff.region, regionName: tariff.region }
        return ok({ contentType: 'text/csv', text: writeFocus(rows, issuer, version.value), ...noteOf(version.value) })
      }),
    },
    {
      ...reads('readFocusSchema', '/costs/focus/{version}/schema', READ, schemas.FOCUS_SCHEMA),
      es: 'El esquema de esos datos',
      en: 'The schema of those data',
      run: async (_, { parameters, at }) => {
        const version = versionIn(parameters)
        return version.ok ? asJson(ok(focusSchema(version.value, isoInstant(at)))) : version
      },
    },
  ]
}

const reads = (id: string, path: string, roles: readonly Role[], answer: JsonObject) =>
  ({ id, method: 'GET', path, roles, people: 1, status: 200, answer }) as const

/** As it is sent: what JSON has no word for is left out. */
const asJson = (made: Outcome<object>): Outcome<Json> => (made.ok ? ok(JSON.parse(JSON.stringify(made.value)) as Json) : made)

async function freshTariff({ tariff }: CostPorts): Promise<Outcome<Tariff>> {
  const read = await tariff()
  return read.ok ? mustBeFresh(read.value) : read
}

async function budgetsIn(work: Work, tariff: Tariff): Promise<Outcome<Budgets>> {
  const stored = await work.get<JsonObject>(BUDGETS)
  return stored ? readBudgets(stored, tariff) : ok(NO_BUDGETS)
}

function askedIn({ messages, request, response, serviceMs, tier, edge }: Given['query']): WhatIf {
  const number = (text: string | undefined, usual: number) => (text === undefined ? usual : Number(text))
  return {
    ...USUAL,
    messages: number(messages, USUAL.messages),
    requestBytes: number(request, USUAL.requestBytes),
    responseBytes: number(response, USUAL.responseBytes),
    serviceMs: number(serviceMs, USUAL.serviceMs),
    tier: (tier as KeyTier | undefined) ?? USUAL.tier,
    edge: (edge as Edge | undefined) ?? USUAL.edge,
  }
}

const payerIn =
  ({ sponsors }: Budgets) =>
  (agency: string): string =>
    sponsors.get(agency) ?? agency

const statementIn = ({ books, tariff, budgets, month }: Priced, { query, at }: Given): Statement =>
  statementOf(books.receipts, books.shared, { month, agency: query.agency ?? null, tariff, payerOf: payerIn(budgets), at })

const booksJson = ({ closes, unmatched }: MonthBooks) => ({ closes, unmatched })

function statementFile(statement: Statement, books: MonthBooks, { parameters, query }: Given): Outcome<object> {
  const lang = query.lang === 'en' ? 'en' : 'es'
  if (parameters.form === 'csv') return ok({ contentType: 'text/csv', text: statementCsv(statement, lang) })
  if (parameters.form === 'html') return ok({ contentType: 'text/html', text: statementHtml(statement, books, lang) })
  return refuse('not_found', `a statement as ${parameters.form}: there are csv and html`)
}

function versionIn({ version }: Given['parameters']): Outcome<FocusVersion> {
  return version === '1.2' || version === '1.4' ? ok(version) : refuse('not_found', `FOCUS ${version}: there are 1.2 and 1.4`)
}

function noteOf(version: FocusVersion): { readonly note?: string } {
  const note = focusNote(version)
  return note === null ? {} : { note }
}
