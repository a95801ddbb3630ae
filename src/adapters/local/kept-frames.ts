import { crc32 } from 'node:zlib'

/** Octets in a file: where they begin, and how many they are. */
export type Frame = { readonly start: number; readonly bytes: Uint8Array }

/** Length and CRC-32, each 32 bits big-endian. */
const HEAD = 8

/** What stands in a file for some octets: so many of them follow, and this is their checksum. */
export function framed(bytes: Uint8Array): readonly [Uint8Array, Uint8Array] {
  const head = Buffer.alloc(HEAD)
  head.writeUInt32BE(bytes.length, 0)
  head.writeUInt32BE(crc32(bytes), 4)
  return [head, bytes]
}
export const sizeOfFrame = (bytes: Uint8Array): number => HEAD + bytes.length

/** The frames from one place on that are whole, up to the first that is not: what follows was being written when the machine died. */
export function framesFrom(file: Buffer, from: number): readonly Frame[] {
  const frames: Frame[] = []
  for (let at = from; at + HEAD <= file.length; ) {
    const start = at + HEAD
    const length = file.readUInt32BE(at)
    const bytes = file.subarray(start, start + length)
    if (length === 0 || bytes.length < length || crc32(bytes) !== file.readUInt32BE(at + 4)) return frames
    frames.push({ start, bytes })
    at = start + bytes.length
  }
  return frames
}
