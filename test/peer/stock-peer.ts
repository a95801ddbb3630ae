// A server of the exchange as stock ones behave on the wire, written for tests from the published protocols alone: nothing of ours is imported.
// Source: X-Road PR-MESST (messages and TLS between servers, OCSP between servers), PR-MESS, PR-REST.
import { createHash, randomUUID } from 'node:crypto'
import { createServer as createPlain, get, type IncomingMessage, type Server } from 'node:http'
import { createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { decode, encode, type ProxyMessage } from './message.ts'
import type { Part } from './multipart.ts'
import { type Evidence, type Signer, signMessage } from './signature.ts'

/** TLS 1.2 and CBC: all that stock servers speak to each other. */
export const STOCK_TLS = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
  ciphers: 'ECDHE-RSA-AES256-SHA384:DHE-RSA-AES256-SHA256:ECDHE-ECDSA-AES256-SHA384',
} as const

/** PEM: the key of TLS and its certificate; `ocsp` gives a response (DER) that it is good. */
export type TlsIdentity = { readonly key: string; readonly certificate: string; readonly ocsp: () => Promise<Buffer> }
/** Header names as they go on the wire. `cut`: the connection is destroyed after so many octets of the body. */
export type Answer = {
  readonly status?: number
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Buffer
  readonly cut?: number
}
/** What arrived: the headers as pairs of raw lines, and the message taken apart. */
export type Arrived = { readonly headers: readonly string[]; readonly message: ProxyMessage; readonly suite: string }
export type PeerOptions = {
  readonly tls: TlsIdentity
  readonly host?: string
  /** 5500 and 5577 are the ports of the protocol; 0 takes any free one. */
  readonly port?: number
  readonly ocspPort?: number
  readonly settings?: Partial<Record<'minVersion' | 'maxVersion' | 'ciphers', string>>
  /** 'reset': the connection is ended without an answer. */
  readonly answer: (arrived: Arrived) => Promise<Answer | 'reset'>
}
export type StockPeer = AsyncDisposable & {
  readonly address: string
  readonly ocspAddress: string
  readonly arrived: readonly Arrived[]
  /** SHA-1 digests that were asked for at the OCSP port. */
  readonly ocspAsked: readonly string[]
}

export async function openStockPeer(options: PeerOptions): Promise<StockPeer> {
  const { tls, host = '127.0.0.1', port = 0, ocspPort = 0, settings = {}, answer } = options
  const arrived: Arrived[] = []
  const ocspAsked: string[] = []
  const server = createServer({
    ...STOCK_TLS,
    ...(settings as object),
    key: tls.key,
    cert: tls.certificate,
    requestCert: true,
    rejectUnauthorized: false,
    dhparam: 'auto',
  })
  server.on('request', async (call, response) => {
    const body = Buffer.concat((await call.toArray()) as Buffer[])
    const one = { headers: call.rawHeaders, message: decode(String(call.headers['content-type']), body), suite: suiteOf(call) }
    arrived.push(one)
    const said = await answer(one)
    if (said === 'reset') return void call.socket.destroy()
    const whole = said.cut === undefined ? said.body : said.body.subarray(0, said.cut)
    const length = ['Content-Length', String(said.body.length), 'Connection', 'close']
    response.writeHead(said.status ?? 200, [...said.headers.flat(), ...length])
    if (said.cut === undefined) response.end(whole)
    else response.write(whole, () => call.socket.destroy())
  })
  server.on('tlsClientError', (_problem, socket) => socket.destroy())
  const responder = createPlain(async (call, response) => {
    const asked = new URL(call.url ?? '', 'http://x').searchParams.getAll('cert')
    ocspAsked.push(...asked)
    const known = [tls].filter((each) => asked.includes(sha1(each.certificate)))
    if (call.method === 'HEAD') return void response.writeHead(200).end()
    if (call.method !== 'GET' || known.length !== asked.length || asked.length === 0)
      return void response.writeHead(500).end('no such certificate')
    const boundary = 'jetty12345'
    const bodies = await Promise.all(known.map(({ ocsp }) => ocsp()))
    const written = bodies.map((body) =>
      Buffer.concat([Buffer.from(`--${boundary}\r\nContent-Type: application/ocsp-response\r\n\r\n`), body, Buffer.from('\r\n')]),
    )
    response
      .writeHead(200, { 'Content-Type': `multipart/related; type="application/ocsp-response"; charset=UTF-8; boundary=${boundary}` })
      .end(Buffer.concat([...written, Buffer.from(`--${boundary}--\r\n`)]))
  })
  const [at, ocspAt] = [await opened(server, port, host), await opened(responder, ocspPort, host)]
  return {
    address: `${host}:${at}`,
    ocspAddress: `${host}:${ocspAt}`,
    arrived,
    ocspAsked,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([server, responder].map((each) => new Promise((resolve) => each.close(resolve).closeAllConnections())))
    },
  }
}

const suiteOf = ({ socket }: IncomingMessage): string =>
  'getCipher' in socket ? (socket as unknown as { getCipher: () => { name: string } }).getCipher().name : ''
const sha1 = (pem: string): string =>
  createHash('sha1')
    .update(Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64'))
    .digest('hex')

const opened = (server: Server | ReturnType<typeof createServer>, port: number, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })

export type Called = {
  readonly status: number
  readonly headers: readonly string[]
  readonly message: ProxyMessage
  readonly suite: string
}
export type CallOptions = {
  readonly method?: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Buffer
  readonly identity?: Pick<TlsIdentity, 'key' | 'certificate'>
  readonly settings?: PeerOptions['settings']
}

/** One message delivered to a server at 'host:port', and its answer taken apart. Rejects when there is none. */
export function callServer(address: string, { method = 'POST', headers, body, identity, settings = {} }: CallOptions): Promise<Called> {
  const [host, port] = address.split(':')
  const own = identity ? { key: identity.key, cert: identity.certificate } : {}
  return new Promise((resolve, reject) => {
    const made = request({
      ...{ ...STOCK_TLS, ...(settings as object), host, port, method, path: '/', agent: false, rejectUnauthorized: false, ...own },
      headers: [
        'Host',
        'localhost:5500',
        'User-Agent',
        'Apache-HttpClient/4.5.14',
        'Accept-Encoding',
        'gzip,deflate',
        ...headers.flat(),
        'Transfer-Encoding',
        'chunked',
      ],
    })
    made.on('error', reject)
    made.on('response', async (response) => {
      const suite = suiteOf(response)
      const bytes = Buffer.concat((await response.toArray()) as Buffer[])
      const message = decode(String(response.headers['content-type'] ?? ''), bytes)
      resolve({ status: response.statusCode ?? 0, headers: response.rawHeaders, message, suite })
    })
    made.end(body)
  })
}

/** The OCSP responses of a server, by the SHA-1 of its certificates, in order. */
export async function fetchOcsp(address: string, certificates: readonly Buffer[]): Promise<{ status: number; type: string; body: Buffer }> {
  const query = certificates.map((each) => `cert=${createHash('sha1').update(each).digest('hex')}`).join('&')
  return new Promise((resolve, reject) => {
    get(`http://${address}/?${query}`, { headers: { Accept: 'multipart/related' } }, async (response) => {
      const body = Buffer.concat((await response.toArray()) as Buffer[])
      resolve({ status: response.statusCode ?? 0, type: String(response.headers['content-type']), body })
    }).on('error', reject)
  })
}

/** What a server's message must say of itself. */
const common = (type: string, original: string): readonly (readonly [string, string])[] => [
  ['x-hash-algorithm', 'SHA-512'],
  ['x-original-content-type', original],
  ['x-proxy-version', '7.8.0'],
  ['Content-Type', type],
]

export type Outgoing = {
  readonly kind: 'soap' | 'rest'
  readonly message: Buffer
  readonly attachments?: readonly Part[]
  readonly originalType: string
  readonly requestId?: string
  readonly soapAction?: string
  readonly signer: Signer
  readonly tls: TlsIdentity
  /** Made elsewhere, for a batch; else the message is signed by itself. */
  readonly evidence?: Evidence
}

/** A request as it travels. */
export async function requestFor({
  kind,
  message,
  attachments = [],
  originalType,
  requestId = randomUUID(),
  soapAction = '',
  signer,
  tls,
  evidence: given,
}: Outgoing) {
  const bodies = attachments.map(({ body }) => body)
  const evidence = given ?? (await signMessage(message, bodies, signer))
  const { type, body } = encode('request', { kind, ocsp: [await tls.ocsp()], message, attachments, evidence })
  const own = kind === 'rest' ? (['x-road-message-type', 'REST'] as const) : (['x-original-soapaction', soapAction] as const)
  return { headers: [...common(type, originalType), own, ['x-road-request-id', requestId] as const], body, identity: tls }
}

/** A response as it travels. */
export async function responseFor({ kind, message, attachments = [], originalType, signer }: Omit<Outgoing, 'tls'>): Promise<Answer> {
  const evidence = await signMessage(
    message,
    attachments.map(({ body }) => body),
    signer,
  )
  const { type, body } = encode('response', { kind, ocsp: [], message, attachments, evidence })
  return { headers: common(type, originalType).filter(([name]) => name !== 'x-proxy-version'), body }
}
