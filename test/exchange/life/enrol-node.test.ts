import { describe, expect, test } from 'vitest'
import { enrolHandler, readInvitation } from '../../../functions/enrol/handler.ts'
import { EDGE_CERTIFICATES } from '../../../src/exchange/edge/reconcile.ts'
import { type OwedRequest, owedAnswerKey } from '../../../src/exchange/life/owed.ts'
import { NODE } from '../../../src/exchange/stored-node.ts'
import { member } from '../centre/test-centre.ts'
import { anotherPublic, outside, SIGNING } from './outside.ts'

describe('the enrolment of a node whose signing key it may not use', () => {
  test('brings it in with one invitation; called again it does nothing', async () => {
    const { run, invitation, node, keys, store } = await outside()
    expect(await run({ invitation })).toEqual({ node: 'enrolled', edge: 'ready' })
    const { configuration } = await node()
    expect(configuration.clients).toMatchObject([{ id: member('DIF'), signing: { key: SIGNING, algorithm: 'rsa-sha512' } }])
    expect((await store.get(EDGE_CERTIFICATES))?.value).toEqual({
      provider: { certificate: 'arn:1', ownership: 'arn:public:dif.example' },
      consumer: { certificate: 'arn:public:c.dif.example' },
    })
    expect(await run({ invitation })).toEqual({ node: 'already', edge: 'ready' })
    expect(keys).toHaveLength(1)
  })

  test('publishes nothing of it until its signing key has spoken; then the registration waits for approval as any other', async () => {
    const { run, invitation, requests, pay, owed, store } = await outside()
    await run({ invitation })
    expect(await requests()).toEqual([])
    await pay()
    expect(await requests()).toMatchObject([{ type: 'authCertReg', status: 'WAITING', address: 'dif.example:443' }])
    const [first] = await owed()
    expect((await store.get(owedAnswerKey(first?.messageId ?? '')))?.value).toMatchObject({ requestId: expect.any(Number) })
  })

  test('an answer that was lost on its way is not a second registration', async () => {
    const { run, invitation, requests, pay, store } = await outside()
    await run({ invitation })
    const before = store.copy()
    await pay()
    store.restore(before)
    await pay()
    expect(await requests()).toHaveLength(1)
  })

  test('somebody without the signing key cannot register by the invitation alone', async () => {
    const world = await outside()
    const ports = { ...world.ports, signingKey: { key: SIGNING, publicKey: async () => anotherPublic } }
    await enrolHandler(ports)({ invitation: world.invitation })
    await world.pay()
    expect(await world.requests()).toEqual([])
  })

  test('what is owed about another server is not signed', async () => {
    const { run, invitation, requests, pay, owed } = await outside()
    await run({ invitation })
    const [mine] = (await owed()) as readonly OwedRequest[]
    if (!mine) throw new Error('nothing is owed')
    await pay(async () => [{ ...mine, wanted: { ...mine.wanted, server: { ...member('SEDESOQ'), serverCode: 'nodo' } } }])
    expect(await requests()).toEqual([])
  })

  test.each([
    ['another anchor than was said', { fingerprint: '00:11' }, /malformed_anchor/],
    ['a wrong secret', { secret: 'x' }, /invalid_invitation/],
    ["another member's server", { server: 'LAB/GOB/SEDESOQ/nodo' }, /invalid_invitation/],
  ])('%s is refused, and nothing is kept', async (_, edit, why) => {
    const { run, invitation, store } = await outside()
    await expect(run({ invitation: { ...invitation, ...edit } })).rejects.toThrow(why)
    expect(await store.query(NODE)).toEqual([])
  })

  test('names that are not proved yet: their records are written, and a later run ends it', async () => {
    const { run, invitation, publics, store } = await outside()
    publics.issued = false
    expect(await run({ invitation })).toEqual({ node: 'enrolled', edge: 'waiting' })
    expect(new Set(publics.proofs).size).toBe(2)
    publics.issued = true
    expect(await run({})).toEqual({ node: 'not invited', edge: 'ready' })
    expect((await store.get(EDGE_CERTIFICATES))?.value).toMatchObject({ provider: { certificate: 'arn:1' } })
  })

  test('an invitation that is not whole is told what it lacks, and not what it holds', () => {
    const lacking = () => readInvitation({ secret: 'hush', server: 'x', zone: 'Z' })
    expect(lacking).toThrow('the invitation lacks: centre, fingerprint, systems')
    expect(lacking).not.toThrow('hush')
  })
})
