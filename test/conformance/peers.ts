import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { loadCertificate } from '../../src/local/certificate-files.ts'
import { withServer } from '../../src/local/registry.ts'
import type { ClientId, MemberId, ServerId } from '../../src/protocol/identifiers.ts'
import type { Certificate } from '../../src/trust/certificates.ts'
import { ocspRequest } from '../../src/trust/ocsp.ts'
import { writePem } from '../../src/trust/pem.ts'
import { authenticationSubject, signingSubject } from '../../src/trust/subjects.ts'
import type { Exchange } from '../journeys/exchange.ts'
import type { Signer } from '../peer/signature.ts'
import type { TlsIdentity } from '../peer/stock-peer.ts'

/** A member whose server is none of ours: what the centre gave it, as its operator would hold it. */
export type Member = {
  readonly id: MemberId
  readonly server: ServerId
  readonly tls: TlsIdentity
  readonly signer: Signer
  /** Serial numbers, to revoke by. */
  readonly serials: { readonly tls: bigint; readonly signer: bigint }
}

/** Keys and certificates for a member's server. It is not registered yet. */
export async function enrolMember(exchange: Exchange, id: MemberId, serverCode = 'S1'): Promise<Member> {
  const server = { ...id, serverCode }
  const [tls, signing] = [newKey(), newKey()]
  const authentication = await exchange.world.centre.issue({
    use: 'authentication',
    subject: authenticationSubject('Basic', server, id.memberCode, 'localhost'),
    publicKey: tls.spki,
    names: { dns: ['localhost'] },
  })
  const signer = await exchange.world.centre.issue({
    use: 'signing',
    subject: signingSubject('Basic', id, id.memberCode),
    publicKey: signing.spki,
  })
  return {
    id,
    server,
    serials: { tls: authentication.serial, signer: signer.serial },
    tls: { key: tls.pem, certificate: writePem('CERTIFICATE', authentication.der), ocsp: () => ocspFor(exchange, authentication) },
    signer: { key: signing.privateKey, certificate: Buffer.from(signer.der), ocsp: () => ocspFor(exchange, signer) },
  }
}

function newKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return {
    spki: createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
    pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    privateKey,
  }
}

/** What the centre's responder says of a certificate now. */
export async function ocspFor(exchange: Exchange, certificate: Certificate): Promise<Buffer> {
  const ca = loadCertificate(join(exchange.folder, 'centre/authorities/certificates'), 'ca')
  const answer = await fetch(`${exchange.world.centre.url}/ocsp`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/ocsp-request' },
    body: Buffer.from(ocspRequest(certificate, ca)),
  })
  return Buffer.from(await answer.arrayBuffer())
}

/** Puts servers into the configuration, and lets every node read it. */
export async function register(
  exchange: Exchange,
  servers: readonly { member: Member; address: string; clients: readonly ClientId[]; certificate?: string }[],
): Promise<void> {
  await exchange.world.centre.change((registry) =>
    servers.reduce(
      (all, { member, address, clients, certificate = member.tls.certificate }) =>
        withServer(all, {
          id: member.server,
          address,
          clients,
          authenticationCertificates: [certificate.replace(/-----[^-]+-----|\s/g, '')],
        }),
      registry,
    ),
  )
  for (const node of exchange.world.nodes.values()) await node.refreshTrust()
}
