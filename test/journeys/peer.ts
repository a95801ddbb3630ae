import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { createServer, type TLSSocket } from 'node:tls'
import { openKeys } from '../../src/adapters/local/keys.ts'
import { loadCertificate } from '../../src/local/certificate-files.ts'
import { listen } from '../../src/local/listen.ts'
import type { NodePorts } from '../../src/local/node-ports.ts'
import { withServer } from '../../src/local/registry.ts'
import { codeOf, type Fault } from '../../src/protocol/faults.ts'
import { readFault } from '../../src/protocol/transport.ts'
import type { Exchange } from './exchange.ts'

/** What a node sent to a peer's door, as it left. */
export type PeerMessage = Parameters<NodePorts['callPeer']>[1]
export type TlsIdentity = { readonly cert: string; readonly key: string }

/** Watches what a node sends to its peers, and lets it pass. */
export function captured(node: string) {
  const messages: PeerMessage[] = []
  const wrap = (name: string, ports: NodePorts): NodePorts => ({
    ...ports,
    callPeer: (addresses, message, ...rest) => {
      if (name === node) messages.push(message)
      return ports.callPeer(addresses, message, ...rest)
    },
  })
  return { messages, wrap }
}

/** A node's TLS certificate and key, as somebody has them who broke into it. */
export async function identityOf(exchange: Exchange, node: string): Promise<TlsIdentity> {
  const folder = join(exchange.folder, 'nodes', node)
  const keys = await openKeys(join(folder, 'keys'), 'nopal azul')
  if (!keys.ok) throw new Error(keys.fault.file)
  const cert = readFileSync(join(folder, 'certificates', 'authentication.pem'), 'utf8')
  return { cert, key: keys.value.privateKey('authentication').export({ type: 'pkcs8', format: 'pem' }).toString() }
}

export const authenticationOf = (exchange: Exchange, node: string) =>
  loadCertificate(join(exchange.folder, 'nodes', node, 'certificates'), 'authentication')

export type Delivered = { readonly status: number; readonly contentType: string; readonly body: Buffer; readonly fault: Fault | null }

/** Delivers a message to a node's provider door. Rejects when the connection is ended without an answer. */
export function deliver(
  exchange: Exchange,
  message: Partial<PeerMessage> & { readonly method?: string },
  identity: Partial<TlsIdentity>,
  node = 'register',
): Promise<Delivered> {
  const [host, port] = (exchange.world.nodes.get(node)?.provider ?? '').split(':')
  const headers = ['Host', 'x', ...(message.headers ?? []).flat(), ...(message.body ? ['Content-Length', String(message.body.length)] : [])]
  return new Promise((resolve, reject) => {
    const made = request({
      host,
      port,
      method: message.method ?? 'POST',
      path: '/',
      headers,
      agent: false,
      rejectUnauthorized: false,
      ...identity,
    })
    made.on('error', reject)
    made.on('response', async (response) => {
      const body = Buffer.concat((await response.toArray()) as Buffer[])
      const contentType = String(response.headers['content-type'] ?? '')
      resolve({ status: response.statusCode ?? 0, contentType, body, fault: contentType.startsWith('text/xml') ? readFault(body) : null })
    })
    made.end(message.body)
  })
}

export const faultOf = ({ fault }: Delivered): string => (fault ? codeOf(fault) : 'an answer')

/** Somebody else at a node's registered address. Counts connections, and the bytes that came over them once the handshake was done. */
export async function impostor(exchange: Exchange, node: string, identity: TlsIdentity) {
  const seen = { connections: 0, bytes: 0 }
  const server = createServer({ ...identity, requestCert: true, rejectUnauthorized: false }, (socket: TLSSocket) => {
    socket.on('data', (chunk) => {
      seen.bytes += chunk.length
    })
    socket.on('error', () => {})
  })
  server.on('connection', () => {
    seen.connections++
  })
  const port = await listen(server, 0)
  if (!port.ok) throw new Error(port.fault.en)
  await exchange.world.centre.change((registry) => {
    const entry = registry.servers.find(({ id }) =>
      exchange.world.file.nodes.some(
        ({ name, server: own }) => name === node && own === [id.instance, id.memberClass, id.memberCode, id.serverCode].join('/'),
      ),
    )
    if (!entry) throw new Error(`no server ${node}`)
    return withServer(registry, { ...entry, address: `localhost:${port.value}` })
  })
  return { seen, [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())) }
}
