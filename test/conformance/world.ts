import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import type { NodeConfiguration } from '../../src/exchange/node-configuration.ts'
import type { Sign, TrustInForce } from '../../src/exchange/ports.ts'
import type { NodePorts } from '../../src/local/node-ports.ts'
import type { NodePlan } from '../../src/local/plan.ts'
import { clientNamed } from '../../src/local/world-file.ts'
import { parseClientId } from '../../src/protocol/identifiers.ts'
import { type Exchange, openExchange } from '../journeys/exchange.ts'
import { type Answer, type Arrived, openStockPeer, type StockPeer } from '../peer/stock-peer.ts'
import { type Dummy, openDummy } from './dummy.ts'
import { enrolMember, type Member, register } from './peers.ts'
import { BANK, PEERS, type PeerName, planWith, STRANGER } from './plan.ts'
import { selfIssued } from './self-issued.ts'

/** 'local': nodes that listen by themselves. The others: the gateways of the cloud, as the local world plays them. */
export const EDGES = ['local', 'rest', 'http'] as const
export type Edge = (typeof EDGES)[number]

/** What a scenario may change in a node while it runs. */
export type Twist = {
  readonly configuration?: (node: string, configuration: NodeConfiguration) => NodeConfiguration
  readonly trust?: (node: string, trust: TrustInForce) => TrustInForce
  readonly sign?: (node: string, sign: Sign) => Sign
}

export type Ask = {
  readonly method?: string
  readonly path?: string
  readonly headers?: readonly string[]
  readonly body?: string | Uint8Array | null
  /** PEM; null: no certificate. Else the client's own. */
  readonly identity?: { readonly cert: string; readonly key: string } | null
  /** Whose system it is, when it is not the edge's ordinary client. */
  readonly as?: string
}
export type Reply = {
  readonly status: number
  readonly headers: readonly string[]
  readonly body: Buffer
  readonly text: string
  readonly code: string | null
}

export type Conformance = AsyncDisposable & {
  readonly exchange: Exchange
  readonly dummy: Dummy
  readonly members: ReadonlyMap<PeerName, Member>
  /** The server of 'par', and what it answers. */
  readonly peer: StockPeer
  answer: (arrived: Arrived) => Promise<Answer | 'reset'>
  twist: Twist
  readonly clientOf: (edge: Edge) => string
  readonly ask: (edge: Edge, ask?: Ask) => Promise<Reply>
  /** Where the register takes messages of peers: 'host:port'. */
  readonly provider: string
}

/** @param settings of the register; with `ownListener` every node listens by itself: the world of the edge 'local'. */
export async function openConformance(settings: NodePlan['settings'] = {}): Promise<Conformance> {
  const dummy = await openDummy()
  const state: Pick<Conformance, 'twist' | 'answer'> = { twist: {}, answer: async () => 'reset' }
  const wrap = (node: string, given: NodePorts): NodePorts => ({
    ...given,
    configuration: async () => (state.twist.configuration ?? ((_, same) => same))(node, await given.configuration()),
    trust: async () => {
      const today = await given.trust()
      return today.ok && state.twist.trust ? { ok: true, value: state.twist.trust(node, today.value) } : today
    },
    sign: (...question) => (state.twist.sign?.(node, given.sign) ?? given.sign)(...question),
  })
  const exchange = await openExchange({ plan: planWith(dummy.url, dummy.secureUrl, settings), wrap })
  const members = new Map<PeerName, Member>()
  for (const name of PEERS) members.set(name, await enrolMember(exchange, { instance: 'EE', memberClass: 'NGO', memberCode: name }))
  const memberOf = (name: PeerName): Member => members.get(name) ?? fail(name)
  const peer = await openStockPeer({ tls: memberOf('par').tls, answer: (arrived) => state.answer(arrived) })
  const others = await openOthers(exchange, peer.address, memberOf, (arrived) => state.answer(arrived))
  await register(exchange, [{ member: memberOf('par'), address: peer.address, clients: [clientIn('par')] }, ...others.servers])
  const clientOf = (edge: Edge) => (edge === 'http' ? STRANGER : BANK)
  const nodeUrl = (node: string) => exchange.world.nodes.get(node)?.consumer ?? ''
  return Object.assign(state, {
    exchange,
    dummy,
    members,
    peer,
    clientOf,
    ask: (edge: Edge, ask?: Ask) => asking(exchange, nodeUrl(edge === 'http' ? 'stranger' : 'bank'), clientOf(edge), ask),
    provider: exchange.world.nodes.get('register')?.provider ?? '',
    [Symbol.asyncDispose]: async () => {
      for (const each of [peer, ...others.listening]) await each[Symbol.asyncDispose]()
      await exchange[Symbol.asyncDispose]()
      await dummy[Symbol.asyncDispose]()
    },
  })
}

/** The servers that are not as they should be, and a member with two of them. */
async function openOthers(exchange: Exchange, parsAddress: string, memberOf: (name: PeerName) => Member, answer: Conformance['answer']) {
  const { certificate, key } = await selfIssued('nadie')
  const open = (tls: Member['tls'], settings = {}) => openStockPeer({ tls, settings, answer })
  const listening = [
    await open({ ...memberOf('nadie').tls, certificate, key }),
    await open(memberOf('revocada').tls),
    await open(memberOf('moderna').tls, { ciphers: 'AES128-SHA' }),
    await open(memberOf('doble').tls),
  ]
  const [nadie = '', revocada = '', moderna = '', doble = ''] = listening.map(({ address }) => address)
  await exchange.world.centre.revoke(memberOf('revocada').serials.tls)
  const second = async (name: PeerName) => enrolMember(exchange, memberOf(name).id, 'S2')
  const at = (name: PeerName, address: string, member = memberOf(name)) => ({ member, address, clients: [clientIn(name)] })
  const servers = [
    at('ajena', parsAddress),
    { ...at('nadie', nadie), certificate },
    at('revocada', revocada),
    at('moderna', moderna),
    at('doble', doble),
    at('doble', DEAD, await second('doble')),
    at('sorda', DEAD),
    at('muda', ''),
    at('cerrada', DEAD),
    at('cerrada', '127.0.0.1:10', await second('cerrada')),
  ]
  return { listening, servers }
}
const DEAD = '127.0.0.1:9'

export function clientIn(name: PeerName) {
  const id = parseClientId(`EE/NGO/${name}/${name}`)
  return id.ok ? id.value : fail(name)
}
const fail = (what: string): never => {
  throw new Error(what)
}

/** One call as an agency's old system makes it: any path, its own headers, the client's certificate. */
function asking(
  exchange: Exchange,
  url: string,
  client: string,
  { method = 'POST', path = '/', headers = ['Content-Type', 'text/xml; charset=utf-8'], body = null, identity, as = client }: Ask = {},
): Promise<Reply> {
  const entry = clientNamed(exchange.world.file, as)
  if (!entry.ok) return fail(entry.fault.en)
  const own = { cert: readFileSync(entry.value.certificate, 'utf8'), key: readFileSync(entry.value.key, 'utf8') }
  const { hostname: host, port } = new URL(url)
  const bytes = body === null ? null : Buffer.from(body as string)
  const length = bytes ? ['Content-Length', String(bytes.length)] : []
  return new Promise((resolve, reject) => {
    const made = request({
      ...{ host, port, method, path, agent: false, rejectUnauthorized: false, ...(identity === null ? {} : (identity ?? own)) },
      headers: ['Host', `${host}:${port}`, ...headers, ...length],
    })
    made.on('error', reject)
    made.on('response', async (response) => {
      const received = Buffer.concat((await response.toArray()) as Buffer[])
      const text = received.toString('utf8')
      const code = /<faultcode>([^<]*)<\/faultcode>/.exec(text)?.[1] ?? (response.headers['x-road-error'] as string | undefined) ?? null
      resolve({ status: response.statusCode ?? 0, headers: response.rawHeaders, body: received, text, code })
    })
    made.end(bytes ?? undefined)
  })
}

export const headerIn = (headers: readonly string[], name: string): string | undefined => {
  const at = headers.findIndex((each, index) => index % 2 === 0 && each.toLowerCase() === name)
  return at < 0 ? undefined : headers[at + 1]
}
