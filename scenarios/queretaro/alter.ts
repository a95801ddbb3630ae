import { instant } from '../../src/base/clock.ts'
import { CONTAINER_LIMITS, readZip, writeZip } from '../../src/evidence/zip.ts'

/**
 * A copy of a container in which the lowest bit of the middle byte of one entry is turned over. Everything else stays,
 * and the ZIP's own checksums are made right again: only the signatures can tell.
 * Throws when the container cannot be read or the entry is not in it: the caller has just verified it.
 */
export async function alterOneByte(container: Uint8Array, entry: string): Promise<Uint8Array> {
  const read = await readZip(container, CONTAINER_LIMITS)
  if (!read.ok) throw new Error(`cannot read the container: ${read.fault.path.join('.')} ${read.fault.detail}`)
  if (!read.value.has(entry)) throw new Error(`the container has no ${entry}`)
  const entries = [...read.value].map(([name, bytes]) => ({
    name,
    bytes: name === entry ? withOneBitTurned(bytes) : bytes,
    ...(name === 'mimetype' ? { stored: true as const, bare: true as const } : {}),
  }))
  return writeZip(entries, instant(Date.UTC(2025, 0, 1)))
}

function withOneBitTurned(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes)
  const middle = copy.length >> 1
  copy[middle] = (copy[middle] as number) ^ 1
  return copy
}
