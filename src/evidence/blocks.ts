import { ok, type Result, refused } from '../base/result.ts'

/** Blocks of octets in a row: a mark that says what they are, then for each its length (32 bits, big-endian) and its octets. Throws from 4 GiB on. */
export function joinBlocks(mark: Uint8Array, blocks: readonly Uint8Array[]): Uint8Array {
  const bytes = Buffer.allocUnsafe(mark.length + blocks.reduce((sum, block) => sum + 4 + block.length, 0))
  bytes.set(mark)
  let at = mark.length
  for (const block of blocks) {
    at = bytes.writeUInt32BE(block.length, at)
    bytes.set(block, at)
    at += block.length
  }
  return bytes
}

/** The blocks again, as views into `bytes`; or why these are not blocks under that mark. */
export function splitBlocks(mark: Uint8Array, bytes: Uint8Array): Result<Uint8Array[], string> {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!all.subarray(0, mark.length).equals(mark)) return refused('it does not begin as one')
  const blocks: Uint8Array[] = []
  for (let at = mark.length; at < all.length; ) {
    const end = at + 4 <= all.length ? at + 4 + all.readUInt32BE(at) : Number.POSITIVE_INFINITY
    if (end > all.length) return refused(`it ends within block ${blocks.length + 1}`)
    blocks.push(all.subarray(at + 4, end))
    at = end
  }
  return ok(blocks)
}
