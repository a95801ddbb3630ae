import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { handOutOcsp } from '../../src/exchange/hand-out-ocsp.ts'
import { peerOcspUrl } from '../../src/exchange/peer-responder.ts'
import { boundaryOf, readContentType } from '../../src/protocol/content-type.ts'
import { readMultipart } from '../../src/protocol/multipart.ts'
import { readCertificate } from '../../src/trust/certificates.ts'
import { judgeOcsp } from '../../src/trust/ocsp.ts'
import { codeIn, type TwoNodes, twoNodes } from './two-nodes.ts'

const digest = (algorithm: string, der: Uint8Array) => createHash(algorithm).update(der).digest('hex')
const ask = (world: TwoNodes, target: string, method = 'GET') => handOutOcsp(method, target, world.provider.ports)

describe('a node hands out the OCSP responses for its own TLS certificates', () => {
  const der = async (world: TwoNodes) => world.cast.sedesoq.tls.certificate.der
  test('one part for each SHA-1, in the order asked; each is good for the certificate', async () => {
    const world = await twoNodes()
    const sha1 = digest('sha1', await der(world))
    const answer = await ask(world, `/?cert=${sha1}&cert=${sha1.toUpperCase()}&cert_hash=${digest('sha256', await der(world))}`)
    const type = readContentType(answer.headers[0]?.[1] ?? '')
    expect([answer.status, type?.type, type?.parameters.get('type')]).toEqual([200, 'multipart/related', 'application/ocsp-response'])
    const parts = readMultipart((type && boundaryOf(type)) ?? '', answer.body)
    if (!parts.ok) throw new Error(parts.fault.detail)
    expect(parts.value.map(({ headers }) => headers)).toEqual(
      Array.from({ length: 2 }, () => [['Content-Type', 'application/ocsp-response']]),
    )
    const certificate = readCertificate(await der(world))
    for (const { body } of parts.value)
      expect(certificate.ok && judgeOcsp([body], certificate.value, world.trust.current.trust, world.clock.now).ok).toBe(true)
  })
  test('by SHA-256 when there is no SHA-1', async () => {
    const world = await twoNodes()
    expect((await ask(world, `/?cert_hash=${digest('sha256', await der(world))}`)).status).toBe(200)
  })
  test('answers HEAD with nothing', async () => {
    expect(await ask(await twoNodes(), '/', 'HEAD')).toEqual({ status: 200, headers: [], body: new Uint8Array() })
  })
  test.each([
    ['another certificate’s', (sha1: string) => `/?cert=${sha1}&cert=${'0'.repeat(40)}`, 'GET'],
    ['none', () => '/', 'GET'],
    ['too many', (sha1: string) => `/?${Array.from({ length: 11 }, () => `cert=${sha1}`).join('&')}`, 'GET'],
    ['by POST', (sha1: string) => `/?cert=${sha1}`, 'POST'],
  ])('%s: 500, and no part', async (_name, target, method) => {
    const world = await twoNodes()
    const answer = await ask(world, target(digest('sha1', await der(world))), method)
    expect([answer.status, answer.headers[0]?.[1]]).toEqual([500, 'text/plain;charset=utf-8'])
  })
  test('500 when its certificate is revoked', async () => {
    const world = await twoNodes()
    world.centre.revoked.add(world.cast.sedesoq.tls.certificate.serial)
    expect((await ask(world, `/?cert=${digest('sha1', await der(world))}`)).status).toBe(500)
  })
})

describe('a consumer’s node asks the peer itself for its OCSP response', () => {
  /** The peer's responder beside the centre's. */
  const withPeer = async () => {
    const world = await twoNodes()
    const urls: string[] = []
    const { fetchUrl } = world.consumer.ports
    Object.assign(world.consumer.ports, {
      fetchUrl: async (url: string, post: Parameters<typeof fetchUrl>[1], ms: number) => {
        if (!url.startsWith('http://sedesoq.test:')) return fetchUrl(url, post, ms)
        urls.push(url)
        const answer = await ask(world, url.slice(url.indexOf('/?')))
        return { ok: true, value: { ...answer, reason: '' } }
      },
    })
    return { world, urls }
  }
  /** Our own responses are known from a first exchange; the peer's is forgotten again. */
  const forgetPeer = ({ consumer, cast }: TwoNodes) => {
    const name = digest('sha256', cast.sedesoq.tls.certificate.der)
    for (const key of consumer.ports.memory.ocsp.keys()) if (key.endsWith(name)) consumer.ports.memory.ocsp.delete(key)
  }
  test('when its authority’s responder is silent', async () => {
    const { world, urls } = await withPeer()
    expect([codeIn(await world.ask()), urls]).toEqual(['ok', []])
    forgetPeer(world)
    world.consumer.ports.memory.asking.clear()
    const { fetchUrl } = world.consumer.ports
    Object.assign(world.consumer.ports, {
      fetchUrl: async (url: string, post: Parameters<typeof fetchUrl>[1], ms: number) =>
        post ? { ok: false, fault: { path: ['network_error'], detail: 'silent' } } : fetchUrl(url, post, ms),
    })
    expect(codeIn(await world.ask())).toBe('ok')
    expect(urls).toEqual([peerOcspUrl('sedesoq.test', 5577, world.cast.sedesoq.tls.certificate.der)])
  })
  test('before its authority’s responder, at the port that is set', async () => {
    const { world, urls } = await withPeer()
    const { configuration } = world.consumer
    configuration.current = { ...configuration.current, peerResponders: { port: 6577, first: true } }
    expect(codeIn(await world.ask())).toBe('ok')
    expect(urls).toEqual([peerOcspUrl('sedesoq.test', 6577, world.cast.sedesoq.tls.certificate.der)])
  })
  test('and believes it no more than anybody: an older or another response is none', async () => {
    const { world } = await withPeer()
    const { configuration } = world.consumer
    configuration.current = { ...configuration.current, peerResponders: { port: 5577, first: true } }
    world.centre.revoked.add(world.cast.sedesoq.tls.certificate.serial)
    expect(codeIn(await world.ask())).toBe('server.clientproxy.ssl_authentication_failed')
  })
})

test('the address of a responder is the peer’s own, whatever port its address names', () => {
  const hosts = ['a.test', 'a.test:5500', '10.0.0.1:1', '[::1]:5500', '[::1]'].map(
    (each) => new URL(peerOcspUrl(each, 5577, Buffer.from('x'))).host,
  )
  expect(hosts).toEqual(['a.test:5577', 'a.test:5577', '10.0.0.1:5577', '[::1]:5577', '[::1]:5577'])
})
