import { seeded } from '../campaign/seeded.ts'

/** Every octet with one bit turned, then cuts, insertions and exchanges at random places. */
export function* damaged(bytes: Uint8Array, seed: number): Generator<Uint8Array> {
  const random = seeded(seed)
  for (let at = 0; at < bytes.length; at++) {
    const copy = Uint8Array.from(bytes)
    copy[at] = (copy[at] as number) ^ (1 << random.below(8))
    yield copy
  }
  const pieces = [' ', '\n', '=', '<!---->', '&#32;', 'A', '<x/>', ' a="b"', '\t', '&#13;'].map((piece) => Buffer.from(piece))
  for (let n = 0; n < 1_000; n++) {
    const [at, length] = [random.below(bytes.length), random.below(3)]
    const copy = Buffer.concat([bytes.subarray(0, at), random.pick(pieces), bytes.subarray(at + length)])
    if (!copy.equals(bytes)) yield copy
  }
  for (let n = 0; n < 300; n++) {
    const [at, length, to] = [random.below(bytes.length), 1 + random.below(60), random.below(bytes.length)]
    const moved = bytes.subarray(at, at + length)
    const rest = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])
    const copy = Buffer.concat([rest.subarray(0, to), moved, rest.subarray(to)])
    if (!copy.equals(bytes)) yield copy
  }
}
