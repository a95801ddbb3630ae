import { createHash } from 'node:crypto'
import type { StoredBody } from '../../protocol/body.ts'
import type { ReadStored } from './octets.ts'

/** A place for bodies that are too big to hold. */
export type BodyStore = {
  readonly begin: () => Promise<BeingStored>
  readonly read: ReadStored
  /** Gives its room back. */
  readonly forget: (body: StoredBody) => Promise<void>
}
export type BeingStored = {
  readonly write: (chunk: Uint8Array) => Promise<void>
  readonly done: () => Promise<StoredBody>
  readonly drop: () => Promise<void>
}

/** How much is held in memory, how much is taken at all, and where the rest lies; without a store only what can be held is taken. */
export type Room = { readonly held: number; readonly most: number; readonly store?: BodyStore | undefined }
export type Elsewhere = { readonly size: number; readonly sha512: Uint8Array }

/** A body in hand or stored; 'too large' as soon as that is known, without reading on. */
export async function takeBody(chunks: AsyncIterable<Uint8Array>, room: Room): Promise<Uint8Array | StoredBody | 'too large'> {
  const taking = new Taking(room)
  try {
    for await (const chunk of chunks) if (!(await taking.take(chunk))) return 'too large'
    return await taking.whole()
  } finally {
    await taking.end()
  }
}

/** The same, but read to its end whatever its size: of one too large the size and digest are given. */
export async function takeOrDigest(chunks: AsyncIterable<Uint8Array>, room: Room): Promise<Uint8Array | StoredBody | Elsewhere> {
  const taking = new Taking(room)
  const digest = createHash('sha512')
  let size = 0
  let fits = true
  try {
    for await (const chunk of chunks) {
      size += chunk.length
      digest.update(chunk)
      if (fits) fits = await taking.take(chunk)
      if (!fits) await taking.end()
    }
    return fits ? await taking.whole() : { size, sha512: digest.digest() }
  } finally {
    await taking.end()
  }
}

/** A body while it comes in. Whatever is not given as whole is dropped at the end. */
class Taking {
  readonly #room: Room
  #inHand: Uint8Array[] = []
  #size = 0
  #being: BeingStored | undefined

  constructor(room: Room) {
    this.#room = room
  }

  /** false: it does not fit. */
  async take(chunk: Uint8Array): Promise<boolean> {
    const { held, most, store } = this.#room
    this.#size += chunk.length
    if (this.#size > most || (this.#size > held && !store)) return false
    this.#inHand.push(chunk)
    if (this.#size <= held) return true
    this.#being ??= await store?.begin()
    for (const each of this.#inHand.splice(0)) await this.#being?.write(each)
    return true
  }

  async whole(): Promise<Uint8Array | StoredBody> {
    const being = this.#being
    this.#being = undefined
    return being ? being.done() : Buffer.concat(this.#inHand)
  }

  async end(): Promise<void> {
    const being = this.#being
    this.#being = undefined
    this.#inHand = []
    await being?.drop()
  }
}
