import { readArchive } from '../../evidence/archive-verify.ts'
import { positionIn, RECEIPTS, receiptsName } from '../../exchange/archive-names.ts'
import { type Position, readAllReceipts } from '../../metering/receipts.ts'
import { type Outcome, refuse, under } from '../../protocol/faults.ts'
import type { LockedFiles } from './locked-files.ts'

const ARCHIVE = 'archive/'

/** All receipts of a node, as they lie under lock. Refused with 'invalid_receipts', naming the file and line. */
export async function positionsIn({ listLocked, getLocked }: LockedFiles): Promise<Outcome<readonly Position[]>> {
  const files = []
  for (const name of await listLocked(RECEIPTS)) files.push({ name, text: Buffer.from((await getLocked(name)) ?? []).toString('utf8') })
  return readAllReceipts(files)
}

/** The receipts after those of that name; they are asked for one by one, so it takes as long as there are new ones. */
export async function positionsAfter(after: string, { getLocked }: Pick<LockedFiles, 'getLocked'>): Promise<Outcome<readonly Position[]>> {
  const files = []
  const first = after === '' ? 1 : positionIn(after) + 1
  for (let position = first; ; position++) {
    const name = receiptsName(position)
    const bytes = await getLocked(name)
    if (!bytes) return readAllReceipts(files, first)
    files.push({ name, text: Buffer.from(bytes).toString('utf8') })
  }
}

/** The names of the containers in each archive file that is there. An archive file that does not open is refused by its name. */
export async function containersIn({ listLocked, getLocked }: LockedFiles): Promise<Outcome<ReadonlyMap<string, readonly string[]>>> {
  const held = new Map<string, readonly string[]>()
  for (const name of await listLocked(ARCHIVE)) {
    const read = await readArchive((await getLocked(name)) ?? new Uint8Array())
    if (!read.ok) return under('invalid_receipts', refuse(read.fault.path[0], `${name}: ${read.fault.detail}`))
    held.set(
      name.slice(ARCHIVE.length),
      read.value.containers.map((container) => container.name),
    )
  }
  return { ok: true, value: held }
}
