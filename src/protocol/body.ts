/**
 * A message body: the bytes in hand, or where they lie when they are too big to hold
 * (a Node string ends at 512 MB, a Lambda event at 6 MB).
 */
export type Body = { readonly kind: 'bytes'; readonly bytes: Uint8Array } | StoredBody
export type StoredBody = {
  readonly kind: 'stored'
  readonly at: string
  readonly size: number
  readonly sha512: Uint8Array
  /** A text no line of it begins with: looked for while it was stored, for nobody can look later without reading it all. */
  readonly without?: string
}

/** Octets to be written one after the other: in hand, or lying elsewhere. */
export type Piece = Uint8Array | StoredBody

/** A body that is not among the octets of the message it belongs to: it comes in before the octet at `offset`. */
export type LeftOut = { readonly offset: number; readonly body: StoredBody }
/** A message in hand, but for what is too big to hold: in the order it comes in. */
export type Octets = { readonly body: Uint8Array; readonly leftOut?: readonly LeftOut[] }

export const bytesBody = (bytes: Uint8Array): Body => ({ kind: 'bytes', bytes })
export const sizeOf = (body: Body): number => (body.kind === 'bytes' ? body.bytes.length : body.size)
export const pieceOf = (body: Body): Piece => (body.kind === 'bytes' ? body.bytes : body)

/** What is in hand joined, in one allocation, and the place of everything else. */
export function joinPieces(pieces: readonly Piece[]): Octets {
  const inHand: Uint8Array[] = []
  const leftOut: LeftOut[] = []
  let offset = 0
  for (const piece of pieces) {
    if (!(piece instanceof Uint8Array)) leftOut.push({ offset, body: piece })
    else {
      inHand.push(piece)
      offset += piece.length
    }
  }
  const body = Buffer.concat(inHand, offset)
  return leftOut.length > 0 ? { body, leftOut } : { body }
}

/** The reverse: a message and what was left out of it, in the order they go out. */
export function piecesOf({ body, leftOut = [] }: Octets): readonly Piece[] {
  const ends = leftOut.map(({ offset }) => offset)
  return [
    body.subarray(0, ends[0] ?? body.length),
    ...leftOut.flatMap((each, index): readonly Piece[] => [each.body, body.subarray(each.offset, ends[index + 1] ?? body.length)]),
  ]
}

/** Octets of a whole message, what was left out counted too. */
export const sizeOfOctets = ({ body, leftOut = [] }: Octets): number => leftOut.reduce((sum, each) => sum + each.body.size, body.length)
