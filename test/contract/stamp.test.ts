import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { stampOverHttp } from '../../src/adapters/http/stamp.ts'
import { ok } from '../../src/base/result.ts'
import { verifyToken } from '../../src/evidence/timestamp.ts'
import type { FetchUrl, LogEntry } from '../../src/exchange/ports.ts'
import { sha512 } from '../../src/protocol/digests.ts'
import { trustOf, tsaCertificates } from '../../src/trust/trust.ts'
import { twoNodes } from '../exchange/two-nodes.ts'

describe('a stamp over HTTP', () => {
  test('is a token over the digest, by an approved authority', async () => {
    const { centre, trust } = await twoNodes()
    const data = randomBytes(100)
    const token = await stampOverHttp(
      centre.fetchUrl,
      async () => ok(trust.current),
      () => {},
    )(sha512(data))
    if (!token.ok) throw new Error(token.fault.detail)
    expect(verifyToken(token.value, data, tsaCertificates(trust.current.trust), { strict: false }).ok).toBe(true)
  })

  test('is asked of one authority after the other, and each refusal is logged', async () => {
    const { centre, trust } = await twoNodes()
    const [parameters] = trust.current.trust.instances.values()
    if (!parameters) throw new Error('no parameters')
    const [tsa] = parameters.approvedTsas
    if (!tsa) throw new Error('no authority')
    const several = trustOf('QRO', [
      { ...parameters, approvedTsas: [{ ...tsa, url: 'http://silent.test' }, { ...tsa, url: 'http://busy.test' }, tsa] },
    ])
    const log: LogEntry[] = []
    const fetchUrl: FetchUrl = async (url, post, ms) => {
      if (url === 'http://busy.test') return ok({ status: 503, reason: '', headers: [], body: Buffer.alloc(0) })
      return centre.fetchUrl(url, post, ms)
    }
    centre.silent.add('http://silent.test')
    const stamp = stampOverHttp(
      fetchUrl,
      async () => ok({ ...trust.current, trust: several }),
      (entry) => void log.push(entry),
    )
    expect((await stamp(sha512(randomBytes(8)))).ok).toBe(true)
    expect(log.map(({ code }) => code)).toEqual(['network_error', 'timestamper_failed'])
    centre.silent.add(tsa.url)
    expect(await stamp(sha512(randomBytes(8)))).toMatchObject({ ok: false, fault: { path: ['network_error'] } })
  })
})
