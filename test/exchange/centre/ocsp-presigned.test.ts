import { describe, expect, test } from 'vitest'
import { HOUR, later, SECOND } from '../../../src/base/clock.ts'
import { certificateRegister } from '../../../src/exchange/centre/certificate-register.ts'
import { answerPresigned, type PresignedPorts, presign } from '../../../src/exchange/centre/ocsp-presigned.ts'
import type { Sign } from '../../../src/protocol/sign.ts'
import { ocspRequest, readOcspResponse } from '../../../src/trust/ocsp.ts'
import { issued, NOON, sign } from '../../trust/authority.ts'
import { memoryStore } from './memory-store.ts'

const FRESHNESS = 12 * HOUR

/** A responder with two certificates in its register; its clock and its key are the test's. */
async function responder() {
  const ca = await issued('presigned-ca', { use: 'root', subject: [['CN', 'CA LAB']] })
  const own = await issued('presigned-ocsp', { use: 'ocsp', subject: [['CN', 'OCSP LAB']] }, ca)
  const [one, two] = await Promise.all(
    ['uno', 'dos'].map((name) => issued(`presigned-${name}`, { use: 'signing', subject: [['CN', name]] }, ca)),
  )
  if (!one || !two) throw new Error('two were issued')
  const state = { now: NOON, signatures: 0, keyIsOut: false }
  const counting: Sign = async (...asked) => {
    if (state.keyIsOut) throw new Error('the key service does not answer')
    state.signatures++
    return sign(...asked)
  }
  const store = memoryStore()
  const register = certificateRegister(store)
  for (const { certificate } of [one, two])
    await register.add({ serial: certificate.serial, use: 'signing', der: certificate.der, at: state.now })
  const ports: PresignedPorts = { store, register, sign: counting, now: () => state.now, freshness: FRESHNESS }
  const pairs = [{ ca, responder: own }]
  return {
    ...{ state, register, one, two },
    ahead: (seconds = 60) => presign(pairs, later(state.now, seconds * SECOND), ports),
    ask: async ({ certificate }: typeof one) => {
      const answer = await answerPresigned(ocspRequest(certificate, ca.certificate), pairs, ports)
      const read = readOcspResponse(answer)
      if (!read.ok) throw new Error(read.fault.detail)
      const [{ status, thisUpdate, nextUpdate }] = read.value.singles
      return { status, age: state.now - thisUpdate, left: (nextUpdate ?? 0) - state.now }
    },
  }
}

describe('OCSP answers signed ahead', () => {
  test('are served as they lie: nobody who asks makes the key sign', async () => {
    const { ahead, ask, state, one, two } = await responder()
    expect(await ahead()).toEqual({ signed: 2, left: 0 })
    state.now = later(state.now, 2 * HOUR)
    for (const each of [one, two, one]) expect(await ask(each)).toEqual({ status: 'good', age: 2 * HOUR, left: 10 * HOUR })
    expect(state.signatures).toBe(2)
  })

  test('are signed anew after a quarter of their life, and only those', async () => {
    const { ahead, state } = await responder()
    await ahead()
    state.now = later(state.now, 2 * HOUR)
    expect(await ahead()).toEqual({ signed: 0, left: 0 })
    state.now = later(state.now, HOUR)
    expect(await ahead()).toEqual({ signed: 2, left: 0 })
  })

  test('answer for nine hours at least when the key is out of reach, and never when they are over', async () => {
    const { ahead, ask, state, one } = await responder()
    await ahead()
    state.keyIsOut = true
    state.now = later(state.now, 11 * HOUR)
    expect(await ask(one)).toEqual({ status: 'good', age: 11 * HOUR, left: HOUR })
    state.now = later(state.now, HOUR)
    await expect(ask(one)).rejects.toThrow('the key service does not answer')
    state.keyIsOut = false
    expect(await ask(one)).toMatchObject({ status: 'good', age: 0 })
  })

  test('say nothing against a revocation: it is signed at once, and an old good answer is not served even when the key is out', async () => {
    const { ahead, ask, state, register, one, two } = await responder()
    await ahead()
    state.now = later(state.now, HOUR)
    await register.revoke(one.certificate.serial, state.now)
    await register.revoke(two.certificate.serial, state.now)
    expect(await ask(one)).toMatchObject({ status: 'revoked', age: 0 })
    state.keyIsOut = true
    await expect(ask(two)).rejects.toThrow('the key service does not answer')
    state.keyIsOut = false
    expect(await ahead()).toEqual({ signed: 1, left: 0 })
    state.keyIsOut = true
    expect(await ask(two)).toMatchObject({ status: 'revoked', age: 0 })
  })

  test('are left for the next run when the time is over', async () => {
    const { ahead } = await responder()
    expect(await ahead(0)).toEqual({ signed: 0, left: 2 })
  })
})
