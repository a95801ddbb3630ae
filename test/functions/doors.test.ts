import { X509Certificate } from 'node:crypto'
import type { APIGatewayProxyResult, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { describe, expect, test } from 'vitest'
import { archiveHandler } from '../../functions/archive/handler.ts'
import { ARCHIVE_SETTINGS } from '../../functions/archive/settings.ts'
import { consumeBug, consumeHandler } from '../../functions/consume/handler.ts'
import { CONSUME_SETTINGS } from '../../functions/consume/settings.ts'
import { door } from '../../functions/door.ts'
import type { GatewayEvent } from '../../functions/http.ts'
import { provideBug, provideHandler } from '../../functions/provide/handler.ts'
import { PROVIDE_SETTINGS } from '../../functions/provide/settings.ts'
import { readSettings } from '../../functions/settings.ts'
import { ok } from '../../src/base/result.ts'
import { httpEvent, restEvent, type WireRequest } from '../../src/local/gateway-events.ts'
import type { Header } from '../../src/protocol/rest-message.ts'
import { answering, TARGET, type TwoNodes, twoNodes } from '../exchange/two-nodes.ts'

const asClient: Header = ['X-Road-Client', 'QRO/GOB/DIF/APOYOS']
const wire = (more: Partial<WireRequest>): WireRequest => ({
  method: 'GET',
  target: TARGET,
  headers: [asClient],
  body: Buffer.alloc(0),
  sourceIp: '192.0.2.1',
  port: 443,
  requestId: '6f1c2f0e-0000-4000-8000-000000000000',
  at: 1_800_000_000_000,
  ...more,
})
const pemOf = (der: Uint8Array) => new X509Certificate(der).toString()
const presented = (der: Uint8Array): WireRequest['clientCertificate'] => ({
  clientCertPem: pemOf(der),
  subjectDN: '',
  issuerDN: '',
  serialNumber: '',
  validity: { notBefore: '', notAfter: '' },
})

/** Both doors, with the events of the gateways before them instead of function calls. */
function doors(world: TwoNodes, edge: 'rest' | 'http' = 'rest') {
  const provider = provideHandler(world.provider.ports)
  const deliver = async (headers: readonly Header[], body: Uint8Array) =>
    (await provider(
      httpEvent(
        wire({ method: 'POST', target: '/', headers, body, clientCertificate: presented(world.cast.dif.tls.certificate.der) }),
      ) as GatewayEvent,
    )) as APIGatewayProxyStructuredResultV2
  world.wire.callPeer = async (_addresses, message, accepts) => {
    const accepted = await accepts(world.cast.sedesoq.tls.certificate.der, 'sedesoq.test')
    if (!accepted.ok) return accepted
    const { statusCode = 0, headers = {}, body = '' } = await deliver(message.headers, message.body)
    return ok({
      status: statusCode,
      reason: 'OK',
      headers: Object.entries(headers).map(([name, value]): Header => [name, String(value)]),
      body: Buffer.from(body, 'base64'),
    })
  }
  const consumer = consumeHandler(world.consumer.ports)
  const ask = (more: Partial<WireRequest> = {}) => {
    const made = edge === 'rest' ? restEvent(wire(more)) : httpEvent(wire(more))
    return consumer(made as GatewayEvent) as Promise<APIGatewayProxyResult & APIGatewayProxyStructuredResultV2>
  }
  return { ask, deliver }
}
const bodyIn = ({ body = '' }: { body?: string }) => Buffer.from(body, 'base64').toString()

describe('the doors', () => {
  for (const edge of ['rest', 'http'] as const)
    test(`bring a whole exchange about behind the ${edge} edge`, async () => {
      const world = await twoNodes()
      world.register.answer = answering('{"ñ":1}', 201, [
        ['Content-Type', 'application/json'],
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
      ])
      const result = await doors(world, edge).ask({
        method: 'POST',
        headers: [asClient, ['Content-Type', 'text/plain']],
        body: Buffer.from('hola'),
      })
      expect([result.statusCode, bodyIn(result)]).toEqual([201, '{"ñ":1}'])
      expect(edge === 'rest' ? result.multiValueHeaders?.['Set-Cookie'] : result.cookies).toEqual(['a=1', 'b=2'])
      expect(world.register.calls[0]?.headers.map(([name]) => name.toLowerCase())).not.toContain('x-forwarded-for')
      expect((await world.consumer.kept()).map(({ direction }) => direction)).toEqual(['request', 'response'])
    })

  test('tell a fault in JSON, or in XML when XML is asked for first, with the request id', async () => {
    const world = await twoNodes()
    const { ask } = doors(world)
    world.provider.configuration.current = { ...world.provider.configuration.current, rights: [] }
    const json = await ask()
    expect([json.statusCode, json.multiValueHeaders?.['X-Road-Error']]).toEqual([500, ['server.serverproxy.access_denied']])
    expect(JSON.parse(bodyIn(json)).type).toBe('server.serverproxy.access_denied')
    expect(json.multiValueHeaders?.['X-Road-Request-Id']?.[0]).toMatch(/^[0-9a-f-]{36}$/)
    expect(json.multiValueHeaders?.['X-Sacbe-Outcome']).toBeUndefined()
    const xml = await ask({ headers: [asClient, ['Accept', 'text/xml, application/json']] })
    expect(bodyIn(xml)).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?><error><type>server\.serverproxy\.access_denied<\/type>/)
  })

  test('tell a machine when the outcome is unknown', async () => {
    const world = await twoNodes()
    const { ask } = doors(world)
    world.register.answer = () => ({ ok: false, fault: { path: ['io_error'], detail: '', outcome: 'unknown' } })
    expect((await ask()).multiValueHeaders?.['X-Sacbe-Outcome']).toEqual(['unknown'])
  })

  test('the provider’s answers 200 whatever happens, in lower-case names, its faults as text/xml', async () => {
    const world = await twoNodes()
    const { deliver } = doors(world)
    const fault = await deliver([['content-type', 'text/plain']], Buffer.from('x'))
    expect([fault.statusCode, fault.headers?.['content-type']]).toEqual([200, 'text/xml;charset=utf-8'])
    expect(bodyIn(fault)).toContain('<faultcode>server.serverproxy.internal_error</faultcode>')
    let reply: APIGatewayProxyStructuredResultV2 | undefined
    const { ask } = doors(world)
    const through = world.wire.callPeer
    world.wire.callPeer = async (addresses, message, accepts, ms) => {
      reply = await deliver(message.headers, message.body)
      return through(addresses, message, accepts, ms)
    }
    await ask()
    expect(Object.keys(reply?.headers ?? {})).toEqual(['content-type', 'x-hash-algorithm'])
  })

  test('log codes, ids and sizes, and nothing of what was said', async () => {
    const world = await twoNodes()
    world.register.answer = answering('{"secreto":"respuesta"}')
    await doors(world).ask({ method: 'POST', headers: [asClient, ['Authorization', 'secreto']], body: Buffer.from('secreto') })
    const lines = JSON.stringify([...world.consumer.log, ...world.provider.log])
    expect(lines).toContain('"event":"consumed"')
    expect(lines).toContain('"event":"provided"')
    expect(lines).not.toContain('secreto')
  })
})

describe('the stack around a door', () => {
  const log: { event: string; why?: string | number | undefined }[] = []
  const anEvent = restEvent(wire({})) as GatewayEvent
  const broken = async (): Promise<never> => {
    throw new Error('a bug with /secret/path')
  }

  test('answers a bug with internal_error and tells the caller nothing of it', async () => {
    let flushed = 0
    const flush = async () => void flushed++
    const consumer = door(broken, { log: (entry) => void log.push(entry), flush, answerBug: consumeBug })
    const result = (await consumer(anEvent)) as APIGatewayProxyResult
    expect([result.statusCode, result.multiValueHeaders?.['X-Road-Error']]).toEqual([500, ['server.clientproxy.internal_error']])
    expect(bodyIn(result)).not.toContain('secret')
    expect(log.at(-1)?.why).toContain('/secret/path')
    const provider = door(broken, { log: () => {}, flush, answerBug: provideBug })
    const reply = (await provider(httpEvent(wire({})) as GatewayEvent)) as APIGatewayProxyStructuredResultV2
    expect([reply.statusCode, bodyIn(reply).includes('server.serverproxy.internal_error')]).toEqual([200, true])
    expect(flushed).toBe(2)
  })

  test('lets an invocation fail that nobody waits for', async () => {
    await expect(door(broken, { log: () => {} })(undefined)).rejects.toThrow('a bug')
  })

  test('puts the invocation into the log, and sends measurements off after every answer', async () => {
    const order: string[] = []
    const wrapped = door(
      async () => {
        order.push('handler')
        return 1
      },
      { log: () => {}, logContext: ({ invocation }) => void order.push(invocation), flush: async () => void order.push('flush') },
    )
    expect(await wrapped(undefined, { awsRequestId: 'id-1' })).toBe(1)
    expect(order).toEqual(['id-1', 'handler', 'flush'])
  })
})

describe('the archive’s door', () => {
  test('runs until nothing is left, and not again when time is short', async () => {
    const world = await twoNodes()
    await doors(world).ask()
    const ports = world.provider.archivePorts
    expect(await archiveHandler(ports, 'prueba')(undefined)).toMatchObject({ secured: 2, sealed: 2, more: false })
    let runs = 0
    const endless = {
      ...ports,
      drain: async () => [{ receipt: String(++runs), bytes: Buffer.from(`x${runs}`) }],
      acknowledge: async () => {},
    }
    await archiveHandler(endless, 'prueba')(undefined, { getRemainingTimeInMillis: () => 1000 })
    expect(runs).toBeLessThanOrEqual(9)
  })
})

describe('settings', () => {
  test('are read all at once, and all that are missing are named', () => {
    const all = Object.fromEntries([...CONSUME_SETTINGS, ...PROVIDE_SETTINGS, ...ARCHIVE_SETTINGS].map((name) => [name, 'x']))
    expect(readSettings(PROVIDE_SETTINGS, all).NODE_TABLE).toBe('x')
    expect(() => readSettings(CONSUME_SETTINGS, { NODE_TABLE: 't', EVIDENCE_QUEUE: '' })).toThrow(
      'missing settings: EVIDENCE_QUEUE, EVIDENCE_BUCKET, AUTHENTICATION_PARAMETER',
    )
  })
})
