import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DAY, instant, later } from '../../../src/base/clock.ts'
import { type HeldCertificate, renewAt, USUAL_PACE, usableUntil } from '../../../src/exchange/life/identity.ts'
import { ALARM_KINDS, alarmsIn, raise, seen, standing } from '../../../src/exchange/watch/alarms.ts'
import { noteAsked } from '../../../src/exchange/watch/asked.ts'
import { gate, noteSealing } from '../../../src/exchange/watch/gate.ts'
import { readInvitation, writeInvitation } from '../../../src/trust/registry/invitation.ts'
import { memoryStore } from './memory-store.ts'

const at = instant(Date.UTC(2026, 10, 24))
const now = () => at
const log = () => {}

test('every alarm has its page', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../../docs/vida-del-nodo.md'), 'utf8')
  for (const kind of ALARM_KINDS) expect(guide).toContain(`### ${kind}\n`)
})

describe('an alarm', () => {
  test('is raised once for a matter, stands until somebody has looked, and stays on record', async () => {
    const ports = { store: memoryStore(), now, log }
    const first = await raise('unknown_certificate', 'abc', 'why', ports)
    await raise('unknown_certificate', 'abc', 'again', ports)
    expect(standing(await alarmsIn(ports))).toEqual([first])
    expect(await seen(first.id, 'ana', ports)).toBe(true)
    expect(standing(await alarmsIn(ports))).toEqual([])
    expect(await alarmsIn(ports)).toEqual([{ ...first, seenBy: 'ana' }])
  })
  test('that rests on a peer’s word does not stop anything', async () => {
    const ports = { store: memoryStore(), now, log }
    await raise('configuration_fork', '6 3', 'a peer says so', ports)
    expect(standing(await alarmsIn(ports))).toEqual([])
  })
})

describe('evidence that waits for its stamp', () => {
  const trust = async () => ({ ok: false, fault: { path: ['internal_error'], detail: 'asked' } }) as const
  const configuration = async () => ({}) as never
  test.each([
    [44 * DAY, 'internal_error'],
    [46 * DAY, 'timestamping_failed'],
  ])('for %i ms: signing goes by %s', async (waited, code) => {
    const store = memoryStore()
    await noteSealing('network_error', { store, now, log, longestStampDelay: 45 * DAY })
    const later_ = () => later(at, waited)
    await noteSealing('network_error', { store, now: later_, log, longestStampDelay: 45 * DAY })
    const gates = gate({ store, configuration, trust, now: later_, log, longestStampDelay: 45 * DAY })
    for (const each of [gates.outgoing, gates.incoming]) {
      const answer = await each()
      expect(answer.ok ? 'open' : answer.fault.path[0]).toBe(code)
    }
    await noteSealing(undefined, { store, now: later_, log, longestStampDelay: 45 * DAY })
    const open = await gates.incoming()
    expect(open.ok ? 'open' : open.fault.path[0]).toBe('internal_error')
  })
})

test('what is withdrawn is no longer asked for, and not a surprise while it is still listed', async () => {
  const store = memoryStore()
  await noteAsked(store, { certificate: 'one', address: 'a' })
  await noteAsked(store, { certificate: 'two' })
  expect(await noteAsked(store, { withdrawn: 'one' })).toEqual({ address: 'a', certificates: ['two'], withdrawn: ['one'], clients: [] })
})

describe('a signing certificate of two years', () => {
  const held: HeldCertificate = {
    use: 'signing',
    member: 'QRO/GOB/DIF',
    key: 'k',
    algorithm: 'rsa-sha512',
    certificate: '',
    notBefore: at,
    notAfter: later(at, 730 * DAY),
    state: 'active',
    since: at,
  }
  test('ends for new messages the longest stamp delay before it ends, and its successor is ordered a third of its life earlier', () => {
    expect((usableUntil(held, USUAL_PACE) - at) / DAY).toBe(730 - 45)
    expect((renewAt(held, USUAL_PACE) - at) / DAY).toBeCloseTo(730 - 45 - 730 / 3)
  })
  test('one that is too short for all that is renewed at once, never before it begins', () =>
    expect(renewAt({ ...held, notAfter: later(at, 20 * DAY) }, USUAL_PACE)).toBe(at))
})

describe('an invitation', () => {
  const invitation = {
    centre: 'http://centro.example:4600',
    member: { instance: 'QRO', memberClass: 'GOB', memberCode: 'DIF' },
    secret: 's'.repeat(43),
    fingerprint: Array.from({ length: 28 }, () => 'AB').join(':'),
  }
  test('reads back as it was written', () =>
    expect(readInvitation(` ${writeInvitation(invitation)}\n`)).toEqual({ ok: true, value: invitation }))
  test('cut anywhere, or altered in its mark, is refused', () => {
    const text = writeInvitation(invitation)
    for (let end = 0; end < text.length - 2; end++) {
      const read = readInvitation(text.slice(0, end))
      expect(read.ok ? 'taken' : read.fault.path[0]).toBe('invalid_invitation')
    }
    expect(readInvitation(text.replace('sacbe1', 'sacbe2')).ok).toBe(false)
  })
})
