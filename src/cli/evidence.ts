import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { lockedFiles } from '../adapters/local/locked-files.ts'
import { ok, type Result } from '../base/result.ts'
import { type EvidenceItem, evidenceItems, withEvidence } from '../local/evidence.ts'
import { exportEvidence } from '../local/export-evidence.ts'
import { readMark, runningWorld } from '../local/home.ts'
import { type Trouble, trouble } from '../local/troubles.ts'
import { nodeNamed, readWorldFile, type WorldFile } from '../local/world-file.ts'
import { exportedLines, itemLines, listLines } from './evidence-words.ts'
import { EXIT, type Io, tell } from './io.ts'

/** `node`: only that node's; else every node's of the world. */
export type EvidenceOptions = { readonly home: string; readonly node?: string | undefined; readonly json: boolean }

/** `sacbe evidence list`: every record of every node, oldest first. */
export async function evidenceList(options: EvidenceOptions, io: Io): Promise<number> {
  const world = worldOf(options)
  if (!world.ok) return tell(world, io)
  const items = await itemsOf(world.value)
  for (const line of options.json ? items.map((item) => JSON.stringify(item)) : listLines(items, io.lang)) io.out(line)
  return EXIT.ok
}

/** `sacbe evidence show ID`: all that is known of one message's records. ID is its X-Road-Id or x-road-request-id. */
export async function evidenceShow(options: EvidenceOptions & { readonly id: string }, io: Io): Promise<number> {
  const world = worldOf(options)
  if (!world.ok) return tell(world, io)
  const items = (await itemsOf(world.value)).filter(isAbout(options.id))
  if (items.length === 0) return tell(trouble('unknown_evidence', { id: options.id }), io)
  for (const line of options.json ? items.map((item) => JSON.stringify(item)) : itemLines(items, world.value, io.lang)) io.out(line)
  return EXIT.ok
}

/** `sacbe evidence export ID`: containers, the trust of their day and a README in a new folder. Waits for the seal while the world is up. */
export async function evidenceExport(
  options: EvidenceOptions & { readonly id: string; readonly out?: string | undefined },
  io: Io,
): Promise<number> {
  const world = worldOf(options)
  if (!world.ok) return tell(world, io)
  const items = await sealedItems(options, world.value)
  if (!items.ok) return tell(items, io)
  const folder = resolve(options.out ?? `evidencia-${options.id.replace(/[^A-Za-z0-9.-]+/g, '_')}`)
  const filesOf = (name: string) => lockedFiles(join(world.value.nodes.find((node) => node.name === name)?.folder ?? '', 'archive'))
  const exported = await exportEvidence(items.value, filesOf, folder)
  if (!exported.ok) return tell(exported, io)
  if (options.json) io.out(JSON.stringify(exported.value))
  else for (const line of exportedLines(exported.value, io.lang)) io.out(line)
  return EXIT.ok
}

/** The world's file, cut down to one node when one is named. */
function worldOf({ home, node }: EvidenceOptions): Result<WorldFile, Trouble> {
  const mark = readMark(home)
  if (!mark.ok) return mark
  const world = readWorldFile(home)
  if (!world.ok || node === undefined) return world
  const named = nodeNamed(world.value, node)
  return named.ok ? ok({ ...world.value, nodes: [named.value] }) : named
}

async function itemsOf({ nodes }: WorldFile): Promise<readonly EvidenceItem[]> {
  const all: EvidenceItem[] = []
  for (const { name, folder } of nodes) all.push(...(await withEvidence(name, folder, evidenceItems)))
  return all.sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
}

const isAbout = (id: string) => (item: EvidenceItem) => item.messageId === id || item.requestId === id

async function sealedItems(
  { home, id }: { readonly home: string; readonly id: string },
  world: WorldFile,
): Promise<Result<readonly EvidenceItem[], Trouble>> {
  for (let left = 2 * world.archiveSeconds + 3; ; left--) {
    const items = (await itemsOf(world)).filter(isAbout(id))
    if (items.length === 0) return trouble('unknown_evidence', { id })
    const aside = items.find(({ state }) => state === 'set-aside')
    if (aside) return trouble('evidence_set_aside', { id, name: aside.setAside ?? '' })
    if (items.every(({ state }) => state === 'sealed')) return ok(items)
    if (left <= 0 || !runningWorld(home).ok) return trouble('evidence_waiting', { id, seconds: world.archiveSeconds })
    await pause(1000)
  }
}
