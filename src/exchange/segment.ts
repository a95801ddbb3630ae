import { joinBlocks, splitBlocks } from '../evidence/blocks.ts'

const MARK = Buffer.from('SBSEG1\0', 'latin1')

/** A journal segment: records byte for byte, as they were kept, in order. */
export const encodeSegment = (records: readonly Uint8Array[]): Uint8Array => joinBlocks(MARK, records)

/** The records of a segment, as views into it. Throws for anything else: what lies under lock was written by us, whole. */
export function decodeSegment(name: string, bytes: Uint8Array | undefined): readonly Uint8Array[] {
  const blocks = bytes && splitBlocks(MARK, bytes)
  if (!blocks?.ok) throw new Error(`${name} is no journal segment: ${blocks ? blocks.fault : 'it is not there'}`)
  return blocks.value
}
