import { describe, expect, test } from 'vitest'
import { later } from '../../src/base/clock.ts'
import { ok } from '../../src/base/result.ts'
import { contentDigest } from '../../src/evidence/record.ts'
import type { NodeConfiguration } from '../../src/exchange/node-configuration.ts'
import { type Delivery, provide } from '../../src/exchange/provide.ts'
import { sha512 } from '../../src/protocol/digests.ts'
import type { Header } from '../../src/protocol/rest-message.ts'
import { ownParameters, trustOf } from '../../src/trust/trust.ts'
import { issued } from '../trust/authority.ts'
import { answering, cast, codeIn, faultIn, post, serviceOf, type TwoNodes, twoNodes } from './two-nodes.ts'

/** What the consumer's node sent, held back before it is delivered. */
async function delivery(world: TwoNodes, call = {}): Promise<Delivery> {
  let held: Delivery | undefined
  world.wire.callPeer = async (_addresses, message) => {
    const peer = world.cast.dif.tls.certificate.der
    held = { method: 'POST', headers: message.headers, body: message.body, peer, deadline: later(world.clock.now, 24_000) }
    return { ok: false, fault: { path: ['network_error'], detail: '' } }
  }
  await world.ask(call)
  if (!held) throw new Error('nothing was sent')
  return held
}
const configure = (world: TwoNodes, change: (current: NodeConfiguration) => Partial<NodeConfiguration>): undefined => {
  const { configuration } = world.provider
  configuration.current = { ...configuration.current, ...change(configuration.current) }
}
const withHeader = (delivered: Delivery, name: string, value: string | null): Delivery => ({
  ...delivered,
  headers: [...delivered.headers.filter(([each]) => each !== name), ...(value === null ? [] : [[name, value] as const])],
})
const edited = (delivered: Delivery, from: string, to: string): Delivery => ({
  ...delivered,
  body: Buffer.from(Buffer.from(delivered.body).toString('latin1').replace(from, to), 'latin1'),
})
const directions = async (world: TwoNodes) => (await world.provider.kept()).map(({ direction }) => direction)

describe('a delivery is refused before anything is kept or called', () => {
  type Case = readonly [name: string, code: string, prepare: (delivered: Delivery, world: TwoNodes) => Delivery | undefined]
  const SF = 'server.serverproxy.service_failed'
  const SIGNATURE = 'server.serverproxy.signature_verification'
  const cases: readonly Case[] = [
    ['that is no POST', 'server.serverproxy.invalid_http_method', (sent) => ({ ...sent, method: 'GET' })],
    [
      'when the configuration ran out',
      'server.serverproxy.global_conf_outdated',
      (_, world) => void Object.assign(world.trust.current, { validUntil: later(world.clock.now, -1) }),
    ],
    ['without a digest', 'server.serverproxy.internal_error', (sent) => withHeader(sent, 'x-hash-algorithm', null)],
    ['with another digest', 'server.serverproxy.internal_error', (sent) => withHeader(sent, 'x-hash-algorithm', 'SHA-256')],
    ['that says it is SOAP and is not', 'server.serverproxy.missing_soap', (sent) => withHeader(sent, 'x-road-message-type', null)],
    ['that is no multipart', `${SF}.invalid_content_type`, (sent) => withHeader(sent, 'content-type', 'text/xml')],
    ['that is cut short', `${SF}.io_error`, (sent) => ({ ...sent, body: sent.body.subarray(0, -30) })],
    ['whose request id is not the signed one', `${SF}.inconsistent_headers`, (sent) => withHeader(sent, 'x-road-request-id', 'other')],
    ['for a member that is not here', `${SF}.unknown_member`, (_, world) => configure(world, () => ({ clients: [] }))],
    ['without a TLS certificate', `${SF}.ssl_authentication_failed`, (sent) => ({ ...sent, peer: null })],
    [
      'over a certificate registered for nobody',
      `${SF}.ssl_authentication_failed`,
      (sent, world) => ({ ...sent, peer: world.cast.stranger.certificate.der }),
    ],
    [
      'over the certificate of another member',
      `${SF}.ssl_authentication_failed`,
      (sent, world) => ({ ...sent, peer: world.cast.sedesoq.tls.certificate.der }),
    ],
    ['over something that is no certificate', `${SF}.ssl_authentication_failed`, (sent) => ({ ...sent, peer: Buffer.from('x') })],
    [
      'whose OCSP response has grown too old',
      `${SF}.ssl_authentication_failed`,
      (sent, world) => {
        world.clock.now = later(world.clock.now, 61 * 60_000)
        return { ...sent, deadline: later(world.clock.now, 24_000) }
      },
    ],
    ['for a service that is not there', 'server.serverproxy.unknown_service', (_, world) => configure(world, () => ({ services: [] }))],
    [
      'by REST for a SOAP service',
      'server.serverproxy.service_type',
      (_, world) => configure(world, () => ({ services: [serviceOf({ type: 'WSDL' })] })),
    ],
    ['without a right', 'server.serverproxy.access_denied', (_, world) => configure(world, () => ({ rights: [] }))],
    [
      'with a right for another method only',
      'server.serverproxy.access_denied',
      (_, world) =>
        configure(world, ({ rights }) => ({ rights: rights.map((right) => ({ ...right, endpoint: { method: 'POST', path: '**' } })) })),
    ],
    [
      'for a service that is switched off',
      'server.serverproxy.service_disabled',
      (_, world) => configure(world, () => ({ services: [serviceOf({ disabled: { notice: 'en obras' } })] })),
    ],
    [
      'for a service without an address',
      'server.serverproxy.service_missing_url',
      (_, world) => configure(world, () => ({ services: [serviceOf({ url: '' })] })),
    ],
    ['whose message was changed', `${SIGNATURE}.invalid_signature_value`, (sent) => edited(sent, 'detalle=si', 'detalle=no')],
    [
      'that claims to come from another member',
      `${SF}.ssl_authentication_failed`,
      (sent) => edited(sent, 'X-Road-Client:QRO/GOB/DIF/APOYOS', 'X-Road-Client:QRO/GOB/SEDESOQ/PADRON'),
    ],
    [
      'when our signing certificate is revoked',
      `${SF}.cannot_create_signature.cert_validation`,
      (_, world) => void world.centre.revoked.add(world.cast.sedesoq.signing.certificate.serial),
    ],
    ['when no time is left', 'server.serverproxy.busy', (sent, world) => ({ ...sent, deadline: later(world.clock.now, 3000) })],
  ]
  for (const [name, code, prepare] of cases)
    test(`${name}: ${code}`, async () => {
      const world = await twoNodes()
      const sent = await delivery(world)
      const reply = await provide(prepare(sent, world) ?? sent, world.provider.ports)
      expect(codeIn(reply)).toBe(code)
      expect(faultIn(reply).outcome).toBeUndefined()
      expect([await directions(world), world.register.calls]).toEqual([[], []])
    })

  test('when it cannot be kept: logging_failed', async () => {
    const world = await twoNodes()
    const sent = await delivery(world)
    Object.assign(world.provider.ports, { keep: async () => Promise.reject(new Error('disk full')) })
    const reply = await provide(sent, world.provider.ports)
    expect([codeIn(reply), faultIn(reply).outcome, world.register.calls]).toEqual(['server.serverproxy.logging_failed', undefined, []])
  })

  test('a wrong signature without a right is told access_denied, as stock servers do', async () => {
    const world = await twoNodes()
    const sent = edited(await delivery(world), 'detalle=si', 'detalle=no')
    configure(world, () => ({ rights: [] }))
    expect(codeIn(await provide(sent, world.provider.ports))).toBe('server.serverproxy.access_denied')
  })
})

describe('a server the configuration in force does not know yet', () => {
  /** The provider's node heard of DIF's server only in the configuration it can still look for. */
  async function behind(peer?: (world: TwoNodes) => Uint8Array) {
    const world = await twoNodes()
    const sent = await delivery(world)
    const newest = world.trust.current
    const parameters = ownParameters(newest.trust)
    const servers = parameters.servers.filter(({ id }) => id.memberCode !== 'DIF')
    const known = { ...newest, configuration: 'before', trust: trustOf('QRO', [{ ...parameters, servers }]) }
    let looks = 0
    const newerTrust = async () => {
      looks += 1
      return ok(newest)
    }
    const ports = { ...world.provider.ports, trust: async () => ok(known), newerTrust }
    const reply = await provide(peer ? { ...sent, peer: peer(world) } : sent, ports)
    return { reply: codeIn(reply), looks }
  }

  test('is let in, when one more look finds it registered', async () => {
    expect(await behind()).toEqual({ reply: 'ok', looks: 1 })
  })
  test('is refused when the newest does not know it either', async () => {
    const reply = 'server.serverproxy.service_failed.ssl_authentication_failed'
    expect(await behind(({ cast }) => cast.stranger.certificate.der)).toEqual({ reply, looks: 1 })
  })
  test('makes nobody look with a certificate that no authority of its instance made', async () => {
    const reply = 'server.serverproxy.service_failed.ssl_authentication_failed'
    const { ca } = await cast()
    const sameName = await issued('flows-other-ca', {
      use: 'root',
      subject: [
        ['C', 'QRO'],
        ['CN', 'CA de prueba'],
      ],
    })
    expect(sameName.certificate.subject.canonical).toBe(ca.certificate.subject.canonical)
    const forged = await issued('flows-forged', { use: 'authentication', subject: [['CN', 'nodo DIF']] }, sameName)
    expect(await behind(() => forged.certificate.der)).toEqual({ reply, looks: 0 })
    expect(await behind(() => Buffer.from('x'))).toEqual({ reply, looks: 0 })
  })
})

describe('after the service was called', () => {
  test('a connection that never came about leaves no doubt; one that broke does', async () => {
    for (const [outcome, code] of [
      [undefined, 'network_error'],
      ['unknown', 'io_error'],
    ] as const) {
      const world = await twoNodes()
      const sent = await delivery(world)
      world.register.answer = () => ({ ok: false, fault: { path: [code], detail: '', ...(outcome && { outcome }) } })
      const reply = await provide(sent, world.provider.ports)
      expect([codeIn(reply), faultIn(reply).outcome]).toEqual([`server.serverproxy.${code}`, outcome])
      expect(await directions(world)).toEqual(['request'])
    }
  })

  test('the outcome is unknown when the answer cannot be signed', async () => {
    const world = await twoNodes()
    const sent = await delivery(world)
    Object.assign(world.provider.ports, { sign: async () => Promise.reject(new Error('KMS is gone')) })
    const reply = await provide(sent, world.provider.ports)
    expect([codeIn(reply), faultIn(reply).outcome]).toEqual(['server.serverproxy.cannot_create_signature', 'unknown'])
    expect(await directions(world)).toEqual(['request'])
  })

  test('the outcome is unknown when the answer cannot be kept, and the answer is not given', async () => {
    const world = await twoNodes()
    const sent = await delivery(world)
    const { keep } = world.provider.ports
    Object.assign(world.provider.ports, {
      keep: (record: Parameters<typeof keep>[0]) =>
        record.direction === 'response' ? Promise.reject(new Error('disk full')) : keep(record),
    })
    const reply = await provide(sent, world.provider.ports)
    expect([codeIn(reply), faultIn(reply).outcome]).toEqual(['server.serverproxy.logging_failed', 'unknown'])
  })

  test('an answer too large to deliver is signed and kept by its size and digest', async () => {
    const world = await twoNodes()
    const sent = await delivery(world)
    const digest = sha512(Buffer.from('the whole of it'))
    world.register.answer = () => ok({ status: 200, reason: 'OK', headers: [], body: { size: 9_000_000, sha512: digest } })
    const reply = await provide(sent, world.provider.ports)
    expect([codeIn(reply), faultIn(reply).outcome]).toEqual(['server.serverproxy.message_too_large', 'unknown'])
    const response = (await world.provider.kept())[1]
    expect(response?.attachments).toEqual([{ kind: 'digest', size: 9_000_000, sha512: new Uint8Array(digest) }])
    expect(response?.documents.chain).toBeDefined()
  })

  test('headers that cannot be passed on are the service’s fault, its outcome unknown', async () => {
    const world = await twoNodes()
    const sent = await delivery(world)
    const headers: Header[] = Array.from({ length: 1001 }, (_, n) => [`X-${n}`, 'x'])
    world.register.answer = answering('{}', 200, headers)
    const reply = await provide(sent, world.provider.ports)
    expect([codeIn(reply), faultIn(reply).outcome]).toEqual(['server.serverproxy.http_error', 'unknown'])
  })

  test('its own refusals are answers like others', async () => {
    const world = await twoNodes()
    world.register.answer = answering('{"error":"no encontrado"}', 404)
    const answer = await world.ask()
    expect(answer.ok && answer.value.status).toBe(404)
  })
})

describe('the call to the service', () => {
  test('has its address, the consumer’s raw path and query, and the headers as signed', async () => {
    const world = await twoNodes()
    configure(world, () => ({ services: [serviceOf({ url: 'http://padron.test/api/' })] }))
    await world.ask({ target: '/r1/QRO/GOB/SEDESOQ/PADRON/consulta/a%2Fb/c?x=%20&y' })
    const [call] = world.register.calls
    expect(call?.url).toBe('http://padron.test/api/a%2Fb/c?x=%20&y')
    expect(call?.headers.find(([name]) => name === 'X-Road-Client')?.[1]).toBe('QRO/GOB/DIF/APOYOS')
    expect(call?.headers.map(([name]) => name.toLowerCase())).not.toContain('host')
  })

  test('carries a body with POST, PUT and PATCH alone, as stock servers deliver it', async () => {
    const world = await twoNodes()
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'GET']) await world.ask({ ...post('hola'), method })
    expect(world.register.calls.map(({ body }) => body && Buffer.from(body).toString())).toEqual(['hola', 'hola', 'hola', null, null])
  })
})

test('a service may say that evidence holds digests instead of bodies: both identities are the same', async () => {
  const world = await twoNodes()
  configure(world, () => ({ services: [serviceOf({ keepBodies: 'digest' })] }))
  await world.ask(post('datos personales'))
  const [full, sparse] = [await world.consumer.kept(), await world.provider.kept()]
  expect(sparse.flatMap(({ attachments }) => attachments.map(({ kind }) => kind))).toEqual(['digest', 'digest'])
  expect(JSON.stringify(sparse)).not.toContain(JSON.stringify([...Buffer.from('datos personales')]).slice(1, -1))
  expect(sparse.map(contentDigest)).toEqual(full.map(contentDigest))
})
