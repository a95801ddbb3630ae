import { request } from 'node:https'
import { connect, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { positionsIn } from '../../src/adapters/local/receipts.ts'
import { must } from '../../src/local/node-file.ts'
import { withoutCertificate } from '../../src/local/registry.ts'
import { exchangesOf } from '../../src/metering/exchanges.ts'
import { decodeRest, encodeRest, type RestTransport } from '../../src/protocol/transport.ts'
import { type Exchange, openExchange } from '../journeys/exchange.ts'
import { authenticationOf, captured, deliver, faultOf, identityOf, type PeerMessage, type TlsIdentity } from '../journeys/peer.ts'
import { PERSONS } from '../journeys/plan.ts'

/** An enemy with a registered node's TLS key, or one who recorded its messages: what the provider's door makes of him. */
const BANKS = captured('bank')
let exchange: Exchange
let message: PeerMessage
let bank: TlsIdentity
let before: { readonly kept: number; readonly calls: number }
beforeAll(async () => {
  exchange = await openExchange({ wrap: BANKS.wrap })
  bank = await identityOf(exchange, 'bank')
})
afterAll(() => exchange[Symbol.asyncDispose]())
beforeEach(async () => {
  const last = BANKS.messages.length
  await exchange.get('/x', { method: 'POST', body: Buffer.from('expediente') })
  message = BANKS.messages[last] as PeerMessage
  before = await done()
})

const done = async () => ({ kept: (await exchange.kept('register')).length, calls: exchange.world.serviceCalls(PERSONS) })
const typeOf = ({ headers }: PeerMessage) => headers.find(([name]) => name === 'content-type')?.[1] ?? ''

function transportOf(sent: PeerMessage): RestTransport {
  const read = decodeRest('request', typeOf(sent), sent.body)
  if (!read.ok) throw new Error(read.fault.detail)
  return read.value
}

function altered(change: (transport: RestTransport) => RestTransport): PeerMessage {
  const { contentType, body } = encodeRest('request', change(transportOf(message)), 'xtopabcdefghijklmnopqrstuvwxyzabcd')
  return { headers: message.headers.map(([name, value]) => (name === 'content-type' ? [name, contentType] : [name, value])), body }
}

const xml = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8')
const rewritten = (change: (signature: string) => string): PeerMessage =>
  altered((transport) => ({
    ...transport,
    documents: { ...transport.documents, signature: Buffer.from(change(xml(transport.documents.signature)), 'utf8') },
  }))

describe('replay of a whole transport message', () => {
  test('is answered as often as it comes, kept once by its identity, and charged as the one exchange it is', async () => {
    const requestId = message.headers.find(([name]) => name === 'x-road-request-id')?.[1] as string
    for (let n = 0; n < 3; n++) expect(faultOf(await deliver(exchange, message, bank))).toBe('an answer')
    expect(exchange.world.serviceCalls(PERSONS)).toBe(before.calls + 3)
    const kept = await exchange.kept('register', requestId)
    expect(kept.filter((each) => each === 'provider request')).toHaveLength(1)
    const items = await exchange.sealed('register')
    expect(new Set(items.map(({ identity }) => identity)).size).toBe(items.length)
    const node = exchange.world.nodes.get('register')
    if (!node) throw new Error('no register')
    const charged = exchangesOf(must(await positionsIn(node.files))).filter((each) => each.requestId === requestId)
    expect(charged).toHaveLength(1)
  })

  test('by somebody without the sender’s TLS key is not even heard', async () => {
    const stranger = await identityOf(exchange, 'stranger')
    expect(faultOf(await deliver(exchange, message, stranger))).toMatch(/ssl_authentication_failed$/)
    await expect(deliver(exchange, message, {})).rejects.toThrow()
    expect(await done()).toEqual(before)
  })

  test('under another request id in its header is refused: the signed one counts', async () => {
    const other = (id: string) => `${id.startsWith('0') ? '1' : '0'}${id.slice(1)}`
    const renamed = message.headers.map(([name, value]) => [name, name === 'x-road-request-id' ? other(value) : value] as const)
    expect(faultOf(await deliver(exchange, { ...message, headers: renamed }, bank))).toMatch(/inconsistent_headers$/)
    expect(await done()).toEqual(before)
  })
})

describe('signature wrapping', () => {
  const forgery = 'yo autorizo'
  const inner = /<ds:Signature .*<\/ds:Signature>/s
  test.each<[string, () => PeerMessage]>([
    [
      'the true signature moved into an Object of a forged one',
      () => rewritten((s) => s.replace(inner, (own) => own.replace('</ds:Object>', `</ds:Object><ds:Object>${own}</ds:Object>`))),
    ],
    [
      'the true signature beside a forged one that comes first',
      () => rewritten((s) => s.replace(inner, (own) => own.replace(/<ds:DigestValue>[^<]*/, '<ds:DigestValue>AAAA') + own)),
    ],
    [
      'the true signature first, a forged one beside it',
      () => rewritten((s) => s.replace(inner, (own) => own + own.replace(/<ds:DigestValue>[^<]*/, '<ds:DigestValue>AAAA'))),
    ],
    [
      'forged properties under the Id of the signed ones, before them',
      () =>
        rewritten((s) =>
          s.replace(
            '<xades:SignedProperties ',
            '<xades:SignedProperties Id="signed-properties"></xades:SignedProperties><xades:SignedProperties ',
          ),
        ),
    ],
    [
      'a wrapper round the whole',
      () =>
        rewritten((s) =>
          s
            .replace(/<asic:XAdESSignatures[^>]*>/, (tag) => `${tag}<wrap>`)
            .replace('</asic:XAdESSignatures>', '</wrap></asic:XAdESSignatures>'),
        ),
    ],
    [
      'the reference led to another element by a repeated Id',
      () => rewritten((s) => s.replace('Id="signature-value"', 'Id="signed-properties"')),
    ],
    [
      'an xpath transform that selects what was signed',
      () =>
        rewritten((s) =>
          s.replace(
            '<ds:DigestMethod',
            '<ds:Transforms><ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"></ds:Transform></ds:Transforms><ds:DigestMethod',
          ),
        ),
    ],
    ['another body under the true signature', () => altered((t) => ({ ...t, body: { kind: 'bytes', bytes: Buffer.from(forgery) } }))],
    [
      'a hash chain of the forger’s, with the true result',
      () =>
        altered((t) => {
          const chain = t.documents.chain
          if (!chain) throw new Error('no chain')
          const forged = Buffer.from(
            xml(chain.chain).replace(/<ns2:DigestValue>[^<]*/, `<ns2:DigestValue>${Buffer.alloc(64).toString('base64')}`),
          )
          return { ...t, documents: { ...t.documents, chain: { ...chain, chain: forged } } }
        }),
    ],
    [
      'the evidence of another message',
      () => altered((t) => ({ ...t, documents: transportOf(BANKS.messages[0] as PeerMessage).documents })),
    ],
  ])('%s: refused, and nothing is done', async (_what, make) => {
    const forged = make()
    expect(Buffer.compare(forged.body, message.body)).not.toBe(0)
    expect(faultOf(await deliver(exchange, forged, bank))).toMatch(/signature_verification\./)
    expect(await done()).toEqual(before)
  })
})

describe('a TLS session that is taken up again', () => {
  /** Delivers over TLS 1.2 or 1.3 with a session of before, and says whether it was taken up. */
  function over(session: Buffer | undefined, maxVersion: 'TLSv1.2' | 'TLSv1.3') {
    const [host, port] = (exchange.world.nodes.get('register')?.provider ?? '').split(':')
    const socket: TLSSocket = connect({
      host: host as string,
      port: Number(port),
      rejectUnauthorized: false,
      maxVersion,
      ...bank,
      ...(session ? { session } : {}),
    })
    let ticket: Buffer | undefined
    socket.on('session', (given) => {
      ticket = given
    })
    const headers = ['Host', 'x', ...message.headers.flat(), 'Content-Length', String(message.body.length)]
    return new Promise<{ fault: string; reused: boolean; ticket: Buffer | undefined }>((resolve, reject) => {
      const call = request({ createConnection: () => socket, method: 'POST', path: '/', headers }, async (answer) => {
        const text = Buffer.concat((await answer.toArray()) as Buffer[]).toString('utf8')
        const fault = /<faultcode>([^<]*)/.exec(text)?.[1] ?? 'an answer'
        resolve({ fault, reused: socket.isSessionReused(), ticket: ticket ?? socket.getSession() })
        socket.destroy()
      })
      call.on('error', reject)
      call.end(message.body)
    })
  }

  test('after its certificate was withdrawn is judged like a new one: refused, and nothing is done', async () => {
    const first = [await over(undefined, 'TLSv1.2'), await over(undefined, 'TLSv1.3')] as const
    expect(first.map(({ fault }) => fault)).toEqual(['an answer', 'an answer'])
    const again = [await over(first[0].ticket, 'TLSv1.2'), await over(first[1].ticket, 'TLSv1.3')]
    expect(again.some(({ reused }) => reused)).toBe(true)
    await exchange.world.centre.change((registry) =>
      withoutCertificate(registry, Buffer.from(authenticationOf(exchange, 'bank').der).toString('base64')),
    )
    await exchange.world.nodes.get('register')?.refreshTrust()
    before = await done()
    for (const [n, maxVersion] of (['TLSv1.2', 'TLSv1.3'] as const).entries()) {
      const resumed = await over((again[n] ?? first[n])?.ticket, maxVersion)
      expect(resumed.fault).toMatch(/ssl_authentication_failed$/)
    }
    expect(await done()).toEqual(before)
  })
})
