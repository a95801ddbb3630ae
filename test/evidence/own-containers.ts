import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { instant } from '../../src/base/clock.ts'
import { loadTrust } from '../../src/cli/trust-folder.ts'
import type { PartDigest } from '../../src/evidence/hash-chain.ts'
import { readZip } from '../../src/evidence/zip.ts'
import { sha512 } from '../../src/protocol/digests.ts'
import type { SignatureDocuments } from '../../src/protocol/signature-documents.ts'
import type { Trust } from '../../src/trust/trust.ts'
import { must } from './containers.ts'

const folder = join(fileURLToPath(new URL('.', import.meta.url)), '..', 'vectors', 'own')

/** When every stamp and OCSP response among them was made, give or take five seconds. */
export const OWN_TIME = instant(Date.UTC(2026, 10, 23, 6, 32, 35))

export const ownTrust = async (): Promise<Trust> => must(await loadTrust(join(folder, 'globalconf')))

export type OwnRow = { readonly file: string; readonly container: string; readonly wire: string; readonly what: string }
export const ownRows = (): readonly OwnRow[] =>
  readFileSync(join(folder, 'verdicts.tsv'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [file = '', container = '', wire = '', what = ''] = line.split('\t')
      return { file, container, wire, what }
    })

export const ownFile = (file: string): Uint8Array => readFileSync(join(folder, 'containers', file))

/** What a node would have received of a container's message; null when the container lacks message or signature. */
export async function ownMessage(
  file: string,
): Promise<{ readonly message: Uint8Array; readonly parts: readonly PartDigest[]; readonly documents: SignatureDocuments } | null> {
  const entries = must(await readZip(ownFile(file)))
  const [message, signature] = [entries.get('message.xml'), entries.get('META-INF/signatures.xml')]
  if (!message || !signature) return null
  const attachments = [...entries.keys()].filter((name) => name.startsWith('attachment')).sort()
  const parts = [
    { name: '/message.xml', sha512: sha512(message), octets: message },
    ...attachments.map((name) => ({ name: `/${name}`, sha512: sha512(entries.get(name) as Uint8Array) })),
  ]
  // One row has a result without its chain: to the walk a file that is not there.
  const [result, chain] = [entries.get('sig-hashchainresult.xml'), entries.get('sig-hashchain.xml') as Uint8Array]
  return { message, parts, documents: { signature, ...(result && { chain: { result, chain } }) } }
}
