import { readArchive, verifyChain } from '../evidence/archive-verify.ts'
import { archiveFileName, RECEIPTS, receiptsName } from './archive-names.ts'
import type { GetLocked, ListLocked, Store, Stored } from './ports.ts'
import { type Head, isSameHead, NO_HEAD, plainHead } from './seal-plan.ts'

const KEY = 'archive/head'
export type HeadPorts = { readonly store: Store; readonly getLocked: GetLocked; readonly listLocked: ListLocked }
/** `version` is that of the cached head, to advance it by. */
export type CurrentHead = { readonly head: Head; readonly version: number }

/**
 * Where the chain stands. What lies under lock decides; the Store is only a cache of it, rebuilt when it is empty or behind.
 * Throws when it is ahead of what lies under lock, or a position does not link to the one before: then somebody must look.
 */
export async function currentHead(ports: HeadPorts): Promise<CurrentHead> {
  const cached = await ports.store.get<Head>(KEY)
  if (cached) await mustBeThere(cached.value, ports)
  const start = cached ? plainHead(cached.value) : NO_HEAD
  const head = cached ? await adopted(start, ports) : await rebuilt(await ports.listLocked(RECEIPTS), ports)
  return { head, version: await remember(head, cached, ports) }
}

/** Puts the head one on in the cache. false: another run did, or it was lost; the next run finds out from what lies under lock. */
export const advance = ({ store }: Pick<HeadPorts, 'store'>, head: Head, version: number): Promise<boolean> => store.put(KEY, head, version)

async function mustBeThere(head: Head, { getLocked }: HeadPorts): Promise<void> {
  if (head.position === 0) return
  const there = await readHead(receiptsName(head.position), getLocked)
  if (!isSameHead(there, head)) throw new Error(`the cached head of position ${head.position} is not what lies under lock`)
}

/**
 * A run that died before it advanced the head left the next positions; they are taken on if their files link to what we know. The next name is asked
 * for, not listed: a list of everything there is would take longer every year.
 */
async function adopted(start: Head, ports: HeadPorts): Promise<Head> {
  let head = start
  for (;;) {
    const bytes = await ports.getLocked(receiptsName(head.position + 1))
    if (!bytes) return head
    const next = headIn(receiptsName(head.position + 1), bytes)
    await mustLink(head, next, ports)
    head = next
  }
}

async function rebuilt(names: readonly string[], { getLocked }: HeadPorts): Promise<Head> {
  const last = names.at(-1)
  return last === undefined ? NO_HEAD : readHead(last, getLocked)
}

async function mustLink(before: Head, next: Head, { getLocked }: HeadPorts): Promise<void> {
  if (next.last?.file === before.last?.file) return // nothing could be sealed at this position
  const file = next.last?.file ?? ''
  const bytes = await getLocked(archiveFileName(file))
  const archive = bytes && (await readArchive(bytes))
  const verdict = archive?.ok ? verifyChain(archive.value, before.last?.link ?? 'first') : undefined
  if (!verdict || verdict.fault !== undefined || verdict.last !== next.last?.link)
    throw new Error(`archive file ${file} does not link to position ${before.position}`)
}

const readHead = async (name: string, getLocked: GetLocked): Promise<Head> => headIn(name, (await getLocked(name)) ?? new Uint8Array())

function headIn(name: string, bytes: Uint8Array): Head {
  const [line = ''] = Buffer.from(bytes).toString('utf8').split('\n', 1)
  if (line === '') throw new Error(`${name} is not there`)
  return plainHead(JSON.parse(line) as Head)
}

async function remember(head: Head, cached: Stored<Head> | undefined, { store }: HeadPorts): Promise<number> {
  if (cached?.value.position === head.position) return cached.version
  const version = cached?.version ?? 0
  return (await store.put(KEY, head, version)) ? version + 1 : version
}
