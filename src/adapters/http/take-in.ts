import { createHash, type Hash } from 'node:crypto'
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

/** Octets while they come in, and what they become. Whatever is not given as whole is dropped at the end. */
export type Taking<T> = {
  /** false: it does not fit. */
  readonly take: (chunk: Uint8Array) => Promise<boolean>
  readonly whole: () => Promise<T>
  readonly end: () => Promise<void>
}

/** A body in hand or stored; 'too large' as soon as that is known, without reading on. */
export const takeBody = (chunks: AsyncIterable<Uint8Array>, room: Room): Promise<Uint8Array | StoredBody | 'too large'> =>
  taken(chunks, new TakingBody(room))

/** The same, but read to its end whatever its size: of one too large the size and digest are given. */
export const takeOrDigest = (chunks: AsyncIterable<Uint8Array>, room: Room): Promise<Uint8Array | StoredBody | Elsewhere> =>
  takenOrDigested(chunks, new TakingBody(room), room.held)

export async function taken<T>(chunks: AsyncIterable<Uint8Array>, taking: Taking<T>): Promise<T | 'too large'> {
  try {
    for await (const chunk of chunks) if (!(await taking.take(chunk))) return 'too large'
    return await taking.whole()
  } finally {
    await taking.end()
  }
}

/** The digest is begun when it may be needed: once there is more than is held in memory anyway. */
export async function takenOrDigested<T>(chunks: AsyncIterable<Uint8Array>, taking: Taking<T>, held: number): Promise<T | Elsewhere> {
  let size = 0
  let fits = true
  let digest: Hash | undefined
  const before: Uint8Array[] = []
  const digested = () => before.splice(0).reduce((hash, chunk) => hash.update(chunk), createHash('sha512'))
  try {
    for await (const chunk of chunks) {
      size += chunk.length
      if (digest) digest.update(chunk)
      else before.push(chunk)
      if (size > held) digest ??= digested()
      if (fits) fits = await taking.take(chunk)
      if (!fits) await taking.end()
    }
    return fits ? await taking.whole() : { size, sha512: (digest ?? digested()).digest() }
  } finally {
    await taking.end()
  }
}

export class TakingBody implements Taking<Uint8Array | StoredBody> {
  readonly #room: Room
  #inHand: Uint8Array[] = []
  #size = 0
  #being: BeingStored | undefined

  constructor(room: Room) {
    this.#room = room
  }

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
