import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { request } from 'node:https'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { ok } from '../../src/base/result.ts'
import type { TrustInForce } from '../../src/exchange/ports.ts'
import type { NodeSettings } from '../../src/local/node-settings.ts'
import type { WorldPlan } from '../../src/local/plan.ts'
import { clientNamed } from '../../src/local/world-file.ts'
import type { Outcome } from '../../src/protocol/faults.ts'
import { ownParameters, trustOf } from '../../src/trust/trust.ts'
import { type Exchange, expectRefusal, header, json, openExchange, requestIdOf } from './exchange.ts'
import { BANK, plan } from './plan.ts'
import { askSoap, openSoapWorld, question, type SoapWorld, soapPlan } from './soap-world.ts'

const MIB = 1024 * 1024
const settings: NodeSettings = { ownListener: true, limits: { body: 10 * MIB, message: 11 * MIB, held: MIB } }
const own = (plan: WorldPlan): WorldPlan => ({ ...plan, nodes: plan.nodes.map((node) => ({ ...node, settings })) })

describe('nodes that listen by themselves', () => {
  let exchange: Exchange
  beforeAll(async () => {
    exchange = await openExchange({ plan: own(plan) })
  })
  afterAll(() => exchange[Symbol.asyncDispose]())

  test('pass path, query and headers on as they were sent, and leave evidence that verifies', async () => {
    const answer = await exchange.get('/a%2Fb/%61?x=1&&y=+', { headers: { 'X-Uno': 'á', 'x-forwarded-for': 'yo' } })
    expect(json(answer).url).toBe('/a%2Fb/%61?x=1&&y=+')
    expect(json(answer).headers).toEqual(expect.arrayContaining(['X-Uno', 'á', 'x-forwarded-for', 'yo']))
    for (const node of ['bank', 'register'])
      for (const item of (await exchange.sealed(node)).filter(({ requestId }) => requestId === requestIdOf(answer)))
        expect((await exchange.verdict(item)).fault?.path).toBeUndefined()
  })

  test('carry bodies that are too big to hold, both ways, with their octets; evidence has their sizes and digests', async () => {
    const body = randomBytes(6 * MIB)
    const sent = await exchange.get('/echo', { method: 'POST', body, headers: { 'Content-Type': 'application/octet-stream' } })
    expect(sent.status).toBe(200)
    const echoed = Buffer.from(String(json(sent).body), 'base64')
    expect(createHash('sha256').update(echoed).digest('hex')).toBe(createHash('sha256').update(body).digest('hex'))
    const back = await exchange.get(`/bytes/${7 * MIB}`)
    expect([back.status, back.body.length, back.body.every((octet) => octet === 0x78)]).toEqual([200, 7 * MIB, true])
    for (const node of ['bank', 'register']) {
      const items = (await exchange.sealed(node)).filter(({ requestId }) => [sent, back].map(requestIdOf).includes(requestId))
      expect(items).toHaveLength(4)
      for (const item of items) expect((await exchange.verdict(item, 'stock')).fault?.path).toBeUndefined()
    }
  })

  test('refuse a body over the limit as soon as they know, and hear out no more of it', async () => {
    for (const announced of [true, false]) {
      const answer = await drip(exchange, 100 * MIB, announced)
      expect(answer).toMatchObject({ status: 400, code: 'client.message_too_large' })
      expect(answer.written).toBeLessThan(20 * MIB)
    }
    expect(await exchange.get('/x')).toMatchObject({ status: 200 })
  })

  test('tell an answer of the service that is over the limit, which is kept by its size and digest', async () => {
    const answer = await exchange.get(`/bytes/${10 * MIB + 1}`)
    expectRefusal(answer, 'server.serverproxy.message_too_large')
    expect(header(answer, 'x-sacbe-outcome')).toBe('unknown')
  })
})

test('a node whose server was approved a minute ago is heard: whoever does not know it yet looks once more', async () => {
  let [behind, looks] = [false, 0]
  await using exchange = await openExchange({
    plan: own(plan),
    wrap: (node, ports) =>
      node !== 'register'
        ? ports
        : {
            ...ports,
            trust: async () => (behind ? withoutServersOf('222', await ports.trust()) : ports.trust()),
            newerTrust: async () => {
              looks += 1
              behind = false
              return ports.trust()
            },
          },
  })
  expect((await exchange.get('/x')).status).toBe(200)
  expect(looks).toBe(0)
  behind = true
  expect((await exchange.get('/x')).status).toBe(200)
  expect(looks).toBe(1)
})

/** What was in force before the servers of a member were registered. */
function withoutServersOf(memberCode: string, now: Outcome<TrustInForce>): Outcome<TrustInForce> {
  if (!now.ok) return now
  const parameters = ownParameters(now.value.trust)
  const servers = parameters.servers.filter(({ id }) => id.memberCode !== memberCode)
  if (servers.length === parameters.servers.length) throw new Error(`${memberCode} has no server`)
  return ok({ ...now.value, configuration: 'before', trust: trustOf(parameters.instance, [{ ...parameters, servers }]) })
}

describe('nodes that listen by themselves, in SOAP', () => {
  let world: SoapWorld
  beforeAll(async () => {
    world = await openSoapWorld({}, (url) => own(soapPlan(url)))
    world.dummy.answer = (call, body, response) =>
      response
        .writeHead(200, { 'Content-Type': String(call.headers['content-type']) })
        .end(body.toString('latin1').replace('<getstate ', '<getstateResponse ').replace('</getstate>', '</getstateResponse>'), 'latin1')
  })
  afterAll(() => world[Symbol.asyncDispose]())

  test('hold an envelope, and refuse one that is too big for that', async () => {
    expect((await askSoap(world.exchange)).code).toBeNull()
    const large = question().replace('>1<', `>${'x'.repeat(2 * MIB)}<`)
    expect((await askSoap(world.exchange, { body: large })).code).toBe('client.message_too_large')
  })

  test('carry attachments that are too big to hold, both ways, with their octets; evidence has their sizes and digests', async () => {
    const [small, large, larger] = [randomBytes(70_000), randomBytes(3 * MIB), randomBytes(4 * MIB)]
    const sent = packageOf(question({ id: 'grandes' }), [large, small, larger])
    const reply = await askSoap(world.exchange, sent)
    expect(reply.code).toBeNull()
    for (const each of [world.dummy.calls.at(-1)?.body, reply.body])
      expect([large, small, larger].map((octets) => each?.includes(octets))).toEqual([true, true, true])
    for (const node of ['bank', 'register']) {
      const items = (await world.exchange.sealed(node)).filter(({ messageId }) => messageId === 'grandes')
      expect(items).toHaveLength(2)
      for (const item of items) expect((await world.exchange.verdict(item, 'stock')).fault?.path).toBeUndefined()
    }
  })

  test('refuse a package over the limit, and one whose answer is', async () => {
    const over = packageOf(question(), [Buffer.alloc(10 * MIB)])
    expect((await askSoap(world.exchange, over)).code).toBe('client.message_too_large')
    const answer = world.dummy.answer
    world.dummy.answer = (_call, body, response) => {
      const { headers, body: answered } = packageOf(body.toString().replaceAll('getstate', 'getstateResponse'), [Buffer.alloc(10 * MIB)])
      response.writeHead(200, [...headers]).end(answered)
    }
    expect((await askSoap(world.exchange)).code).toBe('server.serverproxy.message_too_large')
    world.dummy.answer = answer
  })

  test.skipIf(!existsSync('/proc/self/fd'))('leave nothing on the disk when it is over, however it ended', async () => {
    const answer = world.dummy.answer
    const refusing = (body: string) => (_call: unknown, _body: unknown, response: Parameters<typeof answer>[2]) => {
      const packed = packageOf(body, [randomBytes(3 * MIB)])
      response.writeHead(200, [...packed.headers]).end(packed.body)
    }
    const sent = packageOf(question(), [randomBytes(3 * MIB)])
    for (const [answers, refused] of [
      [answer, false],
      [refusing(FAULT), true],
      [refusing(question({ id: 'otro' })), true],
    ] as const) {
      world.dummy.answer = answers
      expect((await askSoap(world.exchange, sent)).code !== null).toBe(refused)
      await vi.waitUntil(() => spooled() === 0, { timeout: 10_000 })
    }
    world.dummy.answer = answer
  })
})

const FAULT =
  '<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body><S:Fault><faultcode>no</faultcode><faultstring>no</faultstring></S:Fault></S:Body></S:Envelope>'
/** Files of this process that have no name any more and once lay in a spool. */
const spooled = (): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return /\/spool\/.*\(deleted\)$/.test(readlinkSync(`/proc/self/fd/${fd}`))
    } catch {
      return false // closed meanwhile
    }
  }).length

function packageOf(envelope: string, attachments: readonly Buffer[]) {
  const part = (type: string, octets: string | Buffer) => [`--frontera\r\nContent-Type: ${type}\r\n\r\n`, octets, '\r\n']
  const pieces = [part('text/xml', envelope), ...attachments.map((each) => part('application/octet-stream', each)), ['--frontera--\r\n']]
  return {
    headers: ['Content-Type', 'multipart/related; type="text/xml"; boundary=frontera'],
    body: Buffer.concat(pieces.flat().map((piece) => Buffer.from(piece as string))),
  }
}

/** A client that goes on writing a body until it is answered. */
function drip(exchange: Exchange, size: number, announced: boolean): Promise<{ status: number; code: string; written: number }> {
  const client = clientNamed(exchange.world.file, BANK)
  if (!client.ok) throw new Error(client.fault.en)
  const { hostname: host, port } = new URL(exchange.world.file.nodes[0]?.consumer ?? '')
  const identity = {
    ca: readFileSync(client.value.authority),
    cert: readFileSync(client.value.certificate),
    key: readFileSync(client.value.key),
  }
  const length = announced ? { 'Content-Length': String(size) } : {}
  const headers = { 'X-Road-Client': BANK, ...length }
  return new Promise((resolve, reject) => {
    let written = 0
    let answered = false
    const made = request({ host, port, method: 'POST', path: '/r1/EE/GOV/111/register/persons/echo', agent: false, headers, ...identity })
    made.on('error', (problem) => (answered ? undefined : reject(problem)))
    made.on('response', (response) => {
      answered = true
      response.resume().on('end', () => {
        made.destroy()
        resolve({ status: response.statusCode ?? 0, code: String(response.headers['x-road-error']), written })
      })
    })
    const chunk = Buffer.alloc(64 * 1024)
    const write = () => {
      while (!answered && written < size) {
        written += chunk.length
        if (!made.write(chunk)) return void made.once('drain', () => setImmediate(write))
      }
      if (!answered) made.end()
    }
    write()
  })
}
