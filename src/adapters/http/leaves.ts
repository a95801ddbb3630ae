import { boundaryOf, readContentType } from '../../protocol/content-type.ts'
import { MultipartReader, type PartEvent } from '../../protocol/multipart.ts'
import type { Header } from '../../protocol/rest-headers.ts'

/** One leaf of a multipart while it comes in: where it begins in the whole message, and how much of it has come. */
export type Leaf = { readonly at: number; readonly type: string | undefined; readonly depth: number; size: number }
/** Octets of a leaf, in the order they come. */
export type LeafOctets = { readonly leaf: Leaf; readonly octets: Uint8Array }

/** Deeper than any reader of packages goes; so is the number of parts. */
const MOST_DEPTH = 10
const MOST_PARTS = 256

/** Finds the leaves of a multipart, and of the multiparts in it, while it comes in. It judges nothing: whoever reads the message does. */
export class Leaves {
  readonly #reader: MultipartReader
  readonly #depth: number
  readonly #base: number
  readonly #most: number
  #inside: Leaves | undefined
  #leaf: Leaf | undefined
  #broken = false

  /** @param base where in the whole message this multipart begins */
  constructor(boundary: string, message: number, depth = 0, base = 0) {
    this.#reader = new MultipartReader(boundary, { message, parts: MOST_PARTS })
    this.#depth = depth
    this.#base = base
    this.#most = message
  }

  /** Cut, or not to be read. */
  get isBroken(): boolean {
    return this.#broken
  }

  push(chunk: Uint8Array): readonly LeafOctets[] {
    const events = this.#reader.push(chunk)
    this.#broken ||= !events.ok
    return events.ok ? this.#follow(events.value) : []
  }

  end(): readonly LeafOctets[] {
    const events = this.#reader.end()
    this.#broken ||= !events.ok
    return events.ok ? this.#follow(events.value) : []
  }

  #follow(events: readonly PartEvent[]): readonly LeafOctets[] {
    return events.flatMap((event) => {
      if (event.kind === 'head') this.#begin(event.headers, this.#base + event.at)
      else if (event.kind === 'end') return this.#close()
      else if (this.#inside) return this.#inside.push(event.bytes)
      else if (this.#leaf) return [this.#grown(this.#leaf, event.bytes)]
      return []
    })
  }

  #begin(headers: readonly Header[], at: number): void {
    const type = readContentType(headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '')
    const boundary = type?.type.startsWith('multipart/') && this.#depth < MOST_DEPTH ? boundaryOf(type) : undefined
    if (boundary === undefined) this.#leaf = { at, type: type?.type, depth: this.#depth, size: 0 }
    else this.#inside = new Leaves(boundary, this.#most, this.#depth + 1, at)
  }

  #grown(leaf: Leaf, octets: Uint8Array): LeafOctets {
    leaf.size += octets.length
    return { leaf, octets }
  }

  #close(): readonly LeafOctets[] {
    const last = this.#inside?.end() ?? []
    this.#broken ||= this.#inside?.isBroken ?? false
    this.#inside = undefined
    this.#leaf = undefined
    return last
  }
}
