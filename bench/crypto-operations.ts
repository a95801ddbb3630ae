import crypto, { type KeyObject } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

/** One cryptographic operation that was seen, with all it needs to be done again. */
export type Operation = { readonly kind: 'sign' | 'verify' | 'digest'; readonly bytes: number; readonly again: () => unknown }

/** The shape of what node:crypto offers, as far as it is watched. */
type Watched = Pick<typeof crypto, 'verify' | 'sign' | 'hash' | 'createHash'>
type Bytes = string | NodeJS.ArrayBufferView

/**
 * Runs `work` while every verification, digest and signature that passes through node:crypto is written down.
 * Signatures of the Sign port are the caller's to add: a key service makes them in a way of its own.
 */
export async function watched(work: () => Promise<unknown>): Promise<readonly Operation[]> {
  const seen: Operation[] = []
  const { verify, sign, hash, createHash }: Watched = crypto
  const replacement: Watched = {
    verify: ((algorithm: string, data: Uint8Array, key: KeyObject, signature: Uint8Array) => {
      seen.push({ kind: 'verify', bytes: data.length, again: () => verify(algorithm, data, key, signature) })
      return verify(algorithm, data, key, signature)
    }) as typeof crypto.verify,
    sign: ((algorithm: string, data: Uint8Array, key: KeyObject) => {
      seen.push({ kind: 'sign', bytes: data.length, again: () => sign(algorithm, data, key) })
      return sign(algorithm, data, key)
    }) as typeof crypto.sign,
    hash: ((algorithm: string, data: Bytes, encoding?: 'buffer') => {
      seen.push({ kind: 'digest', bytes: lengthOf(data), again: () => hash(algorithm, data, 'buffer') })
      return hash(algorithm, data, encoding as 'buffer')
    }) as typeof crypto.hash,
    createHash: ((algorithm: string) => followed(createHash(algorithm), algorithm, seen, createHash)) as typeof crypto.createHash,
  }
  Object.assign(crypto, replacement)
  syncBuiltinESMExports()
  try {
    await work()
  } finally {
    Object.assign(crypto, { verify, sign, hash, createHash })
    syncBuiltinESMExports()
  }
  return seen
}

/** A digest fed in pieces is done again in the same pieces. */
function followed(inner: crypto.Hash, algorithm: string, seen: Operation[], createHash: typeof crypto.createHash): crypto.Hash {
  const pieces: Bytes[] = []
  const [update, digest] = [inner.update.bind(inner), inner.digest.bind(inner)]
  const again = () => pieces.reduce<crypto.Hash>((state, piece) => state.update(piece), createHash(algorithm)).digest()
  return Object.assign(inner, {
    update: (piece: Bytes) => {
      pieces.push(piece)
      update(piece)
      return inner
    },
    digest: (encoding?: crypto.BinaryToTextEncoding) => {
      seen.push({ kind: 'digest', bytes: pieces.reduce((sum, piece) => sum + lengthOf(piece), 0), again })
      return encoding ? digest(encoding) : digest()
    },
  }) as crypto.Hash
}

const lengthOf = (data: Bytes): number => (typeof data === 'string' ? Buffer.byteLength(data) : data.byteLength)
