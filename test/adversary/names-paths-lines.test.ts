import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { APIGatewayProxyResult } from 'aws-lambda'
import { describe, expect, test } from 'vitest'
import { consumeHandler } from '../../functions/consume/handler.ts'
import { door } from '../../functions/door.ts'
import type { GatewayEvent } from '../../functions/http.ts'
import { provideHandler } from '../../functions/provide/handler.ts'
import { instant } from '../../src/base/clock.ts'
import { fileLog } from '../../src/local/file-log.ts'
import { httpEvent, restEvent, type WireRequest } from '../../src/local/gateway-events.ts'
import { codeOf } from '../../src/protocol/faults.ts'
import { answering, codeIn, DIF, SEDESOQ, type TwoNodes, twoNodes } from '../exchange/two-nodes.ts'

const asked = (world: TwoNodes, target: string, client = 'QRO/GOB/DIF/APOYOS') =>
  world.ask({ method: 'GET', target, headers: [['X-Road-Client', client]] })
const nothingDone = async (world: TwoNodes) => {
  expect(world.register.calls).toEqual([])
  expect(await world.provider.kept()).toEqual([])
}

describe('tricks with paths against a right on one endpoint', () => {
  const SERVICE = '/r1/QRO/GOB/SEDESOQ/PADRON/consulta'
  /** The client may GET what lies directly under /personas, and nothing else. */
  async function narrow(): Promise<TwoNodes> {
    const world = await twoNodes()
    const { configuration } = world.provider
    const rights = configuration.current.rights.map((right) => ({ ...right, endpoint: { method: 'GET', path: '/personas/*' } }))
    configuration.current = { ...configuration.current, rights }
    return world
  }

  test('what the right opens is open', async () => {
    const world = await narrow()
    expect(codeIn(await asked(world, `${SERVICE}/personas/1`))).toBe('ok')
    expect(world.register.calls.map(({ url }) => url)).toEqual(['http://padron.test/api/personas/1'])
  })

  test.each([
    '/personas/../admin',
    '/personas/1/../../admin',
    '/personas/%2e%2e/admin',
    '/personas/%2E%2E%2Fadmin',
    '/personas/..%2fadmin',
    '/personas/%252e%252e/admin',
    '/personas/..%5cadmin',
    '/personas/.',
    '/personas/%c0%ae%c0%ae/admin',
    '/personas%2f..%2fadmin',
    '/admin',
    '/PERSONAS/1',
    '//personas/1',
    '/personas/1/2',
    '/personas/1%2f2',
    '/./personas/1',
    '/personas;x/1',
    '',
  ])('%s gets nowhere', async (path) => {
    const world = await narrow()
    expect(codeIn(await asked(world, `${SERVICE}${path}`))).not.toBe('ok')
    await nothingDone(world)
  })

  test('what is let through reaches the service octet for octet as it was judged', async () => {
    const world = await narrow()
    for (const path of ['/personas/a%20b', '/personas/..x', '/personas/%C3%A1', '/personas/a?b=../../c'])
      expect([path, codeIn(await asked(world, `${SERVICE}${path}`))]).toEqual([path, 'ok'])
    expect(world.register.calls.map(({ url }) => url.replace('http://padron.test/api', ''))).toEqual([
      '/personas/a%20b',
      '/personas/..x',
      '/personas/%C3%A1',
      '/personas/a?b=../../c',
    ])
  })
})

describe('names that look like another’s', () => {
  test.each([
    ['another letter case', 'QRO/GOB/dif/APOYOS'],
    ['a blank at the end', 'QRO/GOB/DIF%20/APOYOS'],
    ['a blank at the beginning', 'QRO/GOB/%20DIF/APOYOS'],
    ['a Cyrillic A', 'QRO/GOB/DIF/%D0%90POYOS'],
    ['full-width letters', 'QRO/GOB/%EF%BC%A4IF/APOYOS'],
    ['a zero-width joiner', 'QRO/GOB/DI%E2%80%8DF/APOYOS'],
    ['a combining accent', 'QRO/GOB/DIF/A%CC%81POYOS'],
    ['a direction mark', 'QRO/GOB/DIF/%E2%80%AEAPOYOS'],
    ['a NUL', 'QRO/GOB/DIF%00/APOYOS'],
    ['an encoded slash', 'QRO/GOB/DIF%2FAPOYOS'],
    ['an encoded slash in an escape', 'QRO/GOB/DIF%252FAPOYOS'],
    ['a dot step', 'QRO/GOB/X/../DIF/APOYOS'],
    ['one component too many', 'QRO/GOB/DIF/APOYOS/X'],
    ['one component too few', 'QRO/GOB/DIF'],
    ['an escape that is no UTF-8', 'QRO/GOB/DIF/%C3%28'],
  ])('%s is nobody’s name here', async (_what, client) => {
    const world = await twoNodes()
    expect(codeIn(await asked(world, '/r1/QRO/GOB/SEDESOQ/PADRON/consulta/x', client))).not.toBe('ok')
    expect(await world.consumer.kept()).toEqual([])
    await nothingDone(world)
  })

  test('escapes of plain letters are the same name, as everywhere', async () => {
    const world = await twoNodes()
    expect(codeIn(await asked(world, '/r1/QRO/GOB/SEDESOQ/PADRON/consulta/x', '%51RO/GOB/%44IF/APOYOS'))).toBe('ok')
    expect((await world.provider.kept())[0]?.client).toBe('QRO/GOB/DIF/APOYOS')
  })

  test('a right of a subsystem that looks the same is not its right', async () => {
    const world = await twoNodes()
    const { configuration } = world.provider
    const rights = configuration.current.rights.map((right) => ({
      ...right,
      subject: { kind: 'client' as const, id: { ...DIF, subsystemCode: 'АPOYOS' } }, // the first letter is Cyrillic
    }))
    configuration.current = { ...configuration.current, rights }
    expect(codeIn(await asked(world, '/r1/QRO/GOB/SEDESOQ/PADRON/consulta/x'))).toMatch(/access_denied$/)
    await nothingDone(world)
    expect(SEDESOQ.subsystemCode).toBe('PADRON')
  })
})

describe('lines slipped into a log', () => {
  const EVIL = 'x\r\n{"level":"info","event":"consumed","requestId":"falso"}\u001b[2J\u2028\u0085'

  test('stay within the one line they came in, whatever they hold', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sacbe-log-'))
    const log = fileLog(folder, () => instant(0))
    log({ level: 'warn', event: 'provide_refused', requestId: EVIL, code: EVIL })
    log({ level: 'info', event: 'consumed' })
    const text = readFileSync(join(folder, 'sacbe.log'), 'utf8')
    rmSync(folder, { recursive: true })
    const lines = text.trimEnd().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(['provide_refused', 'consumed'])
    expect(text).not.toMatch(/[\r\u001b]/)
  })

  test('by a peer’s request id, a message id or a fault of its own do not get there', async () => {
    const world = await twoNodes()
    world.wire.callPeer = async () => {
      const fault = `<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Body><SOAP-ENV:Fault><faultcode>server.serverproxy.x\n{"event":"consumed"}</faultcode><faultstring>a&#10;b</faultstring></SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>`
      return { ok: true, value: { status: 200, reason: 'OK', headers: [['content-type', 'text/xml']], body: Buffer.from(fault) } }
    }
    const ask = consumeHandler(world.consumer.ports)
    const answer = (await ask(
      event('rest', {
        headers: [
          ['X-Road-Client', 'QRO/GOB/DIF/APOYOS'],
          ['X-Road-Id', 'a\u0085b'],
        ],
      }),
    )) as APIGatewayProxyResult
    for (const entry of world.consumer.log) expect(JSON.stringify(entry)).not.toMatch(/[\r\n\u001b]/)
    for (const value of Object.values(answer.multiValueHeaders ?? {}).flat()) expect(String(value)).not.toMatch(/[\r\n]/)
    expect(world.consumer.log.filter(({ event: name }) => name === 'consumed')).toEqual([])
  })
})

const wire = (more: Partial<WireRequest>): WireRequest => ({
  method: 'GET',
  target: '/r1/QRO/GOB/SEDESOQ/PADRON/consulta/x',
  headers: [['X-Road-Client', 'QRO/GOB/DIF/APOYOS']],
  body: Buffer.alloc(0),
  sourceIp: '192.0.2.1',
  port: 443,
  requestId: '6f1c2f0e-0000-4000-8000-000000000000',
  at: 1_800_000_000_000,
  ...more,
})
const event = (edge: 'rest' | 'http', more: Partial<WireRequest>) =>
  (edge === 'rest' ? restEvent(wire(more)) : httpEvent(wire(more))) as GatewayEvent

describe('forged gateway events', () => {
  /** DIF's systems must show a certificate of theirs. */
  async function guarded(): Promise<TwoNodes> {
    const world = await twoNodes()
    const { configuration } = world.consumer
    configuration.current = {
      ...configuration.current,
      clients: configuration.current.clients.map((client) => ({
        ...client,
        connection: 'SSLAUTH' as const,
        certificates: ['00'.repeat(32)],
      })),
    }
    return world
  }

  test.each(['rest', 'http'] as const)('%s edge: what a client says of its own certificate is not believed', async (edge) => {
    const world = await guarded()
    const pem = encodeURIComponent('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----')
    const claims = ['X-Amzn-Mtls-Clientcert', 'X-Forwarded-Client-Cert', 'X-Client-Cert', 'SSL-Client-Cert', 'X-Amzn-RequestContext'].map(
      (name) => [name, pem] as const,
    )
    const answer = await consumeHandler(world.consumer.ports)(
      event(edge, { headers: [['X-Road-Client', 'QRO/GOB/DIF/APOYOS'], ...claims] }),
    )
    expect(JSON.stringify(answer)).toContain('ssl_authentication_failed')
    expect(await world.consumer.kept()).toEqual([])
  })

  test.each(['rest', 'http'] as const)('%s edge: a call that only says that it came over TLS did not', async (edge) => {
    const world = await twoNodes()
    const made = event(edge, {
      headers: [
        ['X-Road-Client', 'QRO/GOB/DIF/APOYOS'],
        ['X-Forwarded-Proto', 'https'],
      ],
    })
    const plain = JSON.parse(JSON.stringify(made).replaceAll('https', 'http')) as GatewayEvent
    const answer = await consumeHandler(world.consumer.ports)(plain)
    expect(JSON.stringify(answer)).toContain('ssl_authentication_failed')
  })

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['an empty object', {}],
    ['a queue’s event', { Records: [{ body: '{}', eventSource: 'aws:sqs' }] }],
    ['a schedule’s', { source: 'aws.events', 'detail-type': 'Scheduled Event' }],
    ['a request context that is none', { version: '2.0', requestContext: null, headers: {}, rawPath: '/', rawQueryString: '' }],
    [
      'a certificate that is none',
      {
        version: '2.0',
        requestContext: { http: { method: 'POST' }, authentication: { clientCert: { clientCertPem: 'x' } } },
        headers: {},
        rawPath: '/',
        rawQueryString: '',
      },
    ],
    [
      'a body that is no text',
      { version: '2.0', requestContext: { http: { method: 'POST' } }, headers: {}, rawPath: '/', rawQueryString: '', body: 7 },
    ],
  ])('%s, invoked past the gateway, does nothing at either door', async (_what, forged) => {
    const world = await twoNodes()
    for (const handler of [consumeHandler(world.consumer.ports), provideHandler(world.provider.ports)]) {
      const behind = door(handler as (event: unknown) => Promise<unknown>, { log: () => {} })
      const answer = await behind(forged as never).catch((problem: unknown) => String(problem))
      expect(JSON.stringify(answer)).not.toMatch(/"statusCode":200[^}]*x-road-rest/)
    }
    expect(await world.consumer.kept()).toEqual([])
    await nothingDone(world)
  })

  test('a provider’s event without a certificate, or with one that is registered for nobody, is refused', async () => {
    const world = await twoNodes()
    const sent: { headers: WireRequest['headers']; body: Uint8Array }[] = []
    const { callPeer } = world.wire
    world.wire.callPeer = (addresses, message, ...rest) => {
      sent.push({ headers: message.headers, body: message.body })
      return callPeer(addresses, message, ...rest)
    }
    await world.ask()
    const [message] = sent
    if (!message) throw new Error('nothing was sent')
    const calls = world.register.calls.length
    const answer = await provideHandler(world.provider.ports)(event('http', { ...message, method: 'POST', target: '/' }))
    expect(Buffer.from(String((answer as { body?: string }).body), 'base64').toString()).toContain('ssl_authentication_failed')
    expect(world.register.calls.length).toBe(calls)
  })
})

test('a service whose answer is a flood of headers is refused by its code, and the caller learns nothing of it', async () => {
  const world = await twoNodes()
  const flood = Array.from({ length: 5000 }, (_, n): readonly [string, string] => [`X-${n}`, 'a'])
  world.register.answer = answering('x', 200, flood)
  const answer = await asked(world, '/r1/QRO/GOB/SEDESOQ/PADRON/consulta/x')
  expect(answer.ok ? 'ok' : codeOf(answer.fault)).toMatch(/http_error$/)
})
