import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import example from '../../exchange.config.ts'
import { problemLines } from '../../lib/config/problems.ts'
import { readConfig } from '../../lib/config/read-config.ts'
import { exchangeFrom, manyAgencies, ROOT, smallest } from './world.ts'

const faultsIn = (config: unknown): readonly string[] => {
  const read = readConfig(config)
  return read.ok ? [] : read.fault.map(({ at }) => at)
}

describe('exchange.config.ts', () => {
  test('the smallest that is useful has eight settings on at most ten lines', () => {
    const text = `export default {
  instance: 'QRO',
  domain: 'intercambio.queretaro.example',
  environments: { test: { account: '111111111111' } },
  agencies: [
    { id: 'sedesoq', member: 'GOB/SEDESOQ' },
    { id: 'dif', member: 'GOB/DIF' },
  ],
}`
    expect(text.split('\n').length).toBeLessThanOrEqual(10)
    expect(faultsIn(new Function(text.replace('export default', 'return'))())).toEqual([])
  })

  test('the example of the project is right', () => {
    expect(faultsIn(example)).toEqual([])
  })

  test('what is left out is filled in', () => {
    const [environment] = exchangeFrom(smallest).environments
    expect(environment).toMatchObject({
      region: 'mx-central-1',
      domain: 'test.intercambio.queretaro.example',
      lock: { mode: 'GOVERNANCE', days: 1 },
      logDays: 14,
    })
    expect(environment?.agencies[0]).toMatchObject({
      shared: true,
      consumerEdge: 'rest',
      concurrency: { consume: 5, provide: 5 },
      domains: { provider: 'sedesoq.test.intercambio.queretaro.example', consumer: 'api.sedesoq.test.intercambio.queretaro.example' },
    })
  })

  test('production has no default retention, and the refusal says what cannot be undone', () => {
    const read = readConfig({ ...smallest, environments: { production: { account: '222222222222' } } })
    if (read.ok) throw new Error('it was taken')
    expect(read.fault.map(({ at }) => at)).toEqual(['environments.production.retentionYears'])
    expect(read.fault[0]?.es).toContain('NO SE PUEDE DESHACER')
    expect(read.fault[0]?.en).toContain('CANNOT BE UNDONE')
  })

  test('every fault is told at once, in both languages', () => {
    const wrong = {
      instance: 'Q/RO',
      domain: 'NOT A ZONE',
      regionn: 'mx-central-1',
      alarmMail: 'nobody',
      environments: {
        test: { account: 111111111111, logDays: 0, quotas: { apiRate: -1 } },
        production: { account: '1234', retentionYears: 101 },
        staging: {},
      },
      agencies: [
        { id: 'central', member: 'SEDESOQ', consumerEdge: 'soap' },
        { id: 'dif', member: 'GOB/DIF', concurrency: { consume: 0 }, throttle: { rate: 'many' }, accounts: { test: 'x', prod: '1' } },
        { id: 'dif', member: 'GOB/DIF', region: 'Querétaro' },
      ],
    }
    expect(faultsIn(wrong).toSorted()).toEqual(
      [
        'regionn',
        'instance',
        'domain',
        'alarmMail',
        'agencies[0].id',
        'agencies[0].member',
        'agencies[0].consumerEdge',
        'agencies[1].accounts.prod',
        'agencies[1].accounts.test',
        'agencies[1].concurrency.consume',
        'agencies[1].throttle.rate',
        'agencies[2].region',
        'agencies[2].id',
        'agencies[2].member',
        'environments.staging',
        'environments.test.account',
        'environments.test.logDays',
        'environments.test.quotas.apiRate',
        'environments.production.account',
        'environments.production.retentionYears',
      ].toSorted(),
    )
    const read = readConfig(wrong)
    const lines = read.ok ? [] : problemLines(read.fault)
    expect(lines[0]).toMatch(/20 errores; no se creó nada\. \/ 20 errors; nothing was made\./)
    expect(lines).toHaveLength(1 + 3 * 20)
  })

  test.each([[undefined], [null], ['QRO'], [[]], [{}]])('%j is refused, not a crash', (config) => {
    expect(faultsIn(config).length).toBeGreaterThan(0)
  })

  test('production in the account of test is refused', () => {
    const environments = { test: { account: '111111111111' }, production: { account: '111111111111', retentionYears: 1 } }
    expect(faultsIn({ ...smallest, environments })).toEqual(['environments.production.account'])
  })

  test('shares that the account cannot give are refused, each with its sum', () => {
    expect(faultsIn({ ...smallest, agencies: manyAgencies(60) })).toEqual([])
    const read = readConfig({ ...smallest, agencies: manyAgencies(65) })
    expect(
      read.ok ? [] : read.fault.map(({ at, en }) => [at, /add up to (\d+) and the account gives (\d+)/.exec(en)?.slice(1).join('/')]),
    ).toEqual([
      ['environments.test.quotas.lambdaConcurrency', '932/900'],
      ['environments.test.quotas.apiRate', '2700/2500'],
      ['environments.test.quotas.apiBurst', '1350/1250'],
    ])
  })

  test('an agency in its own account takes no share of the operator', () => {
    const agencies = manyAgencies(65).map((agency, index) => ({ ...agency, accounts: { test: String(300000000000 + index) } }))
    expect(faultsIn({ ...smallest, agencies })).toEqual([])
  })

  test('every setting of the type is read, and every setting that is read is in the type', () => {
    const type = readFileSync(join(ROOT, 'lib/config/exchange-config.ts'), 'utf8')
    const reader = readFileSync(join(ROOT, 'lib/config/read-config.ts'), 'utf8')
    const named = new Set([...type.matchAll(/readonly (\w+)\??:/g)].map(([, name]) => name))
    for (const name of named) expect(reader, name).toMatch(new RegExp(`\\b${name}\\b`))
  })
})
