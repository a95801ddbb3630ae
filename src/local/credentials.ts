import { createHash, generateKeyPair } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Keys } from '../adapters/local/keys.ts'
import { DAY, type Instant, later } from '../base/clock.ts'
import type { Log, Now } from '../exchange/ports.ts'
import { parseClientId } from '../protocol/identifiers.ts'
import { readCertificate } from '../trust/certificates.ts'
import { type Authority, issueCertificate } from '../trust/issue.ts'
import { writeName } from '../trust/names.ts'
import { readPem, writePem } from '../trust/pem.ts'
import { beginning } from './authorities.ts'
import { loadCertificate } from './certificate-files.ts'
import { certificatesOf, must, readNodeFile, slugOf, writeNodeFile } from './node-file.ts'
import { writeWhole } from './write-whole.ts'

/** How long a system's credential is good, and how long the one before stays good beside it. */
export const CREDENTIAL_LIFE = 180 * DAY
const RENEW_BEFORE = 60 * DAY
const INTERNAL = 'ecdsa-sha256'
const generateKeys = promisify(generateKeyPair)

/** Where a system finds what it connects with: certificate.pem, key.pem, authority.pem. */
export type Credential = { readonly folder: string; readonly fingerprint: string; readonly notAfter: Instant }

/**
 * A credential for one of the agency's systems: key and certificate made where the system reads them, accepted by the node from now on. The node keeps
 * it renewed from then on, in place; a system that reads its files at every connection never notices.
 */
export async function giveCredential(nodeFolder: string, client: string, keys: Keys, now: Now): Promise<Credential> {
  const folder = join(nodeFolder, 'systems', slugOf(must(parseClientId(client))))
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const internal: Authority = { key: 'internal', algorithm: INTERNAL, certificate: loadCertificate(certificatesOf(nodeFolder), 'internal') }
  const { publicKey, privateKey } = await generateKeys('ec', { namedCurve: 'prime256v1' })
  const notAfter = later(now(), CREDENTIAL_LIFE)
  const der = await issueCertificate(
    {
      use: 'client',
      serial:
        BigInt(
          `0x${createHash('sha256')
            .update(publicKey.export({ type: 'spki', format: 'der' }))
            .digest('hex')
            .slice(0, 32)}`,
        ) + 1000n,
      subject: writeName([['CN', client]]),
      publicKey: publicKey.export({ type: 'spki', format: 'der' }),
      notBefore: beginning(now()),
      notAfter,
    },
    internal,
    keys.sign,
  )
  const fingerprint = createHash('sha256').update(der).digest('hex')
  accept(nodeFolder, client, fingerprint)
  writeWhole(join(folder, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }), 0o600)
  writeWhole(join(folder, 'certificate.pem'), writePem('CERTIFICATE', der))
  writeWhole(join(folder, 'authority.pem'), writePem('CERTIFICATE', internal.certificate.der))
  return { folder, fingerprint, notAfter }
}

/** The node takes the new one and the one before; older ones are no longer good. */
function accept(nodeFolder: string, client: string, fingerprint: string): void {
  const file = readNodeFile(nodeFolder)
  const clients = file.clients.map((each) =>
    each.id === client ? { ...each, certificates: [...each.certificates.slice(-1), fingerprint] } : each,
  )
  writeNodeFile(nodeFolder, { ...file, clients })
}

/** Renews every credential that ends within two months. */
export async function keepCredentials(
  nodeFolder: string,
  keys: Keys,
  { now, log }: { readonly now: Now; readonly log: Log },
): Promise<void> {
  const systems = join(nodeFolder, 'systems')
  if (!existsSync(systems)) return
  const file = readNodeFile(nodeFolder)
  for (const name of readdirSync(systems)) {
    const client = file.clients.find(({ id }) => slugOf(must(parseClientId(id))) === name)
    const certificate = client && existing(join(systems, name, 'certificate.pem'))
    if (!client || !certificate || certificate.notAfter - now() > RENEW_BEFORE) continue
    const given = await giveCredential(nodeFolder, client.id, keys, now)
    log({ level: 'info', event: 'credential_renewed', client: client.id, fingerprint: given.fingerprint })
  }
}

function existing(file: string) {
  const der = existsSync(file) ? readPem('CERTIFICATE', readFileSync(file, 'latin1'))[0] : undefined
  const read = der && readCertificate(der)
  return read?.ok ? read.value : undefined
}
