import { join } from 'node:path'
import { type LockedFiles, lockedFiles } from '../adapters/local/locked-files.ts'
import { type NodeStore, openNodeStore } from '../adapters/local/node-store.ts'
import { type Instant, instant, isoInstant } from '../base/clock.ts'
import { readArchive } from '../evidence/archive-verify.ts'
import { decodeRecord, identityOf } from '../evidence/record.ts'
import { archiveFileName, RECEIPTS, segmentAfter } from '../exchange/archive-names.ts'
import { sharedSignature } from '../exchange/own-signature.ts'
import { decodeSegment } from '../exchange/segment.ts'
import type { EvidenceRow } from './world-view.ts'

/** One record of a node, wherever it stands on its way into the archive. */
export type EvidenceItem = EvidenceRow & {
  readonly identity: string
  /** The name of the configuration it is judged by: that of its day, or the one that knows who stamped it later. */
  readonly configuration: string
  /** Once it is sealed: its container, and the archive file that holds it. */
  readonly container?: string
  readonly archive?: string
  /** Where it lies when it could not be packed. */
  readonly setAside?: string
  /** Of a record that waits: names a signature that may be over several messages. */
  readonly shared?: string
}
export type EvidenceSource = { readonly node: string; readonly files: LockedFiles; readonly store: Pick<NodeStore, 'drain' | 'keptByDay'> }

/** A node's evidence from its folder alone, whether it runs or not. */
export async function withEvidence<T>(node: string, folder: string, use: (source: EvidenceSource) => Promise<T>): Promise<T> {
  const store = openNodeStore(join(folder, 'node.sqlite'))
  try {
    return await use({ node, files: lockedFiles(join(folder, 'archive')), store })
  } finally {
    await store.close()
  }
}

type Draft = Omit<EvidenceItem, 'node'>
const MOST_RECORDS = 1_000_000

/**
 * Every record of a node once, oldest first. Read in the order in which records move on, so that one on the move is not
 * missed; where it is seen twice the later place counts.
 */
export async function evidenceItems({ node, files, store }: EvidenceSource): Promise<readonly EvidenceItem[]> {
  const receipts = await files.listLocked(RECEIPTS)
  const items = await waiting({ files, store }, receipts.at(-1))
  for (const name of await files.listLocked(RECEIPTS))
    for (const line of (await textOf(name, files)).split('\n').slice(1))
      if (line !== '') add(items, fromReceipt(JSON.parse(line) as Receipt))
  return [...items.values()].map((item) => ({ node, ...item })).sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
}

/** The records that were not sealed when the receipts of that name were the last; undefined: none were. */
export async function waitingItems(source: EvidenceSource, lastReceipts: string | undefined): Promise<readonly EvidenceItem[]> {
  return [...(await waiting(source, lastReceipts)).values()].map((item) => ({ node: source.node, ...item }))
}

async function waiting({ files, store }: Omit<EvidenceSource, 'node'>, lastReceipts: string | undefined): Promise<Map<string, Draft>> {
  const items = new Map<string, Draft>()
  for (const { bytes } of await store.drain(MOST_RECORDS, Number.MAX_SAFE_INTEGER)) add(items, fromRecord(bytes, 'kept'))
  let segment = segmentAfter(headOf(await textOf(lastReceipts, files)).through)
  for (let bytes = await files.getLocked(segment); bytes; bytes = await files.getLocked(segment)) {
    for (const record of decodeSegment(segment, bytes)) add(items, fromRecord(record, 'kept'))
    segment = segmentAfter(segment)
  }
  return items
}

const add = (items: Map<string, Draft>, item: Draft | undefined): void => void (item && items.set(item.identity, item))

const textOf = async (name: string | undefined, { getLocked }: LockedFiles): Promise<string> =>
  name === undefined ? '' : Buffer.from((await getLocked(name)) ?? []).toString('utf8')

const headOf = (receipts: string): { readonly through: string } =>
  receipts === '' ? { through: '' } : (JSON.parse(receipts.slice(0, receipts.indexOf('\n'))) as { through: string })

/** What could not be read back is counted when it is sealed: it is set aside then. */
function fromRecord(bytes: Uint8Array, state: 'kept'): Draft | undefined {
  const decoded = decodeRecord(bytes)
  if (!decoded.ok) return undefined
  const { side, direction, messageId, requestId, client, service, at, configuration, documents } = decoded.value
  const shared = sharedSignature(decoded.value, documents)
  return {
    identity: identityOf(decoded.value),
    side,
    direction,
    messageId,
    requestId,
    client,
    service,
    at: isoInstant(at),
    configuration,
    state,
    ...(shared === undefined ? {} : { shared }),
  }
}

/** A line of the receipts beside an archive file. */
type Receipt = Omit<Draft, 'at' | 'state'> & { readonly at: Instant; readonly sha512?: string; readonly judgedBy?: string }

function fromReceipt({ at, sha512, judgedBy, ...receipt }: Receipt): Draft {
  const {
    identity = sha512 ?? '',
    side,
    direction,
    messageId = '',
    requestId = '',
    client = '',
    service = '',
    configuration: keptUnder = '',
  } = receipt
  const { container, archive, setAside } = receipt
  const configuration = judgedBy ?? keptUnder
  const parties = { identity, side, direction, messageId, requestId, client, service, configuration, at: isoInstant(instant(at ?? 0)) }
  if (setAside !== undefined) return { ...parties, state: 'set-aside', setAside }
  return { ...parties, state: 'sealed', ...(container === undefined ? {} : { container }), ...(archive === undefined ? {} : { archive }) }
}

/**
 * Gives the containers of sealed records, exactly as they stand in the archive. Records of one archive file, asked for one after the other, need it read
 * once. Throws when the archive does not hold one: it is under lock.
 */
export function containersIn({ getLocked }: LockedFiles): (item: EvidenceItem) => Promise<Uint8Array> {
  let last: { readonly archive: string; readonly containers: ReadonlyMap<string, Uint8Array> } | undefined
  return async ({ archive = '', container = '' }) => {
    if (last?.archive !== archive) {
      const bytes = await getLocked(archiveFileName(archive))
      const read = bytes && (await readArchive(bytes))
      last = { archive, containers: new Map(read?.ok ? read.value.containers.map(({ name, bytes: each }) => [name, each]) : []) }
    }
    const found = last.containers.get(container)
    if (!found) throw new Error(`${container} is not in archive file ${archive}`)
    return found
  }
}
