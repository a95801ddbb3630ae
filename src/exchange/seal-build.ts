import { type FiledContainer, packArchive } from '../evidence/archive.ts'
import { containerName, packContainer } from '../evidence/asic.ts'
import { linkingInfo } from '../evidence/linking.ts'
import { contentDigest, type EvidenceRecord, type KeptBody } from '../evidence/record.ts'
import { withOcsp } from '../evidence/signature-document.ts'
import { type StampChain, stampChain } from '../evidence/stamp-chain.ts'
import { purposeOf } from '../metering/purpose.ts'
import { hex, sha512 } from '../protocol/digests.ts'
import { archiveFileName, receiptsName, setAsideName } from './archive-names.ts'
import { isOwn, sharedSignature } from './own-signature.ts'
import type { Head, SealPlan } from './seal-plan.ts'
import type { Entry, Sealable } from './sealable.ts'

/** A file to put under lock. */
export type File = { readonly name: string; readonly bytes: Uint8Array }
export type Built = {
  readonly files: readonly File[]
  readonly receipts: File
  readonly head: Head
  readonly sealed: number
  readonly setAside: number
}

/** Which entries of a plan are sealed: all that could be read and are not set aside. */
export function sealedOf(entries: readonly Entry[], { setAside }: Pick<SealPlan, 'setAside'>): readonly Sealable[] {
  const aside = new Set(setAside.map(({ index }) => index))
  return entries.flatMap(({ index, read }) => (read.ok && !aside.has(index) ? [read.value] : []))
}

type Late = Pick<SealPlan, 'lateBefore' | 'supersededBefore' | 'fresh'>

/** By the time of the stamp its OCSP response would be too old, or superseded. */
export const isLate = (
  { thisUpdate, nextUpdate }: Pick<Sealable, 'thisUpdate' | 'nextUpdate'>,
  { lateBefore, supersededBefore }: Omit<Late, 'fresh'>,
): boolean => thisUpdate < lateBefore || (nextUpdate !== null && nextUpdate < supersededBefore)

/** The signature document as it goes into the container, before the stamp. */
function signatureOf(sealable: Sealable, late: Late): Uint8Array {
  const { signature } = sealable.record.documents
  if (!isLate(sealable, late)) return signature
  const fresh = late.fresh[sealable.signer]
  if (fresh === undefined) throw new Error(`the plan has no fresh OCSP response for ${sealable.signer}`)
  return withOcsp(signature, Buffer.from(fresh, 'base64'))
}

export type Stamped = StampChain & { readonly signatures: readonly Uint8Array[] }

/** What one stamp over the signature documents is over, as they go into their containers. Also a document alone is stamped as a whole. */
export function stampedOf(sealables: readonly Sealable[], late: Late): Stamped {
  const signatures = sealables.map((sealable) => signatureOf(sealable, late))
  return { ...stampChain(signatures), signatures }
}

/** Everything a plan makes of its segments. The same plan and segments give the same bytes, always. */
export function build(plan: SealPlan, entries: readonly Entry[]): Built {
  const sealables = sealedOf(entries, plan)
  const containers = plan.token === null ? [] : containersOf(sealables, plan, Buffer.from(plan.token, 'base64'))
  if (containers.length !== sealables.length) throw new Error(`the plan of position ${plan.position} has no stamp for its records`)
  const archive = containers.length > 0 ? packArchive(containers, plan.after.last ?? undefined) : null
  const last = archive ? { link: archive.last, file: archive.name } : plan.after.last
  const head: Head = {
    position: plan.position,
    last,
    sequence: plan.after.sequence + containers.length,
    through: plan.segments.at(-1) ?? plan.after.through,
  }
  const aside = plan.setAside.map(({ index }) => ({ index, entry: entries.find((each) => each.index === index) as Entry }))
  const files = [
    ...aside.flatMap(({ index, entry }) => asideFiles(plan, index, entry)),
    ...(archive ? [{ name: archiveFileName(archive.name), bytes: archive.bytes }] : []),
  ]
  const lines = [
    headLine(plan, head, containers.length),
    ...receiptLines(sealables, containers, plan, head),
    ...aside.map((each) => asideLine(plan, each.index, each.entry)),
  ]
  const receipts = {
    name: receiptsName(plan.position),
    bytes: Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''), 'utf8'),
  }
  return { files, receipts, head, sealed: containers.length, setAside: aside.length }
}

function containersOf(sealables: readonly Sealable[], plan: SealPlan, token: Uint8Array): readonly FiledContainer[] {
  const { result, chains, signatures } = stampedOf(sealables, plan)
  return sealables.map(({ record }, index) => {
    const stamp = { token, chain: { result, chain: chains[index] as Uint8Array } }
    const documents = { ...record.documents, signature: signatures[index] as Uint8Array }
    const attachments = record.attachments.map((body) => (body.kind === 'bytes' ? body.bytes : null))
    const bytes = packContainer({ message: record.message, documents, attachments, stamp, at: record.at })
    return { name: containerName(record.messageId, record.direction, plan.after.sequence + index), bytes, at: record.at }
  })
}

/** The first line of the receipts: where the chain stands after this position. */
const headLine = (plan: SealPlan, head: Head, sealed: number) => ({
  ...head,
  at: plan.at,
  after: plan.after.last,
  sealed,
  setAside: plan.setAside.length,
})

const sizeOf = (body: KeptBody): number => (body.kind === 'bytes' ? body.bytes.length : body.size)

/** What a receipt says of a record: the fact that its price follows from (metering/receipts reads it). */
const factOf = (record: EvidenceRecord, size: number) => {
  const { messageId, requestId, side, direction, client, service, at, configuration, message, attachments, documents } = record
  const purpose = direction === 'request' ? purposeOf(message) : undefined
  const shared = sharedSignature(record, documents)
  return {
    ...{ messageId, requestId, side, direction, client, service, at, configuration },
    ...(purpose === undefined ? {} : { purpose }),
    signed: isOwn(record) ? 1 : 0,
    ...(shared === undefined ? {} : { shared }),
    bytes: { message: message.length, attachments: attachments.map(sizeOf), record: size },
  }
}

function receiptLines(
  sealables: readonly Sealable[],
  containers: readonly FiledContainer[],
  { after, judgedBy = {} }: SealPlan,
  { last }: Head,
) {
  if (containers.length === 0) return []
  const { lines } = linkingInfo(after.last ?? undefined, containers)
  return sealables.map(({ identity, record, size }, index) => ({
    identity,
    ...factOf(record, size),
    ...(judgedBy[record.configuration] === undefined ? {} : { judgedBy: judgedBy[record.configuration] }),
    digest: hex(contentDigest(record)),
    container: containers[index]?.name,
    containerBytes: containers[index]?.bytes.length,
    archive: last?.file,
    link: lines[index]?.link,
  }))
}

/** The record as it was kept, and beside it why it could not be sealed. */
function asideFiles({ position, setAside }: SealPlan, index: number, { bytes }: Entry): readonly File[] {
  const { path, detail } = setAside.find((each) => each.index === index) as SealPlan['setAside'][number]
  const name = setAsideName(position, index)
  return [
    { name: `${name}.record`, bytes },
    { name: `${name}.json`, bytes: Buffer.from(`${JSON.stringify({ code: path.join('.'), detail })}\n`, 'utf8') },
  ]
}

function asideLine({ position, setAside }: SealPlan, index: number, { bytes, read }: Entry) {
  const { path } = setAside.find((each) => each.index === index) as SealPlan['setAside'][number]
  const parties = read.ok ? { identity: read.value.identity, ...factOf(read.value.record, bytes.length) } : { sha512: hex(sha512(bytes)) }
  return { ...parties, setAside: setAsideName(position, index), code: path.join('.') }
}
