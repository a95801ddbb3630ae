import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { LockedFiles } from '../adapters/local/locked-files.ts'
import { ok, type Result } from '../base/result.ts'
import { verifyContainer } from '../evidence/container-verify.ts'
import { trustOfDay } from '../exchange/trust-refresh.ts'
import { writePem } from '../trust/pem.ts'
import { issuersOf, ocspResponders, type Trust, tsaCertificates } from '../trust/trust.ts'
import { containersIn, type EvidenceItem } from './evidence.ts'
import { type ExportedContainer, evidenceReadme } from './evidence-readme.ts'
import { must } from './node-file.ts'
import { type Trouble, trouble } from './troubles.ts'

export type Exported = {
  readonly folder: string
  /** The trust of the day of the first container; each container names its own. */
  readonly trust: string
  readonly containers: readonly ExportedContainer[]
}
/**
 * Writes sealed records into a new folder with all that is needed to judge them without us: the containers byte for byte, the
 * trust of their day as X-Road servers keep it, the signed directories that brought it, the authorities' certificates as PEM
 * for openssl, the records as JSON, and a README for a lawyer.
 * @param items sealed records, of one node or several. Refused with 'output_exists' for a folder that holds something.
 */
export async function exportEvidence(
  items: readonly EvidenceItem[],
  filesOf: (node: string) => LockedFiles,
  folder: string,
): Promise<Result<Exported, Trouble>> {
  if (existsSync(folder) && readdirSync(folder).length > 0) return trouble('output_exists', { out: folder })
  const trusts = new Map<string, { readonly folder: string; readonly trust: Trust }>()
  for (const { configuration, node } of items) {
    if (trusts.has(configuration)) continue
    const place = join(folder, trusts.size === 0 ? 'trust' : `trust-${trusts.size + 1}`)
    await copyConfiguration(configuration, filesOf(node), place)
    trusts.set(configuration, { folder: place, trust: must(await trustOfDay(configuration, filesOf(node))) })
  }
  const containers: ExportedContainer[] = []
  const readers = new Map(items.map(({ node }) => [node, containersIn(filesOf(node))]))
  for (const item of items) {
    const bytes = await (readers.get(item.node) ?? containersIn(filesOf(item.node)))(item)
    const file = join(folder, `${item.node}-${item.container}`)
    write(file, bytes)
    const { folder: place, trust } = trusts.get(item.configuration) ?? {}
    if (!place || !trust) throw new Error('a container without the trust of its day')
    const { timestamp } = await verifyContainer(bytes, trust, 'strict')
    const stampedAt = timestamp === undefined ? {} : { stampedAt: timestamp }
    containers.push({ item, file, sha256: createHash('sha256').update(bytes).digest('hex'), trust: place, ...stampedAt })
  }
  for (const { folder: place, trust } of trusts.values()) writeCertificates(join(place, 'openssl'), trust)
  write(join(folder, 'records.jsonl'), Buffer.from(items.map((item) => `${JSON.stringify(item)}\n`).join('')))
  write(join(folder, 'LEAME-README.txt'), Buffer.from(evidenceReadme(folder, containers)))
  return ok({ folder, trust: containers[0]?.trust ?? '', containers })
}

/** The configuration's files as they lie under lock: the folder that verifiers read, and the signed directories beside it. */
async function copyConfiguration(configuration: string, { listLocked, getLocked }: LockedFiles, place: string): Promise<void> {
  const prefix = `configurations/${configuration}/`
  for (const name of await listLocked(prefix)) write(join(place, name.slice(prefix.length)), (await getLocked(name)) ?? new Uint8Array())
}

/** What openssl asks for, as it asks for it. */
function writeCertificates(folder: string, trust: Trust): void {
  const pem = (ders: readonly { readonly der: Uint8Array }[]) => Buffer.from(ders.map(({ der }) => writePem('CERTIFICATE', der)).join(''))
  write(join(folder, 'ca.pem'), pem(issuersOf(trust).map(({ certificate }) => certificate)))
  write(join(folder, 'tsa.pem'), pem(tsaCertificates(trust)))
  write(join(folder, 'ocsp.pem'), pem(ocspResponders(trust)))
}

function write(file: string, bytes: Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, bytes)
}
