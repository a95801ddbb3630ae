import { describe, expect, test } from 'vitest'
import { DAY, later, MINUTE } from '../../src/base/clock.ts'
import { ok } from '../../src/base/result.ts'
import { consume } from '../../src/exchange/consume.ts'
import { sha256 } from '../../src/exchange/ocsp-at-hand.ts'
import type { HttpAnswer } from '../../src/exchange/ports.ts'
import { bytesBody } from '../../src/protocol/body.ts'
import { refuse } from '../../src/protocol/faults.ts'
import type { RestCall } from '../../src/protocol/rest-message.ts'
import { trustOf } from '../../src/trust/trust.ts'
import { answering, CONSULTA, codeIn, DIF, faultIn, post, TARGET, type TwoNodes, twoNodes } from './two-nodes.ts'

type Setting = TwoNodes['consumer']['configuration']['current']
const configure = (world: TwoNodes, change: (current: Setting) => Setting) => {
  world.consumer.configuration.current = change(world.consumer.configuration.current)
}
const validFor = (world: TwoNodes, ms: number) => {
  world.trust.current = { ...world.trust.current, validUntil: later(world.clock.now, ms) }
}
const directions = async (node: { kept: TwoNodes['consumer']['kept'] }) => (await node.kept()).map(({ direction }) => direction)
const headers = (...more: readonly (readonly [string, string])[]): Partial<RestCall> => ({
  headers: [['X-Road-Client', 'QRO/GOB/DIF/APOYOS'], ...more],
})

describe('a call is refused before anything is signed, kept or sent', () => {
  type Case = readonly [
    name: string,
    code: string,
    prepare?: (world: TwoNodes) => void | Promise<void>,
    call?: Partial<RestCall>,
    caller?: { tls: boolean; certificate: Uint8Array | null },
  ]
  const cases: readonly Case[] = [
    ['without X-Road-Client', 'server.clientproxy.invalid_client_identifier', undefined, { headers: [] }],
    [
      'with a client this node does not have',
      'server.clientproxy.unknown_member',
      undefined,
      { headers: [['X-Road-Client', 'QRO/GOB/SEDESOQ/PADRON']] },
    ],
    ['with the member for its subsystem', 'server.clientproxy.unknown_member', undefined, { headers: [['X-Road-Client', 'QRO/GOB/DIF']] }],
    ['with a malformed identifier', 'server.clientproxy.internal_error', undefined, { headers: [['X-Road-Client', 'QRO/GOB']] }],
    ['with a target that names no service', 'server.clientproxy.internal_error', undefined, { target: '/r1/QRO/GOB' }],
    ['with an unknown method', 'server.clientproxy.internal_error', undefined, { method: 'BREW' }],
    [
      'with a flood of headers',
      'server.clientproxy.internal_error',
      undefined,
      headers(...Array.from({ length: 300 }, (_, n) => [`X-${n}`, 'x'] as const)),
    ],
    ['with a body over the limit', 'client.message_too_large', undefined, { ...post(''), body: bytesBody(Buffer.alloc(4_400_001)) }],
    [
      'over plain HTTP when TLS is asked for',
      'server.clientproxy.ssl_authentication_failed',
      undefined,
      {},
      { tls: false, certificate: null },
    ],
    [
      'without a certificate when one is asked for',
      'server.clientproxy.ssl_authentication_failed',
      (world) => configure(world, (node) => ({ ...node, clients: node.clients.map((each) => ({ ...each, connection: 'SSLAUTH' })) })),
    ],
    [
      'with a certificate that is not the client’s',
      'server.clientproxy.ssl_authentication_failed',
      (world) =>
        configure(world, (node) => ({
          ...node,
          clients: node.clients.map((each) => ({ ...each, connection: 'SSLAUTH', certificates: ['00'] })),
        })),
      {},
      { tls: true, certificate: Buffer.from('certificate') },
    ],
    ['to a member nobody knows', 'server.clientproxy.unknown_member', undefined, { target: TARGET.replace('SEDESOQ', 'NADIE') }],
    [
      'aimed at a server that does not serve the member',
      'server.clientproxy.invalid_security_server',
      undefined,
      headers(['X-Road-Security-Server', 'QRO/GOB/DIF/nodo']),
    ],
    [
      'when the provider is in maintenance',
      'server.clientproxy.maintenance_mode',
      (world) => withServers(world, (server) => ({ ...server, maintenance: { message: 'vuelva a las 5' } })),
    ],
    [
      'when the provider has no address',
      'server.clientproxy.unknown_member',
      (world) => withServers(world, ({ address: _, ...server }) => server),
    ],
    ['when the configuration ran out', 'server.clientproxy.global_conf_outdated', (world) => validFor(world, -1)],
    [
      'without the legal basis its policy asks for',
      'client.legal_basis_missing',
      (world) => configure(world, (node) => ({ ...node, policies: [{ service: CONSULTA, requires: ['issue'] }] })),
    ],
    [
      'when our TLS certificate is revoked',
      'server.clientproxy.ssl_authentication_failed.cert_validation',
      (world) => void world.centre.revoked.add(world.cast.dif.tls.certificate.serial),
    ],
    [
      'when our signing certificate is revoked',
      'server.clientproxy.cannot_create_signature.cert_validation',
      (world) => void world.centre.revoked.add(world.cast.dif.signing.certificate.serial),
    ],
    [
      'when the responder is silent from the start',
      'server.clientproxy.ssl_authentication_failed.network_error',
      (world) => void world.centre.silent.add('http://ocsp.test'),
    ],
    [
      'when our certificates have run out',
      'server.clientproxy.ssl_authentication_failed.cannot_create_cert_path.internal_error',
      (world) => {
        world.clock.now = later(world.clock.now, 366 * DAY)
        validFor(world, 1)
      },
    ],
    [
      'when every other clock differs by more than 30 seconds',
      'server.clientproxy.clock_skew',
      (world) => {
        world.centre.ahead = 40_000
      },
    ],
    [
      'when the key’s holder does not sign',
      'server.clientproxy.cannot_create_signature',
      (world) => Object.assign(world.consumer.ports, { sign: async () => Promise.reject(new Error('KMS is gone')) }),
    ],
  ]
  for (const [name, code, prepare, call, caller] of cases)
    test(`${name}: ${code}`, async () => {
      const world = await twoNodes()
      await prepare?.(world)
      const answer = await world.ask(call, caller)
      expect(codeIn(answer)).toBe(code)
      expect(faultIn(answer).outcome).toBeUndefined()
      expect([await directions(world.consumer), await directions(world.provider), world.wire.delivered]).toEqual([[], [], []])
    })

  test('what the key’s holder said goes into the log, not to the caller', async () => {
    const world = await twoNodes()
    Object.assign(world.consumer.ports, { sign: async () => Promise.reject(new Error('arn:aws:kms:secret')) })
    expect(JSON.stringify(await world.ask())).not.toContain('arn:aws')
    expect(JSON.stringify(world.consumer.log)).toContain('arn:aws:kms:secret')
  })
})

function withServers(world: TwoNodes, change: (server: ServerEntry) => ServerEntry): void {
  const [parameters] = world.trust.current.trust.instances.values()
  if (!parameters) throw new Error('no parameters')
  const trust = trustOf('QRO', [{ ...parameters, servers: parameters.servers.map(change) }])
  world.trust.current = { ...world.trust.current, trust, configuration: 'other' }
}
type ServerEntry = NonNullable<ReturnType<TwoNodes['trust']['current']['trust']['instances']['get']>>['servers'][number]

describe('a client’s certificate', () => {
  test('that is one of its own opens an SSLAUTH connection', async () => {
    const world = await twoNodes()
    const certificate = Buffer.from('certificate')
    configure(world, (node) => ({
      ...node,
      clients: node.clients.map((each) => ({ ...each, connection: 'SSLAUTH', certificates: [sha256(certificate)] })),
    }))
    expect(codeIn(await world.ask({}, { tls: true, certificate }))).toBe('ok')
  })

  test('is not asked for by NOSSL, not even TLS', async () => {
    const world = await twoNodes()
    configure(world, (node) => ({ ...node, clients: node.clients.map((each) => ({ ...each, connection: 'NOSSL' })) }))
    expect(codeIn(await world.ask({}, { tls: false, certificate: null }))).toBe('ok')
  })
})

describe('a request that is kept but does not reach the provider', () => {
  test('goes nowhere when it cannot be kept', async () => {
    const world = await twoNodes()
    Object.assign(world.consumer.ports, { keep: async () => Promise.reject(new Error('disk full')) })
    const answer = await world.ask()
    expect([codeIn(answer), faultIn(answer).outcome, world.wire.delivered]).toEqual(['server.clientproxy.logging_failed', undefined, []])
  })

  test('is not written to a node whose certificate is registered for nobody, or for another member', async () => {
    for (const whose of ['stranger', 'dif'] as const) {
      const world = await twoNodes()
      const der = whose === 'dif' ? world.cast.dif.tls.certificate.der : world.cast.stranger.certificate.der
      world.wire.callPeer = async (_addresses, _message, accepts) => {
        const accepted = await accepts(der, 'sedesoq.test')
        return accepted.ok ? refuse('internal_error', 'it was accepted') : accepted
      }
      expect(codeIn(await world.ask())).toBe('server.clientproxy.ssl_authentication_failed')
    }
  })

  test('is not written to the right node once its certificate is revoked', async () => {
    const world = await twoNodes()
    world.centre.revoked.add(world.cast.sedesoq.tls.certificate.serial)
    const answer = await world.ask()
    expect([codeIn(answer), faultIn(answer).outcome, world.wire.delivered]).toEqual([
      'server.clientproxy.ssl_authentication_failed',
      undefined,
      [],
    ])
    expect(await directions(world.consumer)).toEqual(['request'])
  })

  test('is not written when no time is left', async () => {
    const world = await twoNodes()
    const call = { method: 'GET', target: TARGET, headers: [['X-Road-Client', 'QRO/GOB/DIF/APOYOS']] as const, body: null }
    const answer = await consume(
      call,
      { tls: true, certificate: null },
      { requestId: 'r', deadline: later(world.clock.now, 3000) },
      world.consumer.ports,
    )
    expect([codeIn(answer), world.wire.delivered]).toEqual(['server.clientproxy.busy', []])
  })
})

describe('an answer is refused, its outcome unknown and nothing of it kept', () => {
  const altered = (change: (answer: HttpAnswer, world: TwoNodes) => HttpAnswer | Promise<HttpAnswer>) => (world: TwoNodes) => {
    const deliver = world.wire.callPeer
    world.wire.callPeer = async (...question) => {
      const answer = await deliver(...question)
      return answer.ok ? ok(await change(answer.value, world)) : answer
    }
  }
  const replaced = (from: string, to: string) =>
    altered((answer) => ({ ...answer, body: Buffer.from(Buffer.from(answer.body).toString('latin1').replace(from, to), 'latin1') }))
  const cases: readonly (readonly [name: string, code: string, prepare: (world: TwoNodes) => void])[] = [
    [
      'when its body was changed',
      'server.clientproxy.signature_verification.malformed_signature.invalid_hash_chain_ref',
      replaced('{"curp":"X"}', '{"curp":"Y"}'),
    ],
    [
      'when its status was changed',
      'server.clientproxy.signature_verification.malformed_signature.invalid_hash_chain_ref',
      replaced('200\r\n', '201\r\n'),
    ],
    [
      'when it ends early',
      'server.clientproxy.service_failed.io_error',
      altered((answer) => ({ ...answer, body: answer.body.subarray(0, -20) })),
    ],
    [
      'when it is no multipart',
      'server.clientproxy.service_failed.invalid_content_type',
      altered((answer) => ({ ...answer, headers: [['content-type', 'text/html']] })),
    ],
    ['when it has no content type', 'server.clientproxy.invalid_content_type', altered((answer) => ({ ...answer, headers: [] }))],
    [
      'with another digest',
      'server.clientproxy.service_failed.internal_error',
      altered((answer) => ({ ...answer, headers: answer.headers.map(([name, value]) => [name, value === 'SHA-512' ? 'SHA-256' : value]) })),
    ],
    ['with status 502', 'server.clientproxy.http_error', altered((answer) => ({ ...answer, status: 502 }))],
    [
      'when the connection broke',
      'server.clientproxy.network_error',
      (world) => {
        world.wire.callPeer = async () => ({ ok: false, fault: { path: ['network_error'], detail: '', outcome: 'unknown' } })
      },
    ],
    [
      'when it was signed by another member',
      'server.clientproxy.signature_verification.incorrect_certificate',
      (world) => void signAs(world),
    ],
  ]
  for (const [name, code, prepare] of cases)
    test(`${name}: ${code}`, async () => {
      const world = await twoNodes()
      prepare(world)
      const answer = await world.ask()
      expect(codeIn(answer)).toBe(code)
      expect(faultIn(answer).outcome).toBe('unknown')
      expect(faultIn(answer).detail).toContain('x-road-request-id')
      expect(await directions(world.consumer)).toEqual(['request'])
      expect(await directions(world.provider)).toEqual(name.includes('broke') ? [] : ['request', 'response'])
    })

  function signAs(world: TwoNodes): void {
    const { key, certificate } = world.cast.dif.signing
    const provider = world.provider.configuration
    provider.current = {
      ...provider.current,
      clients: provider.current.clients.map((each) => ({ ...each, signing: { ...each.signing, key, certificate: certificate.der } })),
    }
  }

  test('when it answers another request', async () => {
    const world = await twoNodes()
    let first: HttpAnswer | undefined
    altered((answer) => {
      first ??= answer
      return first
    })(world)
    expect(codeIn(await world.ask())).toBe('ok')
    const second = await world.ask()
    expect([codeIn(second), faultIn(second).outcome]).toEqual(['server.clientproxy.inconsistent_response', 'unknown'])
  })

  test('when it cannot be kept', async () => {
    const world = await twoNodes()
    const { keep } = world.consumer.ports
    Object.assign(world.consumer.ports, {
      keep: (record: Parameters<typeof keep>[0]) =>
        record.direction === 'response' ? Promise.reject(new Error('disk full')) : keep(record),
    })
    const answer = await world.ask()
    expect([codeIn(answer), faultIn(answer).outcome]).toEqual(['server.clientproxy.logging_failed', 'unknown'])
    expect(await directions(world.consumer)).toEqual(['request'])
  })
})

describe('a fault of the provider’s node', () => {
  test('is passed on untouched, and its outcome is unknown unless its code says that nothing was called', async () => {
    const world = await twoNodes()
    world.provider.configuration.current = { ...world.provider.configuration.current, rights: [] }
    const denied = await world.ask()
    expect([codeIn(denied), faultIn(denied).outcome]).toEqual(['server.serverproxy.access_denied', undefined])
    world.provider.configuration.current = {
      ...world.provider.configuration.current,
      rights: [{ service: CONSULTA, subject: { kind: 'client', id: DIF }, endpoint: { method: '*', path: '**' } }],
    }
    world.register.answer = () => ({
      ok: false,
      fault: { path: ['network_error'], detail: '10.0.0.7:8080: ECONNRESET', outcome: 'unknown' },
    })
    const failed = await world.ask()
    expect([codeIn(failed), faultIn(failed).outcome]).toEqual(['server.serverproxy.network_error', 'unknown'])
    expect(JSON.stringify(failed)).not.toContain('10.0.0.7')
    expect(JSON.stringify(world.provider.log)).toContain('10.0.0.7')
  })
})

describe('OCSP responses', () => {
  test('are asked for once by exchanges at the same time, and again after twenty minutes', async () => {
    const world = await twoNodes()
    await Promise.all([world.ask(), world.ask(), world.ask()])
    const first = world.centre.asked.get('http://ocsp.test') as number
    expect(first).toBeLessThanOrEqual(5) // TLS, signing and the provider's certificate at one node; signing at the other
    world.clock.now = later(world.clock.now, 19 * MINUTE)
    await world.ask()
    expect(world.centre.asked.get('http://ocsp.test')).toBe(first)
    world.clock.now = later(world.clock.now, 2 * MINUTE)
    expect(codeIn(await world.ask())).toBe('ok')
    expect(world.centre.asked.get('http://ocsp.test')).toBe(2 * first)
  })

  test('serve while they are fresh when the responder is silent, and not a minute longer', async () => {
    const world = await twoNodes()
    await world.ask()
    world.centre.silent.add('http://ocsp.test')
    world.clock.now = later(world.clock.now, 59 * MINUTE)
    expect(codeIn(await world.ask())).toBe('ok')
    world.clock.now = later(world.clock.now, 2 * MINUTE)
    expect(codeIn(await world.ask())).toBe('server.clientproxy.ssl_authentication_failed.network_error')
  })

  test('that say "revoked" count at once, whatever older ones say', async () => {
    const world = await twoNodes()
    await world.ask()
    world.centre.revoked.add(world.cast.dif.signing.certificate.serial)
    world.clock.now = later(world.clock.now, 21 * MINUTE)
    expect(codeIn(await world.ask())).toBe('server.clientproxy.cannot_create_signature.cert_validation')
  })
})

describe('the clock', () => {
  test('is compared with every answer: two seconds warn', async () => {
    const world = await twoNodes()
    world.centre.ahead = 5_000
    expect(codeIn(await world.ask())).toBe('ok')
    expect(world.consumer.log.some(({ event }) => event === 'clock_differs')).toBe(true)
  })

  test('that was wrong is believed again as soon as it agrees with the centre', async () => {
    const world = await twoNodes()
    world.centre.ahead = 40_000
    expect(codeIn(await world.ask())).toBe('server.clientproxy.clock_skew')
    world.centre.ahead = 0
    world.clock.now = later(world.clock.now, 15_000)
    expect(codeIn(await world.ask())).toBe('ok')
  })
})

describe('a policy', () => {
  test('lets a call through that names its legal basis', async () => {
    const world = await twoNodes()
    configure(world, (node) => ({ ...node, policies: [{ service: CONSULTA, requires: ['issue'] }] }))
    expect(codeIn(await world.ask(headers(['X-Road-Issue', 'EXP-1'])))).toBe('ok')
    world.register.answer = answering('{}')
    expect(codeIn(await world.ask(headers(['X-Road-Issue', ' '])))).toBe('client.legal_basis_missing')
  })
})
