import { createPublicKey } from 'node:crypto'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { writeCertificate } from '../../src/local/certificate-files.ts'
import type { Registry } from '../../src/local/registry.ts'
import { writePem } from '../../src/trust/pem.ts'
import type { Exchange } from '../journeys/exchange.ts'
import { authenticationOf, identityOf, type TlsIdentity } from '../journeys/peer.ts'

/** Of two members whose nodes are no help: at one address nobody listens, at the other somebody who never says a word. */
export const DEAD = 'EE/GOV/444/dead/persons'
export const MUTE = 'EE/GOV/555/mute/persons'

/** Registers both; the mute one listens until it is closed. */
export async function badPeers(exchange: Exchange): Promise<AsyncDisposable> {
  const held = new Set<Socket>()
  const mute = createServer((socket) => {
    held.add(socket)
    socket.on('error', () => {}).once('close', () => held.delete(socket))
  })
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
  await change(exchange, (registry) =>
    [
      { service: DEAD, address: '127.0.0.1:9' },
      { service: MUTE, address: `127.0.0.1:${(mute.address() as AddressInfo).port}` },
    ].reduce(withServerOf, registry),
  )
  return {
    [Symbol.asyncDispose]: async () => {
      for (const socket of held) socket.destroy()
      await new Promise((resolve) => mute.close(resolve))
    },
  }
}

function withServerOf(registry: Registry, { service, address }: { service: string; address: string }): Registry {
  const [instance = '', memberClass = '', memberCode = '', subsystemCode = ''] = service.split('/')
  const id = { instance, memberClass, memberCode }
  const subsystem = { ...id, subsystemCode }
  return {
    ...registry,
    members: [...registry.members, { id, name: subsystemCode, classDescription: 'Government', subsystems: [{ id: subsystem }] }],
    servers: [...registry.servers, { id: { ...id, serverCode: 'S1' }, address, authenticationCertificates: [], clients: [subsystem] }],
  }
}

async function change(exchange: Exchange, how: (registry: Registry) => Registry): Promise<void> {
  await exchange.world.centre.change(how)
  for (const node of exchange.world.nodes.values()) await node.refreshTrust()
}

/**
 * A new TLS certificate for a node while calls run, good for `life` milliseconds: registered beside the old one, taken up, and only then the old
 * one goes.
 */
export async function renewUnderLoad(exchange: Exchange, node: string, life: number): Promise<TlsIdentity> {
  const { key } = await identityOf(exchange, node)
  const old = authenticationOf(exchange, node)
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const made = await exchange.world.centre.issue({ use: 'authentication', subject: old.subject.der, publicKey, life })
  const [before, after] = [old.der, made.der].map((der) => Buffer.from(der).toString('base64')) as [string, string]
  await change(
    exchange,
    certificates((each) => (each === before ? [before, after] : [each])),
  )
  writeCertificate(join(exchange.folder, 'nodes', node, 'certificates'), 'authentication', made.der)
  await exchange.world.nodes.get(node)?.reconfigure()
  await pause(1000) // what was sent with the old one is answered
  await change(
    exchange,
    certificates((each) => (each === before ? [] : [each])),
  )
  return { cert: writePem('CERTIFICATE', made.der), key }
}

const certificates =
  (each: (certificate: string) => readonly string[]) =>
  (registry: Registry): Registry => ({
    ...registry,
    servers: registry.servers.map((server) => ({
      ...server,
      authenticationCertificates: server.authenticationCertificates.flatMap(each),
    })),
  })
