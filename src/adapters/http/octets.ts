import type { Writable } from 'node:stream'
import type { Piece, StoredBody } from '../../protocol/body.ts'

/** Reads what is stored, in pieces. Each is good only until the next is asked for: its memory is used again. */
export type ReadStored = (body: StoredBody) => AsyncIterable<Uint8Array>

export const sizeOfPieces = (pieces: readonly Piece[]): number =>
  pieces.reduce((sum, piece) => sum + (piece instanceof Uint8Array ? piece.length : piece.size), 0)

/** Writes everything and ends: what is in hand at once, else as `writePieces` does. */
export async function endWith(stream: Writable, pieces: readonly Piece[], read: ReadStored): Promise<void> {
  const [only = NOTHING, ...others] = pieces
  if (others.length === 0 && only instanceof Uint8Array) return void stream.end(only)
  await writePieces(stream, pieces, read)
  stream.end()
}

/** Writes each piece once the one before is out, and tells how many octets. Rejects when a stored body cannot be read; stops when the stream is gone. */
export async function writePieces(stream: Writable, pieces: readonly Piece[], read: ReadStored): Promise<number> {
  let octets = 0
  for (const piece of pieces) {
    for await (const chunk of piece instanceof Uint8Array ? [piece] : read(piece)) {
      if (stream.destroyed) return octets
      if (chunk.length === 0) continue
      await written(stream, chunk)
      octets += chunk.length
    }
  }
  return octets
}

const NOTHING = new Uint8Array(0)

const written = (stream: Writable, chunk: Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    const go = () => {
      stream.removeListener('close', go)
      resolve()
    }
    stream.once('close', go)
    stream.write(chunk, go) // what went wrong is told by the stream's own error
  })

/** Where no body is ever stored. */
export const nothingStored: ReadStored = ({ at }) => {
  throw new Error(`the body at ${at} cannot be read here`)
}
