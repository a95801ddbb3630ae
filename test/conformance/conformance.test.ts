import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CONSUMER_FAULTS } from './consumer-faults.ts'
import { CONFORMANCE_DOCUMENT, documentOf, type Seen, writeWhenAsked } from './document.ts'
import { MORE } from './more.ts'
import { PROVIDER_FAULTS } from './provider-faults.ts'
import { SERVER_FAULTS } from './server-faults.ts'
import { SUCCESSES } from './successes.ts'
import { oursAt, rows } from './table.ts'
import { type Conformance, EDGES, type Edge, openConformance } from './world.ts'

const SCENARIOS = { ...SUCCESSES, ...CONSUMER_FAULTS, ...SERVER_FAULTS, ...PROVIDER_FAULTS, ...MORE }

let worlds: Readonly<Record<Edge, Conformance>>
const seen: Seen = new Map()
beforeAll(async () => {
  const cloud = await openConformance()
  worlds = { local: await openConformance({ ownListener: true }), rest: cloud, http: cloud }
})
afterAll(async () => {
  for (const world of new Set(Object.values(worlds))) await world[Symbol.asyncDispose]()
})

test('every scenario of the list is run, and no other', () => {
  expect(Object.keys(SCENARIOS).toSorted()).toEqual(rows.map(({ name }) => name).toSorted())
})

describe.each(rows)('$part $name', (row) => {
  test.each(EDGES)('at the edge %s', async (edge) => {
    const scenario = SCENARIOS[row.name]
    if (!scenario) throw new Error(`nobody plays ${row.name}`)
    const outcome = await scenario(worlds[edge], edge)
    seen.set(`${row.name} ${edge}`, outcome)
    if (!outcome.startsWith('n/a')) expect(outcome).toBe(oursAt(row, edge))
  })
})

describe('what the document says', () => {
  test('is what has just been seen', () => {
    const made = documentOf(rows, seen)
    writeWhenAsked(made)
    expect(readFileSync(CONFORMANCE_DOCUMENT, 'utf8'), 'stale: SACBE_WRITE_DOCS=1 npx vitest run test/conformance').toBe(made)
  })
  test('at most ten scenarios end otherwise than at stock servers, and each says why', () => {
    const others = rows.filter((row) => EDGES.some((edge) => oursAt(row, edge) !== row.expected))
    expect(others.length).toBeLessThanOrEqual(10)
    for (const { why } of others) expect(why).toMatch(/§|PR-/)
    for (const row of rows.filter((each) => !others.includes(each))) expect(row.why).toBe('')
  })
})
