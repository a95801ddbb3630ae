import { createPublicKey } from 'node:crypto'
import { join } from 'node:path'
import { writeCertificate } from '../../src/local/certificate-files.ts'
import { writePem } from '../../src/trust/pem.ts'
import type { Exchange } from './exchange.ts'
import { authenticationOf, identityOf, type TlsIdentity } from './peer.ts'

/** A new TLS certificate for a node's own key, valid for `life` milliseconds, registered in place of the old one. The node takes it up. */
export async function renewAuthentication(exchange: Exchange, node: string, life: number): Promise<TlsIdentity> {
  const { key } = await identityOf(exchange, node)
  const old = authenticationOf(exchange, node)
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const made = await exchange.world.centre.issue({ use: 'authentication', subject: old.subject.der, publicKey, life })
  const [before, after] = [old.der, made.der].map((der) => Buffer.from(der).toString('base64')) as [string, string]
  await exchange.world.centre.change((registry) => ({
    ...registry,
    servers: registry.servers.map((server) => ({
      ...server,
      authenticationCertificates: server.authenticationCertificates.map((each) => (each === before ? after : each)),
    })),
  }))
  writeCertificate(join(exchange.folder, 'nodes', node, 'certificates'), 'authentication', made.der)
  for (const running of exchange.world.nodes.values()) await running.refreshTrust()
  await exchange.world.nodes.get(node)?.reconfigure()
  return { cert: writePem('CERTIFICATE', made.der), key }
}
