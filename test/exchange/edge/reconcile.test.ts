import { describe, expect, test } from 'vitest'
import { type Instant, later, MINUTE, SECOND } from '../../../src/base/clock.ts'
import { Busy } from '../../../src/exchange/busy.ts'
import { EDGE_CERTIFICATES, EDGE_ZONE, type EdgePorts, reconcileEdge } from '../../../src/exchange/edge/reconcile.ts'
import type { ActualDomain, DesiredDomain } from '../../../src/exchange/edge/steps.ts'
import { trustStoreOf } from '../../../src/exchange/edge/trust-store.ts'
import type { Certificate } from '../../../src/trust/certificates.ts'
import { issued, NOON } from '../../trust/authority.ts'
import { memoryFiles, memoryStore } from '../centre/memory-store.ts'

const YEAR = 365 * 24 * 3600_000
const ca = (await issued('edge-ca', { use: 'root', subject: [['CN', 'CA']] })).certificate
const another = (await issued('edge-ca-2', { use: 'root', subject: [['CN', 'CA 2']] })).certificate
const old = (await issued('edge-old', { use: 'root', subject: [['CN', 'Vieja']], notAfter: later(NOON, -1000) })).certificate

/** A gateway that holds the law: one change in half a minute for all, and no change of a domain at which it is at work. */
function gateway() {
  const clock = { now: NOON as Instant }
  const store = memoryStore()
  const files = memoryFiles()
  const domains = new Map<string, Omit<ActualDomain, 'pointed'> & { ready: Instant }>()
  const names = new Map<string, string>()
  const calls: string[] = []
  let lastChange = later(NOON, -YEAR)
  let die = 0
  const called = (what: string) => {
    calls.push(what)
    if (--die === 0) throw new Error('the run was stopped')
  }
  const change = (what: string, domain: DesiredDomain) => {
    if (clock.now - lastChange < 30 * SECOND) throw new Busy('TooManyRequestsException')
    lastChange = clock.now
    const { certificate, ownership, trustStore, name } = domain
    const before = domains.get(name)
    if (before && before.ready > clock.now) throw new Error('the domain is updating')
    const owned = ownership === undefined ? {} : { ownership }
    const target = { host: `d-${name}`, zone: 'Z9' }
    const mapping = before?.mapping ? { mapping: before.mapping } : {}
    domains.set(name, {
      certificate,
      ...owned,
      trustStore,
      warnings: [],
      target,
      ...mapping,
      status: '',
      ready: later(clock.now, 20 * SECOND),
    })
    called(`${what} ${name}`)
  }
  const authorities = { all: [ca] as readonly Certificate[] }
  const ports: EdgePorts = {
    store,
    putLocked: files.putLocked,
    places: {
      provider: { name: 'dif.example', api: 'http1', stage: '$default' },
      consumer: { name: 'c.dif.example', api: 'rest1', stage: 'live' },
    },
    authorities: async () => authorities.all,
    domain: async (name) => {
      const found = domains.get(name)
      return found && { ...found, status: found.ready > clock.now ? 'UPDATING' : 'AVAILABLE' }
    },
    createDomain: async (domain) => change('create', domain),
    updateDomain: async (domain) => change('update', domain),
    map: async ({ name, api, stage }) => {
      const found = domains.get(name)
      if (found) domains.set(name, { ...found, mapping: { id: 'm', api, stage } })
      called(`map ${name}`)
    },
    point: async (zone, name, target) => {
      names.set(name, target.host)
      called(`point ${name} in ${zone}`)
    },
    now: () => clock.now,
    wait: async (ms) => {
      clock.now = later(clock.now, ms)
    },
    log: () => {},
  }
  return {
    ports,
    clock,
    store,
    files,
    domains,
    names,
    calls,
    authorities,
    run: (holder = 'one') => reconcileEdge(holder, later(clock.now, 5 * MINUTE), ports),
    enrolled: async (certificate = 'arn:a') => {
      const before = await store.get(EDGE_CERTIFICATES)
      const wanted = { provider: { certificate, ownership: 'arn:p' }, consumer: { certificate: 'arn:c' } }
      await store.put(EDGE_CERTIFICATES, wanted, before?.version ?? 0)
      if (!before) await store.put(EDGE_ZONE, 'Z0', 0)
    },
    /** The process ends right after its nth call was carried out. */
    dieAfter: (nth: number) => {
      die = nth
    },
  }
}

describe('the edge door', () => {
  test('does nothing before the node is enrolled', async () => {
    const { run, calls } = gateway()
    expect((await run()).done).toEqual([])
    expect(calls).toEqual([])
  })

  test('makes both domains in one run, half a minute apart, and after that there is nothing to do', async () => {
    const { run, enrolled, calls, names } = gateway()
    await enrolled()
    expect((await run()).open).toEqual([])
    expect(calls.filter((call) => /create|update/.test(call))).toEqual(['create dif.example', 'create c.dif.example'])
    expect(Object.fromEntries(names)).toEqual({ 'dif.example': 'd-dif.example', 'c.dif.example': 'd-c.dif.example' })
    expect(await run()).toEqual({ done: [], open: [] })
  })

  test('a renewed certificate takes one change; a new authority one for each domain, and the file before it stays', async () => {
    const { run, enrolled, calls, domains, authorities, files } = gateway()
    await enrolled()
    await run()
    calls.length = 0
    await enrolled('arn:b')
    await run()
    expect(calls).toEqual(['update dif.example'])
    expect(domains.get('dif.example')?.certificate).toBe('arn:b')
    calls.length = 0
    authorities.all = [ca, another]
    await run()
    expect(calls).toEqual(['update dif.example', 'update c.dif.example'])
    expect(files.files.size).toBe(2)
  })

  test('never lets go of the last authority', async () => {
    const { run, enrolled, calls, authorities } = gateway()
    await enrolled()
    await run()
    calls.length = 0
    authorities.all = [old]
    await run()
    expect(calls).toEqual([])
  })

  test('stopped after any of its calls, the next run ends with the same, and with no call more than one twice', async () => {
    const whole = gateway()
    await whole.enrolled()
    await whole.run()
    expect(whole.calls.length).toBe(6)
    for (let nth = 1; nth <= whole.calls.length; nth++) {
      const world = gateway()
      await world.enrolled()
      world.dieAfter(nth)
      await expect(world.run('one')).rejects.toThrow('stopped')
      expect(await world.run('two')).toEqual({ done: [], open: [] })
      world.clock.now = later(world.clock.now, 10 * MINUTE)
      expect((await world.run('two')).open).toEqual([])
      expect([...world.names]).toEqual([...whole.names])
      expect(world.calls.length).toBeLessThanOrEqual(whole.calls.length + 1)
    }
  })

  test('agencies of one account that want the same turn all get theirs', async () => {
    const world = gateway()
    await world.enrolled()
    let taken = 3
    const { createDomain } = world.ports
    const ports: EdgePorts = {
      ...world.ports,
      createDomain: async (domain) => {
        if (taken-- > 0) throw new Busy('TooManyRequestsException')
        return createDomain(domain)
      },
    }
    expect((await reconcileEdge('one', later(world.clock.now, 5 * MINUTE), ports)).open).toEqual([])
  })

  test('what does not fit into the time is left for the next run', async () => {
    const world = gateway()
    await world.enrolled()
    const { open } = await reconcileEdge('one', later(world.clock.now, 20 * SECOND), world.ports)
    expect(open.length).toBeGreaterThan(0)
    expect((await world.run('one')).open).toEqual([])
  })
})

describe('a trust store', () => {
  test('is named by its content, whatever the order, without what has ended and without doubles', () => {
    const one = trustStoreOf([ca, another, old], NOON)
    expect(one).toEqual(trustStoreOf([another, ca, ca], NOON))
    expect(one.ok && one.value.name).toMatch(/^truststore\/[0-9a-f]{64}\.pem$/)
  })

  test('of two authorities with one subject and different issuers the later one stays', async () => {
    const wish = { use: 'issuing', subject: [['CN', 'Intermedia']] } as const
    const parents = [
      await issued('edge-p1', { use: 'root', subject: [['CN', 'P1']] }),
      await issued('edge-p2', { use: 'root', subject: [['CN', 'P2']] }),
    ]
    const before = (await issued('edge-i1', { ...wish, notBefore: later(NOON, -YEAR) }, parents[0])).certificate
    const after = (await issued('edge-i2', { ...wish, notBefore: later(NOON, -1000) }, parents[1])).certificate
    expect(trustStoreOf([before, after], NOON)).toEqual(trustStoreOf([after], NOON))
  })

  test('with nobody in it is refused', () =>
    expect(trustStoreOf([old], NOON)).toMatchObject({ ok: false, fault: { path: ['incorrect_certificate'] } }))
})
