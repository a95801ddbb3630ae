import { expect } from 'vitest'
import { readArchive, verifyChain } from '../../src/evidence/archive-verify.ts'
import { verifyContainer } from '../../src/evidence/container-verify.ts'
import { type ArchivePorts, type ArchiveRun, archive } from '../../src/exchange/archive.ts'
import type { TrustInForce } from '../../src/exchange/ports.ts'

/** Runs until nothing is left, as the schedule does. */
export async function archiveAll(ports: ArchivePorts, holder = 'prueba'): Promise<ArchiveRun> {
  let run = await archive(holder, ports)
  while (run.more) run = await archive(holder, ports)
  return run
}

export type Receipt = {
  readonly identity?: string
  readonly container?: string
  readonly archive?: string
  readonly link?: string
  readonly setAside?: string
  readonly code?: string
  readonly requestId?: string
}
export type Position = {
  readonly position: number
  readonly last: { readonly link: string; readonly file: string } | null
  readonly sealed: number
}

export async function receiptsOf({ listLocked, getLocked }: ArchivePorts): Promise<{ heads: Position[]; receipts: Receipt[] }> {
  const heads: Position[] = []
  const receipts: Receipt[] = []
  for (const name of await listLocked('receipts/')) {
    const [head, ...lines] = Buffer.from((await getLocked(name)) ?? [])
      .toString()
      .trim()
      .split('\n')
    heads.push(JSON.parse(head as string))
    receipts.push(...lines.map((line) => JSON.parse(line) as Receipt))
  }
  return { heads, receipts }
}

/**
 * What must hold of an archive, whatever happened on the way: positions without a gap, one unbroken chain of containers, every container valid
 * by the strict profile, and a receipt for each.
 * @returns the receipts of what was sealed
 */
export async function checkArchive(ports: ArchivePorts, today: TrustInForce): Promise<readonly Receipt[]> {
  const { heads, receipts } = await receiptsOf(ports)
  expect(heads.map(({ position }) => position)).toEqual(heads.map((_, index) => index + 1))
  let previous = ''
  const containers: string[] = []
  for (const head of heads) {
    if (head.sealed === 0) continue
    const file = await ports.getLocked(`archive/${head.last?.file}`)
    const read = await readArchive(file as Uint8Array)
    if (!read.ok) throw new Error(read.fault.detail)
    const verdict = verifyChain(read.value, previous === '' ? 'first' : previous)
    expect(verdict.fault).toBeUndefined()
    expect(verdict.last).toBe(head.last?.link)
    previous = verdict.last
    for (const { name, bytes } of read.value.containers) {
      containers.push(name)
      const judged = await verifyContainer(bytes, today.trust, 'strict')
      expect(judged.fault).toBeUndefined()
      expect(judged.valid).toBe(true)
    }
  }
  const sealed = receipts.filter(({ setAside }) => setAside === undefined)
  expect(sealed.map(({ container }) => container)).toEqual(containers)
  expect((await ports.listLocked('archive/')).length).toBe(heads.filter(({ sealed: count }) => count > 0).length)
  return sealed
}

export const identities = (receipts: readonly Receipt[]): string[] => receipts.map(({ identity }) => identity as string).toSorted()
