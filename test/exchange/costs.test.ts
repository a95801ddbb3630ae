import { describe, expect, test } from 'vitest'
import { callApi } from '../../src/exchange/centre/api/call-api.ts'
import { CENTRE_API } from '../../src/exchange/centre/api/centre-api.ts'
import { ROLES, type Role } from '../../src/exchange/centre/api/operation.ts'
import type { Json, JsonObject } from '../../src/exchange/contract/json.ts'
import { violationOf } from '../../src/exchange/contract/json-schema.ts'
import { type CostPorts, costOperations } from '../../src/exchange/costs/cost-operations.ts'
import { withCosts } from '../../src/exchange/costs/costs-api.ts'
import { readLog } from '../../src/exchange/register/change-log.ts'
import type { MonthBooks } from '../../src/metering/books.ts'
import { closeOf } from '../../src/metering/daily-close.ts'
import { sharedCharges } from '../../src/metering/shared-costs.ts'
import { refuse } from '../../src/protocol/faults.ts'
import { agencyNamed, inventedMonth, NOVEMBER } from '../metering/invented-month.ts'
import { tariffOf } from '../metering/prices.ts'
import { testCentre } from './centre/test-centre.ts'

const TARIFF = tariffOf()
const RECEIPTS = inventedMonth(3, 40, TARIFF).map((receipt) => ({ ...receipt, node: 'dif' }))
const COUNTS = { sent: 3, archived: 2, waiting: 0, setAside: 0, keySignatures: 1, keptSignatures: 1, namedFailures: 0 }
const BOOKS: MonthBooks = {
  receipts: RECEIPTS,
  shared: sharedCharges([0, 1, 2].map(agencyNamed), new Map(), 'kms', TARIFF),
  closes: [{ ...closeOf(COUNTS), node: 'dif', day: '2026-11-03' }],
  unmatched: [{ node: 'dif', what: 'evidence-without-receipt', name: 'a.zip/b.asice' }],
}
const PORTS: CostPorts = { tariff: async () => ({ ok: true, value: TARIFF }), books: async () => ({ ok: true, value: BOOKS }) }
const OPERATIONS = costOperations(PORTS)
const BILL = [
  'BilledCost,BillingCurrency,ChargeCategory,ChargePeriodStart,ListCost,x_ServiceCode,x_UsageType',
  '0.5,USD,Usage,2026-11-03T00:00:00Z,0.6,AWSLambda,USE1-Request',
  '9,USD,Usage,2026-10-03T00:00:00Z,9,AWSLambda,USE1-Request',
]
  .map((row) => `${row}\r\n`)
  .join('')

async function api(ports: CostPorts = PORTS) {
  const centre = await testCentre()
  centre.wait(NOVEMBER - centre.clock.now + 12 * 86_400_000)
  const whole = withCosts(CENTRE_API, ports)
  return {
    centre,
    document: whole.document,
    call: async (method: string, target: string, body?: unknown, ...roles: readonly Role[]) => {
      const [path = '', query = ''] = target.split('?')
      const person = { id: 'ana', roles: new Set(roles.length > 0 ? roles : (['finance'] as const)) }
      const bytes = body === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(body))
      const answer = await callApi(whole, { method, path, query, body: bytes }, person, centre.ports)
      return { status: answer.status, body: answer.body as never as Record<string, never> & readonly Record<string, never>[] }
    },
  }
}
const budgets = (fields: object = {}) => ({
  budgets: [{ agency: agencyNamed(0), ceiling: '0.01', currency: 'MXN', ask: 'Finanzas', ...fields }],
  sponsors: { [agencyNamed(1)]: agencyNamed(0) },
})

describe('what things cost, by the administration API', () => {
  test('every operation is done once, its answer is as the OpenAPI document says, and a statement is that of the command', async () => {
    const { call, document } = await api()
    const messageId = RECEIPTS[0]?.exchange.messageId as string
    const script: Readonly<Record<string, readonly [string, unknown?]>> = {
      estimateCost: ['/costs/estimate?messages=1000&tier=wrapped&edge=http'],
      readReceipts: [`/costs/receipts/${messageId}`],
      changeBudgets: ['/costs/budgets', budgets()],
      readStatement: [`/costs/statement?month=2026-11&agency=${agencyNamed(0)}`],
      writeStatement: ['/costs/statement/html?lang=en'],
      readCloses: ['/costs/close?month=2026-11'],
      readBudgets: ['/costs/budgets'],
      readBudgetStates: ['/costs/budgets/state'],
      readForecast: ['/costs/forecast?month=2026-10'],
      reconcileBill: ['/costs/reconciliation', { bill: BILL }],
      writeFocus: ['/costs/focus/1.4'],
      readFocusSchema: ['/costs/focus/1.2/schema'],
    }
    expect(Object.keys(script).sort()).toEqual(OPERATIONS.map(({ id }) => id).sort())
    const answers: Record<string, Record<string, never> & readonly Record<string, never>[]> = {}
    for (const [id, [path, body]] of Object.entries(script)) {
      const { method } = OPERATIONS.find((each) => each.id === id) as { method: string }
      const { status, body: answer } = await call(method, path, body)
      expect([id, status, status === 200 ? '' : answer]).toEqual([id, 200, ''])
      const described = operationIn(document, id).responses['200'].content['application/json'].schema
      expect(violationOf(described, answer as Json, document, id)).toBeUndefined()
      answers[id] = answer
    }
    expect(answers.readReceipts?.map(({ side }) => side)).toEqual(['consumer', 'provider'])
    expect(answers.readStatement).toMatchObject({
      agency: agencyNamed(0),
      byPayer: [{ name: agencyNamed(0) }],
      closes: [{ closes: false }],
    })
    expect(answers.writeStatement?.text).toMatch(/class="bad">DIFFERENCE/)
    expect(answers.readCloses?.unmatched).toHaveLength(1)
    expect(answers.readBudgetStates).toMatchObject([{ agency: agencyNamed(0), alerts: [50, 80, 100] }])
    expect(answers.writeFocus?.note).toMatch(/provisional/)
    expect(answers.reconcileBill?.find(({ line }) => line === 'requests')).toMatchObject({ list: expect.stringMatching(/^0\.60*$/) })
    expect(answers.estimateCost?.weaker).toBeDefined()
  })
  test('every role at every operation: money is for finance and whoever operates, an auditor reads, anybody estimates', async () => {
    const { call } = await api()
    for (const { id, method, path, body } of OPERATIONS)
      for (const role of ROLES) {
        const { status } = await call(method, path.replace('{form}', 'csv').replace('{version}', '1.2'), body && {}, role)
        const may = id === 'estimateCost' || ['finance', 'system'].includes(role) || (role === 'auditor' && id !== 'changeBudgets')
        expect([id, role, status === 403]).toEqual([id, role, !may])
      }
  })
  test('who changed a budget is in the chained log, with what it was before', async () => {
    const { call, centre } = await api()
    await call('PUT', '/costs/budgets', budgets())
    await call('PUT', '/costs/budgets', budgets({ ceiling: '9' }))
    const log = await readLog(centre.ports)
    expect(log.ok && log.value.at(-1)).toMatchObject({
      who: { id: 'ana' },
      what: 'changeBudgets',
      changes: [{ key: 'costs/budgets', before: budgets(), after: budgets({ ceiling: '9' }) }],
    })
  })
  test.each([
    ['a budget in another currency', 'PUT', '/costs/budgets', budgets({ currency: 'EUR' }), 400, 'bad_request'],
    ['a ceiling that is no decimal', 'PUT', '/costs/budgets', budgets({ ceiling: 'mil' }), 400, 'invalid_budget'],
    ['a bill with unknown columns', 'POST', '/costs/reconciliation', { bill: 'a,b\r\n1,2\r\n' }, 400, 'invalid_bill'],
    ['a month that is none', 'GET', '/costs/statement?month=2026-13', undefined, 400, 'bad_request'],
    ['messages below nothing', 'GET', '/costs/estimate?messages=-1', undefined, 400, 'bad_request'],
    ['a receipt there is not', 'GET', '/costs/receipts/nadie', undefined, 404, 'not_found'],
    ['a form there is not', 'GET', '/costs/statement/pdf', undefined, 404, 'not_found'],
    ['a version there is not', 'GET', '/costs/focus/1.3', undefined, 404, 'not_found'],
  ] as const)('%s is refused', async (_, method, path, body, status, code) => {
    const answer = await (await api()).call(method, path, body)
    expect([answer.status, answer.body.code]).toEqual([status, code])
  })
  test('nothing is summed by stale prices or over receipts that cannot be read; an estimate warns instead', async () => {
    const stale = { ...TARIFF, stale: ['kms.req'] as never }
    const old = await api({ ...PORTS, tariff: async () => ({ ok: true, value: stale }) })
    expect(await old.call('GET', '/costs/statement')).toMatchObject({ status: 400, body: { code: 'invalid_tariff' } })
    expect((await old.call('GET', '/costs/estimate')).body.prices).toMatchObject({ stale: ['kms.req'] })
    const cut = await api({ ...PORTS, books: async () => refuse('invalid_receipts', 'receipts/1 line 3: the file is cut short') })
    for (const path of ['statement', 'close', 'forecast', 'budgets/state', 'focus/1.2'])
      expect(await cut.call('GET', `/costs/${path}`)).toMatchObject({ status: 400, body: { detail: expect.stringContaining('line 3') } })
  })
})

type Described = { responses: { '200': { content: { 'application/json': { schema: Json } } } } }
const operationIn = (document: JsonObject, id: string): Described =>
  Object.values(document.paths as never as Record<string, Record<string, Described & { operationId: string }>>)
    .flatMap((at) => Object.values(at))
    .find(({ operationId }) => operationId === id) as Described
