import { readArchive } from '../../evidence/archive-verify.ts'
import { RECEIPTS } from '../../exchange/archive-names.ts'
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
