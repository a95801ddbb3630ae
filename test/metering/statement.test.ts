import { describe, expect, test } from 'vitest'
import { readCsv } from '../../src/metering/csv.ts'
import { archivedByDay, closeOf, unmatchedIn } from '../../src/metering/daily-close.ts'
import { inUsd, type Usd } from '../../src/metering/money.ts'
import { archivedBytesOf, sharedCharges } from '../../src/metering/shared-costs.ts'
import { centreBill, idleBill } from '../../src/metering/standing-costs.ts'
import { type Part, statementOf } from '../../src/metering/statement.ts'
import { statementCsv } from '../../src/metering/statement-csv.ts'
import { statementHtml } from '../../src/metering/statement-html.ts'
import { statementJson } from '../../src/metering/statement-json.ts'
import { agencyNamed, inventedMonth } from './invented-month.ts'
import { AT, tariffOf } from './prices.ts'

const TARIFF = tariffOf()
const receipts = inventedMonth(6, 400, TARIFF)
const agencies = Array.from({ length: 6 }, (_, n) => agencyNamed(n))
const shared = sharedCharges(agencies, archivedBytesOf(receipts.map(({ exchange }) => exchange)), 'kms', TARIFF)
const options = {
  month: '2026-11',
  agency: null,
  tariff: TARIFF,
  payerOf: (agency: string) => (agency === agencyNamed(2) ? agencyNamed(0) : agency),
  at: AT,
}
const state = statementOf(receipts, shared, options)
const sum = (parts: readonly { readonly usd: Usd }[]) => parts.reduce((total, { usd }) => total + usd, 0n)
const count = (parts: readonly Part[]) => parts.reduce((total, { exchanges }) => total + exchanges, 0)
const BOOKS = { closes: [], unmatched: [] }

describe('a statement', () => {
  test('comes to the same sum and the same exchanges by every grouping', () => {
    for (const parts of [state.byAgency, state.byPayer, state.byService, state.byCounterparty, state.byPurpose, state.byDay]) {
      expect(sum(parts)).toBe(state.messagesUsd)
      expect(count(parts)).toBe(800)
    }
    expect(sum(state.byItem)).toBe(state.messagesUsd)
    expect(state.messagesUsd + state.sharedUsd).toBe(state.usd)
  })
  test('of all agencies one by one is that of the state', () => {
    const each = agencies.map((agency) => statementOf(receipts, shared, { ...options, agency }))
    expect(sum(each)).toBe(state.usd)
    expect(each.reduce((total, { exchanges }) => total + exchanges, 0)).toBe(state.exchanges)
  })
  test('lets a sponsor pay, and leaves the agency its use', () => {
    expect(state.byPayer.map(({ name }) => name)).not.toContain(agencyNamed(2))
    expect(state.byAgency.map(({ name }) => name)).toContain(agencyNamed(2))
  })
  test('of another month is empty', () =>
    expect(statementOf(receipts, [], { ...options, month: '2026-10' })).toMatchObject({ exchanges: 0, usd: 0n }))
})

describe('shared costs', () => {
  test('are split without a rest', () => {
    const centre = shared.filter(({ of }) => of === 'centre')
    expect(sum(centre)).toBe(sum(centreBill(TARIFF)))
    expect(sum(shared.filter(({ of, agency }) => of === 'node' && agency === agencyNamed(3)))).toBe(idleBill(TARIFF, 'kms').total)
    const three = sharedCharges(agencies.slice(0, 3), new Map(), 'kms', {
      ...TARIFF,
      prices: new Map([...TARIFF.prices].map(([id, price]) => [id, { ...price, usd: 1n as Usd }])),
    })
    expect(sum(three.filter(({ of, what }) => of === 'centre' && what === 'zone'))).toBe(1n)
  })
})

describe('a statement for people', () => {
  test('as CSV reads back, row for row, and runs no formula', () => {
    const evil = statementOf(
      receipts.map((receipt) => ({ ...receipt, exchange: { ...receipt.exchange, purpose: '=HYPERLINK("http://x","y")' } })),
      shared,
      options,
    )
    const rows = readCsv(statementCsv(evil, 'es'))
    if (!rows.ok) throw new Error(rows.fault.detail)
    expect(rows.value[0]).toEqual(['grupo', 'nombre', 'intercambios', 'USD', 'MXN'])
    expect(rows.value.find(([group]) => group?.startsWith('Por motivo'))?.[1]).toBe('\'=HYPERLINK("http://x","y")')
    expect(statementCsv(state, 'en')).toContain('By service')
  })
  test('as HTML is well formed, escapes what messages say, and loads nothing', () => {
    const evil = statementOf(
      receipts.map((receipt) => ({ ...receipt, exchange: { ...receipt.exchange, purpose: '<script>alert(1)</script>' } })),
      shared,
      options,
    )
    for (const lang of ['es', 'en'] as const) {
      const html = statementHtml(
        evil,
        {
          closes: [
            {
              ...closeOf({ sent: 3, archived: 1, waiting: 1, setAside: 0, keySignatures: 1, keptSignatures: 1, namedFailures: 0 }),
              node: 'dif',
              day: '2026-11-01',
            },
          ],
          unmatched: [{ node: 'dif', what: 'receipt-without-evidence', name: 'a<b' }],
        },
        lang,
      )
      expect(html).not.toMatch(/<script|https?:|src=/)
      expect(html).toContain('&lt;script')
      expect(html).toContain(lang === 'es' ? 'DIFERENCIA' : 'DIFFERENCE')
      expect(html).toContain('a&lt;b')
    }
  })
  test('as JSON has sums as decimal strings', () => {
    const json = statementJson(state, BOOKS) as { usd: string; byDay: { usd: string }[] }
    expect(json.usd).toBe(inUsd(state.usd, 12))
    expect(json.byDay.every(({ usd }) => /^\d+\.\d{12}$/.test(usd))).toBe(true)
  })
})

describe('the daily close', () => {
  const counts = { sent: 10, archived: 7, waiting: 2, setAside: 1, keySignatures: 6, keptSignatures: 5, namedFailures: 1 }
  test('closes when everything sent and everything signed is accounted for', () =>
    expect(closeOf(counts)).toMatchObject({ records: 0, signatures: 0, closes: true }))
  test('tells what is missing, and what is too much', () => {
    expect(closeOf({ ...counts, archived: 6 })).toMatchObject({ records: 1, closes: false })
    expect(closeOf({ ...counts, archived: 8 })).toMatchObject({ records: -1, closes: false })
    expect(closeOf({ ...counts, keySignatures: 7 })).toMatchObject({ signatures: 1, closes: false })
  })
  test('does not say that it closes when nobody counted', () =>
    expect(closeOf({ ...counts, sent: null })).toMatchObject({ records: null, closes: null }))
  test('but a difference is a difference', () => expect(closeOf({ ...counts, sent: null, keySignatures: 0 }).closes).toBe(false))
  test('takes each identity once, and keeps what was set aside apart', () => {
    const line = { identity: 'a', at: AT, signed: 1, direction: 'request', side: 'consumer' }
    const days = archivedByDay([{ lines: [line, line, { ...line, identity: 'b', setAside: 's' }] }] as never)
    expect([...days]).toEqual([['2026-11-24', { archived: 1, setAside: 1, signatures: 2, shared: new Set() }]])
  })
})

describe('receipts and evidence', () => {
  const position = {
    file: 'a.zip',
    lines: [
      { archive: 'a.zip', container: 'one' },
      { archive: 'a.zip', container: 'two' },
    ],
  } as never
  test('that match are not mentioned', () => expect(unmatchedIn([position], new Map([['a.zip', ['two', 'one']]]))).toEqual([]))
  test('without each other are named, never smoothed over', () =>
    expect(
      unmatchedIn(
        [position],
        new Map([
          ['a.zip', ['one', 'three']],
          ['b.zip', ['x']],
        ]),
      ),
    ).toEqual([
      { what: 'receipt-without-evidence', name: 'a.zip/two' },
      { what: 'evidence-without-receipt', name: 'a.zip/three' },
      { what: 'archive-without-receipts', name: 'b.zip' },
    ]))
  test('an archive file that is gone leaves all its receipts without evidence', () =>
    expect(unmatchedIn([position], new Map())).toHaveLength(2))
})
