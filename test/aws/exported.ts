import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { LockedBucket } from '../../src/adapters/aws/s3-locked.ts'
import { readArchive } from '../../src/evidence/archive-verify.ts'

/** A node's containers, archives and the trust of their day as files, from its bucket alone. */
export async function exportedEvidence(
  files: LockedBucket,
  folder: string,
): Promise<{ readonly containers: string[]; readonly archives: string[] }> {
  const write = (name: string, bytes: Uint8Array): string => {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), bytes)
    return join(folder, name)
  }
  const read = async (name: string) => (await files.getLocked(name)) ?? absentIn(name)
  const [configuration = ''] = (await files.listLocked('configurations/')).filter((name) => name.endsWith('/instance-identifier')).slice(-1)
  const within = dirname(configuration)
  for (const name of await files.listLocked(`${within}/`)) write(name.replace(within, 'trust'), await read(name))
  const archives: string[] = []
  const containers: string[] = []
  for (const name of await files.listLocked('archive/')) {
    const bytes = await read(name)
    archives.push(write(name, bytes))
    const archive = await readArchive(bytes)
    if (!archive.ok) throw new Error(archive.fault.detail)
    for (const each of archive.value.containers) containers.push(write(`containers/${each.name}`, each.bytes))
  }
  return { containers, archives }
}

function absentIn(name: string): never {
  throw new Error(`${name} is not there`)
}
