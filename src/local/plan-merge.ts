import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type NodeFile, readNodeFile, writeNodeFile } from './node-file.ts'
import { writeWhole } from './write-whole.ts'

/**
 * Writes a node's file from its plan. What people changed since the plan was last applied stays, but where the plan itself says something new.
 * @returns the file as it was written
 */
export function writePlannedFile(folder: string, planned: NodeFile): NodeFile {
  const applied = join(folder, 'plan.json')
  const isFirst = !existsSync(applied) || !existsSync(join(folder, 'node.json'))
  const file = isFirst ? planned : merged(JSON.parse(readFileSync(applied, 'utf8')) as NodeFile, readNodeFile(folder), planned)
  writeNodeFile(folder, file)
  writeWhole(applied, `${JSON.stringify(planned, null, 2)}\n`)
  return file
}

/** Three ways: the plan as it was, the file as it is, the plan as it will be. Of the four lists that people change; the rest is the plan's. */
export function merged(before: NodeFile, now: NodeFile, planned: NodeFile): NodeFile {
  return {
    ...planned,
    ...(now.settings === undefined ? {} : { settings: now.settings }),
    clients: mergedList(before.clients, now.clients, planned.clients, ({ id }) => id),
    services: mergedList(before.services, now.services, planned.services, ({ id }) => id),
    rights: mergedList(before.rights, now.rights, planned.rights, ({ service, subject, endpoint }) =>
      JSON.stringify([service, subject, endpoint]),
    ),
    localGroups: mergedList(
      before.localGroups ?? [],
      now.localGroups ?? [],
      planned.localGroups ?? [],
      ({ owner, code }) => `${owner} ${code}`,
    ),
  }
}

function mergedList<T extends object>(
  before: readonly T[],
  now: readonly T[],
  planned: readonly T[],
  keyOf: (each: T) => string,
): readonly T[] {
  const [was, is, will] = [before, now, planned].map((list) => new Map(list.map((each) => [keyOf(each), each]))) as [
    Map<string, T>,
    Map<string, T>,
    Map<string, T>,
  ]
  const result: T[] = []
  for (const key of new Set([...will.keys(), ...is.keys()])) {
    const [old, current, next] = [was.get(key), is.get(key), will.get(key)]
    const kept = same(old, next) ? current : next && { ...current, ...changesIn(old, next) }
    if (kept) result.push(kept as T)
  }
  return result
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
/** The properties of a planned entry that the plan said otherwise before, or did not say. */
const changesIn = <T extends object>(old: T | undefined, next: T): Partial<T> =>
  Object.fromEntries(
    Object.entries(next).filter(([name, value]) => !same((old as Record<string, unknown> | undefined)?.[name], value)),
  ) as Partial<T>
