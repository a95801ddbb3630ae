import { describe, expect, test } from 'vitest'
import { codeOf } from '../../src/protocol/faults.ts'
import { type AccessRight, type Endpoint, hasAnyRight, mayCall, type Subject, WHOLE_SERVICE } from '../../src/trust/access.ts'
import { matchesPath } from '../../src/trust/path-pattern.ts'
import { client, exampleTrust, member, service } from './example.ts'
import { rowsOf } from './lines.ts'

const apoyos = client('DIF', 'APOYOS')
const consulta = service('SEDESOQ', 'PADRON', 'consulta')
const trust = exampleTrust()
const right = (subject: Subject, endpoint: Endpoint = WHOLE_SERVICE): AccessRight => ({ service: consulta, subject, endpoint })
const forApoyos = (endpoint?: Endpoint) => right({ kind: 'client', id: apoyos }, endpoint)
const verdict = (
  rights: readonly AccessRight[],
  method: string | null = 'GET',
  path: string | null = '/7',
  who = apoyos,
  what = consulta,
) => {
  const outcome = mayCall(rights, { client: who, service: what, method, path }, trust)
  return outcome.ok ? 'allowed' : codeOf(outcome.fault)
}

describe('a path pattern', () => {
  const rows = rowsOf('path-patterns.txt')
  test.each(rows)('%s over %s: %s', (pattern, path = '', answer) => {
    const right = forApoyos({ method: '*', path: pattern as string })
    expect(verdict([right], 'GET', path === '(empty)' ? '' : path)).toBe(answer === 'yes' ? 'allowed' : 'access_denied')
  })
  test('the table was read', () => {
    console.log(`path patterns: ${rows.length} of ${rows.length} rows`)
    expect(rows.length).toBeGreaterThan(60)
  })
  test('that is long, over a long path, is judged at once', () => {
    const [pattern, path] = [`${'**a*'.repeat(200)}/*/x`, 'a'.repeat(20_000)]
    const before = performance.now()
    expect(matchesPath(pattern, path)).toBe(false)
    expect(performance.now() - before).toBeLessThan(20_000)
  })
})

describe('a right', () => {
  test('nobody may do anything without one', () => expect(verdict([])).toBe('access_denied'))
  test('of the client itself opens the service', () => expect(verdict([forApoyos()])).toBe('allowed'))
  test('of a member is not inherited by its subsystem', () =>
    expect(verdict([right({ kind: 'client', id: member('DIF') })])).toBe('access_denied'))
  test('of a subsystem does not open anything to its member', () =>
    expect(verdict([forApoyos()], 'GET', '/7', member('DIF'))).toBe('access_denied'))
  test('of a global group opens to exactly those in it', () => {
    const toAll = right({ kind: 'globalGroup', instance: 'LAB', code: 'todos' })
    expect(verdict([toAll])).toBe('allowed')
    expect(verdict([toAll], 'GET', '/7', client('DIF', 'PADRON'))).toBe('access_denied')
    expect(verdict([toAll], 'GET', '/7', client('SEDESOQ', 'PADRON'))).toBe('access_denied')
  })
  test('of a group of an instance nobody knows opens to nobody', () =>
    expect(verdict([right({ kind: 'globalGroup', instance: 'OTRA', code: 'todos' })])).toBe('access_denied'))
  test('of a local group opens to exactly those in it', () => {
    const some = right({ kind: 'localGroup', code: 'amigos', members: [apoyos] })
    expect(verdict([some])).toBe('allowed')
    expect(verdict([some], 'GET', '/7', client('DIF', 'PADRON'))).toBe('access_denied')
  })
  test('holds for every version of the service, and for no other service', () => {
    expect(verdict([forApoyos()], 'GET', '/7', apoyos, { ...consulta, serviceVersion: 'v2' })).toBe('allowed')
    expect(verdict([forApoyos()], 'GET', '/7', apoyos, service('SEDESOQ', 'PADRON', 'alta'))).toBe('access_denied')
    expect(verdict([forApoyos()], 'GET', '/7', apoyos, service('SEDESOQ', 'OTRO', 'consulta'))).toBe('access_denied')
  })
  test('of one method opens that method, in any letter case', () => {
    const get = [forApoyos({ method: 'get', path: '/*' })]
    expect(verdict(get, 'GET')).toBe('allowed')
    expect(verdict(get, 'POST')).toBe('access_denied')
  })
  test('on an endpoint does not open a SOAP service; one on the whole service does', () => {
    expect(verdict([forApoyos({ method: '*', path: '/**' })], null, null)).toBe('access_denied')
    expect(verdict([forApoyos({ method: 'POST', path: '**' })], null, null)).toBe('access_denied')
    expect(verdict([forApoyos()], null, null)).toBe('allowed')
  })
  test('on one endpoint is enough to be told of the service', () => {
    const narrow = [forApoyos({ method: 'GET', path: '/7' })]
    expect(hasAnyRight(narrow, apoyos, consulta, trust)).toBe(true)
    expect(hasAnyRight(narrow, member('DIF'), consulta, trust)).toBe(false)
  })
})

describe('among ten thousand rights', () => {
  const others = Array.from({ length: 10_000 }, (_, n) => right({ kind: 'client', id: client('DIF', `OTRO-${n}`) }))
  const crowd = Array.from({ length: 10_000 }, (_, n) => client('DIF', `OTRO-${n}`))
  const inGroup = right({ kind: 'localGroup', code: 'muchos', members: [...crowd, apoyos] })

  test('the one that was given is found, by name and by group, and nobody else’s is taken for it', () => {
    expect(verdict([...others, forApoyos()])).toBe('allowed')
    expect(verdict([...others, inGroup])).toBe('allowed')
    expect(verdict(others)).toBe('access_denied')
    expect(verdict([...others, { ...forApoyos(), service: service('SEDESOQ', 'PADRON', 'otra') }])).toBe('access_denied')
    expect(verdict([...others, right({ kind: 'localGroup', code: 'muchos', members: crowd })])).toBe('access_denied')
  })

  test('two thousand questions cost less than two hundred looks through all rights', () => {
    const rights = [...others, inGroup, forApoyos()]
    const cpuOf = (work: () => void) => {
      const before = process.threadCpuUsage()
      work()
      return process.threadCpuUsage(before).user
    }
    verdict(rights)
    const asking = cpuOf(() => {
      for (let n = 0; n < 2000; n++) verdict(rights)
    })
    const looking = cpuOf(() => {
      for (let n = 0; n < 200; n++) hasAnyRight([...others], client('DIF', 'NADIE'), consulta, trust)
    })
    expect(asking).toBeLessThan(looking)
  })
})
