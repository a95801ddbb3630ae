import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { loadCertificate } from '../../src/local/certificate-files.ts'
import { withoutCertificate } from '../../src/local/registry.ts'
import { decodeRest, encodeRest, type RestTransport } from '../../src/protocol/transport.ts'
import { ocspRequest } from '../../src/trust/ocsp.ts'
import { selfSigned } from '../local/self-signed.ts'
import { needs } from '../tools.ts'
import { type Exchange, openExchange } from './exchange.ts'
import { authenticationOf, captured, deliver, faultOf, identityOf, type PeerMessage, type TlsIdentity } from './peer.ts'
import { PERSONS } from './plan.ts'
import { renewAuthentication } from './renew.ts'

const BANKS = captured('bank')
let exchange: Exchange
let message: PeerMessage
let bank: TlsIdentity
beforeAll(async () => {
  exchange = await openExchange({ wrap: BANKS.wrap })
  bank = await identityOf(exchange, 'bank')
})
afterAll(() => exchange[Symbol.asyncDispose]())

/** A fresh message of the bank's, intercepted on its way, and what the register held and was asked before. */
let before: { readonly kept: number; readonly calls: number }
beforeEach(async () => {
  const last = BANKS.messages.length
  await exchange.get('/x', { method: 'POST', body: Buffer.from('expediente') })
  message = BANKS.messages[last] as PeerMessage
  before = { kept: (await exchange.kept('register')).length, calls: exchange.world.serviceCalls(PERSONS) }
})

async function expectNothingDone() {
  expect({ kept: (await exchange.kept('register')).length, calls: exchange.world.serviceCalls(PERSONS) }).toEqual(before)
}

/** The message taken apart, changed, and put together again. */
function altered(change: (transport: RestTransport) => RestTransport): PeerMessage {
  const type = message.headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
  const read = decodeRest('request', type, message.body)
  if (!read.ok) throw new Error(read.fault.detail)
  const { contentType, body } = encodeRest('request', change(read.value), 'xtopabcdefghijklmnopqrstuvwxyzabcd')
  return {
    headers: message.headers.map(([name, value]) => (name.toLowerCase() === 'content-type' ? [name, contentType] : [name, value])),
    body,
  }
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')
const bytes = (value: string) => Buffer.from(value, 'latin1')
const withSignature = (change: (xml: string) => string) =>
  altered((transport) => ({
    ...transport,
    documents: { ...transport.documents, signature: bytes(change(text(transport.documents.signature))) },
  }))
const turned = (octets: Uint8Array): Uint8Array =>
  Uint8Array.from(octets, (octet, index) => (index === octets.length >> 1 ? octet ^ 1 : octet))

describe('a message as its sender sent it', () => {
  test('is answered; delivered again it is answered again, and every record is kept once', async () => {
    const answers = [await deliver(exchange, message, bank), await deliver(exchange, message, bank)]
    expect(answers.map(({ status, fault }) => [status, fault])).toEqual([
      [200, null],
      [200, null],
    ])
    const items = await exchange.sealed('register')
    expect(new Set(items.map(({ identity }) => identity)).size).toBe(items.length)
  })
})

describe('a message that arrives damaged is refused, and nothing is done', () => {
  test.each<[string, RegExp, () => PeerMessage | (Partial<PeerMessage> & { method?: string })]>([
    ['a GET', /^server\.serverproxy\.invalid_http_method$/, () => ({ ...message, method: 'GET', body: new Uint8Array() })],
    ['no body', /^server\.serverproxy\.missing_rest$/, () => ({ ...message, body: new Uint8Array() })],
    [
      'no content type',
      /invalid_content_type$/,
      () => ({ ...message, headers: message.headers.filter(([name]) => name !== 'content-type') }),
    ],
    [
      'no digest algorithm named',
      /internal_error$/,
      () => ({ ...message, headers: message.headers.filter(([name]) => name !== 'x-hash-algorithm') }),
    ],
    [
      'another boundary',
      /mime_parsing_failed|missing_rest|invalid_message|invalid_content_type/,
      () => ({
        ...message,
        headers: message.headers.map(([name, value]) => [name, value.replace('boundary=xtop', 'boundary=ytop')] as const),
      }),
    ],
    [
      'its signature taken away',
      /missing_signature|invalid_message|mime_parsing_failed|signature/,
      () => altered((transport) => ({ ...transport, documents: { signature: new Uint8Array() } })),
    ],
    [
      'one bit of the message turned',
      /signature_verification\.|service_failed\./,
      () => altered((transport) => ({ ...transport, message: turned(transport.message) })),
    ],
    [
      'one bit of the body turned',
      /^server\.serverproxy\.signature_verification\./,
      () => altered((transport) => ({ ...transport, body: { kind: 'bytes', bytes: turned(bytes('expediente')) } })),
    ],
    ['the body taken away', /^server\.serverproxy\.signature_verification\./, () => altered((transport) => ({ ...transport, body: null }))],
    [
      'half of its hash chain taken away',
      /^server\.serverproxy\.signature_verification\./,
      () => altered(({ documents, ...transport }) => ({ ...transport, documents: { signature: documents.signature } })),
    ],
    [
      'a document type in the signature',
      /^server\.serverproxy\.signature_verification\.invalid_xml$/,
      () => withSignature((xml) => xml.replace('?>', '?><!DOCTYPE x>')),
    ],
    [
      'an entity bomb in the signature',
      /^server\.serverproxy\.signature_verification\.invalid_xml$/,
      () =>
        withSignature((xml) =>
          xml
            .replace('?>', '?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>')
            .replace('</ds:Signature>', '&b;</ds:Signature>'),
        ),
    ],
    [
      'a signature nested without end',
      /^server\.serverproxy\.signature_verification\.invalid_xml$/,
      () => withSignature((xml) => `${'<a>'.repeat(10_000)}${xml}`),
    ],
  ])('%s', async (_what, code, make) => {
    const delivered = await deliver(exchange, make(), bank)
    expect(faultOf(delivered)).toMatch(code)
    expect(delivered.body.toString()).toMatch(/ \| /)
    expect(delivered.body.toString()).not.toMatch(/\.ts\b|node:internal/)
    await expectNothingDone()
  })

  test('cut off anywhere', async () => {
    const cuts = Array.from({ length: 25 }, (_, index) => Math.floor((message.body.length * (index + 0.5)) / 25))
    for (const cut of cuts)
      expect(faultOf(await deliver(exchange, { ...message, body: message.body.subarray(0, cut) }, bank))).toMatch(/^server\.serverproxy\./)
    await expectNothingDone()
  })

  test('its parts in another order', async () => {
    const boundary = /boundary=(\w+)/.exec(text(Buffer.from(message.headers.map(([, value]) => value).join())))?.[1] ?? ''
    const [preamble = '', ...parts] = text(message.body).split(`--${boundary}\r\n`)
    const turns = parts.map((_, index) => [...parts.slice(index + 1), ...parts.slice(0, index + 1)]).slice(0, -1)
    expect(turns.length).toBeGreaterThan(2)
    for (const turn of turns) {
      const whole = [preamble, ...turn.map((part) => part.replace(`--${boundary}--`, ''))].join(`--${boundary}\r\n`)
      expect(faultOf(await deliver(exchange, { ...message, body: bytes(`${whole}--${boundary}--\r\n`) }, bank))).toMatch(
        /^server\.serverproxy\./,
      )
    }
    await expectNothingDone()
  })

  test('too large for the door: the gateway says so', async () => {
    const delivered = await deliver(exchange, { ...message, body: Buffer.alloc(7 * 1024 * 1024) }, bank)
    expect(delivered.status).toBe(413)
    await expectNothingDone()
  })
})

describe('who delivers it is judged by the door itself, at its own time', () => {
  const REFUSED = 'server.serverproxy.service_failed.ssl_authentication_failed'

  test('nobody: the connection is ended', async () => {
    await expect(deliver(exchange, message, {})).rejects.toThrow()
    await expectNothingDone()
  })
  test.runIf(needs('openssl'))('a certificate nobody issued', async () => {
    const { certificate, key } = selfSigned('bank')
    expect(faultOf(await deliver(exchange, message, { cert: certificate, key }))).toBe(REFUSED)
    await expectNothingDone()
  })
  test('another member’s node', async () => {
    for (const node of ['stranger', 'register'])
      expect(faultOf(await deliver(exchange, message, await identityOf(exchange, node)))).toBe(REFUSED)
    await expectNothingDone()
  })
  test('a system’s certificate of the same bank', async () => {
    const client = exchange.world.file.clients.find(({ node }) => node === 'bank')
    const identity = { cert: readFileSync(client?.certificate ?? '', 'utf8'), key: readFileSync(client?.key ?? '', 'utf8') }
    expect(faultOf(await deliver(exchange, message, identity))).toBe(REFUSED)
    await expectNothingDone()
  })
  test('its own certificate with another’s OCSP answer, or none', async () => {
    const strangers = await ocspFor('stranger')
    for (const ocsp of [[], [strangers], [new Uint8Array([1, 2, 3])]])
      expect(
        faultOf(
          await deliver(
            exchange,
            altered((transport) => ({ ...transport, ocsp })),
            bank,
          ),
        ),
      ).toMatch(/^server\.serverproxy\.service_failed\./)
    await expectNothingDone()
  })
  test('its own certificate with an OCSP answer from half a day ago', async () => {
    exchange.wait(12 * 3_600_000 + 1000)
    expect(faultOf(await deliver(exchange, message, bank))).toBe(REFUSED)
    await expectNothingDone()
  })

  /** The centre's answer of now, for a node's TLS certificate. */
  async function ocspFor(node: string): Promise<Uint8Array> {
    const { ca } = await authorities()
    const body = ocspRequest(authenticationOf(exchange, node), ca)
    const answer = await fetch(`${exchange.world.centre.url}/ocsp`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/ocsp-request' },
      body: Buffer.from(body),
    })
    return new Uint8Array(await answer.arrayBuffer())
  }
  const authorities = async () => ({ ca: loadCertificate(`${exchange.folder}/centre/authorities/certificates`, 'ca') })

  test('a certificate that was revoked, with the centre’s word on it', async () => {
    await exchange.world.centre.revoke(authenticationOf(exchange, 'bank').serial)
    const revoked = await ocspFor('bank')
    expect(
      faultOf(
        await deliver(
          exchange,
          altered((transport) => ({ ...transport, ocsp: [revoked] })),
          bank,
        ),
      ),
    ).toBe(REFUSED)
    await expectNothingDone()
  })
})

describe('a certificate that is withdrawn or has run out', () => {
  test('withdrawn from the configuration: refused as soon as the node knows', async () => {
    const watch = captured('bank')
    await using other = await openExchange({ wrap: watch.wrap })
    await other.get('/x')
    const own = await identityOf(other, 'bank')
    const sent = watch.messages[0] as PeerMessage
    expect(faultOf(await deliver(other, sent, own))).toBe('an answer')
    await other.world.centre.change((registry) =>
      withoutCertificate(registry, Buffer.from(authenticationOf(other, 'bank').der).toString('base64')),
    )
    await other.world.nodes.get('register')?.refreshTrust()
    expect(faultOf(await deliver(other, sent, own))).toBe('server.serverproxy.service_failed.ssl_authentication_failed')
  })

  test('run out by the clock of the node, though the machine’s own says otherwise', async () => {
    const watch = captured('bank')
    await using other = await openExchange({ wrap: watch.wrap })
    const bankRenewed = await renewAuthentication(other, 'bank', 3_600_000)
    await other.get('/x')
    const sent = watch.messages.at(-1) as PeerMessage
    expect(faultOf(await deliver(other, sent, bankRenewed))).toBe('an answer')
    other.wait(3_700_000)
    expect(faultOf(await deliver(other, sent, bankRenewed))).toBe('server.serverproxy.service_failed.ssl_authentication_failed')
    expect(other.log.filter(({ event }) => event === 'provide_refused').at(-1)?.why).toContain('not valid at the time')
  })
})
