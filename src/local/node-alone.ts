import { join } from 'node:path'
import type { Now } from '../base/clock.ts'
import type { Result } from '../base/result.ts'
import { fileLog } from './file-log.ts'
import { passphraseOf, readMark } from './home.ts'
import { type NodeOptions, type RunningNode, startNode } from './node.ts'
import type { Trouble } from './troubles.ts'
import { nodeNamed, readWorldFile } from './world-file.ts'

export type AloneOptions = Pick<NodeOptions, 'wrap'> & {
  readonly home: string
  readonly node: string
  /** From SACBE_PASSPHRASE; else the one kept in the folder. */
  readonly passphrase?: string | undefined
  readonly now: Now
}

/** One node of a world in this process, apart from the others; the centre answers elsewhere. It archives by itself. */
export async function startNodeAlone({ home, node, passphrase, now, wrap }: AloneOptions): Promise<Result<RunningNode, Trouble>> {
  const mark = readMark(home)
  if (!mark.ok) return mark
  const opened = passphraseOf(home, mark.value, passphrase)
  if (!opened.ok) return opened
  const world = readWorldFile(home)
  if (!world.ok) return world
  const entry = nodeNamed(world.value, node)
  if (!entry.ok) return entry
  const { folder } = entry.value
  const log = fileLog(join(folder, 'log'), now)
  return startNode({ folder, passphrase: opened.value, now, log, archive: 'ticking', ports: 2, ...(wrap ? { wrap } : {}) })
}
