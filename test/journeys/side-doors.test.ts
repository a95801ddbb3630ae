import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NodePlan } from '../../src/local/plan.ts'
import { readCertificate } from '../../src/trust/certificates.ts'
import { type Exchange, openExchange } from './exchange.ts'
import { authenticationOf } from './peer.ts'
import { plan } from './plan.ts'

describe('the plain listeners of a node', () => {
  let exchange: Exchange
  beforeAll(async () => {
    const opened = (node: NodePlan): NodePlan => ({ ...node, settings: { ocspPort: 0, healthPort: 0 } })
    exchange = await openExchange({ plan: { ...plan, nodes: plan.nodes.map(opened) } })
  })
  afterAll(() => exchange[Symbol.asyncDispose]())
  const sides = () => exchange.world.nodes.get('register')?.sides ?? {}

  test('hand out the OCSP response of its TLS certificate by SHA-1, over plain HTTP; HEAD is a heartbeat', async () => {
    const { der } = authenticationOf(exchange, 'register')
    expect(readCertificate(der).ok).toBe(true)
    const base = `http://127.0.0.1:${sides().ocspPort}`
    const answer = await fetch(`${base}/?cert=${createHash('sha1').update(der).digest('hex')}`)
    expect([answer.status, answer.headers.get('content-type')?.split(';')[0]]).toEqual([200, 'multipart/related'])
    expect(await answer.text()).toContain('Content-Type: application/ocsp-response')
    expect((await fetch(base, { method: 'HEAD' })).status).toBe(200)
    expect((await fetch(`${base}/?cert=00`)).status).toBe(500)
    expect((await fetch(base, { method: 'POST' })).status).toBe(500)
  })

  test('tell a load balancer that all is well, on any path by any method', async () => {
    for (const [path, method] of [
      ['/', 'GET'],
      ['/que/sea', 'POST'],
    ] as const) {
      const answer = await fetch(`http://127.0.0.1:${sides().healthPort}${path}`, { method })
      expect([answer.status, await answer.text()]).toEqual([200, ''])
    }
  })
})
