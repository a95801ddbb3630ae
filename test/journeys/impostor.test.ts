import { describe, expect, test } from 'vitest'
import { MINUTE } from '../../src/base/clock.ts'
import { selfSigned } from '../local/self-signed.ts'
import { needs } from '../tools.ts'
import { type Exchange, expectRefusal, openExchange, requestIdOf } from './exchange.ts'
import { authenticationOf, identityOf, impostor, type TlsIdentity } from './peer.ts'
import { renewAuthentication } from './renew.ts'

/** The bank calls, and somebody else is at the register's address. */
async function expectNothingTold(exchange: Exchange, identity: TlsIdentity) {
  await using there = await impostor(exchange, 'register', identity)
  await exchange.world.nodes.get('bank')?.refreshTrust()
  const answer = await exchange.get('/x', { method: 'POST', body: Buffer.from('secreto') })
  expect(answer.status).toBe(500)
  expect(JSON.parse(Buffer.from(answer.body).toString()).type).toMatch(/^server\.clientproxy\.ssl_authentication_failed/)
  expect(there.seen).toEqual({ connections: 1, bytes: 0 })
  expect(await exchange.kept('bank', requestIdOf(answer))).toEqual(['consumer request'])
}

describe('somebody else at the provider’s address learns nothing: not a byte leaves before the certificate is judged', () => {
  test.runIf(needs('openssl'))('with a certificate nobody issued', async () => {
    await using exchange = await openExchange()
    const { certificate, key } = selfSigned('localhost')
    await expectNothingTold(exchange, { cert: certificate, key })
  })
  test('with another member’s certificate', async () => {
    await using exchange = await openExchange()
    for (const node of ['stranger', 'bank']) await expectNothingTold(exchange, await identityOf(exchange, node))
  })
  test('with the right one, after its time by the node’s clock', async () => {
    await using exchange = await openExchange()
    const identity = await renewAuthentication(exchange, 'register', 60 * MINUTE)
    expect((await exchange.get('/x')).status).toBe(200)
    exchange.wait(61 * MINUTE)
    expectRefusal(await exchange.get('/x'), 'server.clientproxy.ssl_authentication_failed')
    await expectNothingTold(exchange, identity)
  })
  test('with the right one, before its time by the node’s clock', async () => {
    await using exchange = await openExchange()
    exchange.wait(60 * MINUTE)
    const identity = await renewAuthentication(exchange, 'register', 600 * MINUTE)
    exchange.wait(-60 * MINUTE)
    await expectNothingTold(exchange, identity)
  })
  test('with the right one, after it was revoked', async () => {
    await using exchange = await openExchange()
    expect((await exchange.get('/x')).status).toBe(200)
    await exchange.world.centre.revoke(authenticationOf(exchange, 'register').serial)
    exchange.wait(21 * MINUTE) // the answer at hand is younger until then
    await expectNothingTold(exchange, await identityOf(exchange, 'register'))
  })
})
