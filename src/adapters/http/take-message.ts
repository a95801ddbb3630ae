import type { LeftOut } from '../../protocol/body.ts'
import { boundaryOf, readContentType } from '../../protocol/content-type.ts'
import { headerLines, MultipartReader, multipartPieces, type PartEvent } from '../../protocol/multipart.ts'
import { lastValue } from '../../protocol/rest-headers.ts'
import type { BeingStored, BodyStore, Room } from './take-in.ts'

export type TakenMessage = { readonly body: Uint8Array; readonly leftOut?: LeftOut }

/**
 * A whole message between nodes; 'too large' as soon as that is known. One that can be held is given as it came. The REST body of a larger one is
 * stored, and the message written anew without it: its parts and their headers are the same. A larger one that is cut or broken is given cut.
 */
export async function takeMessage(contentType: string, chunks: AsyncIterable<Uint8Array>, room: Room): Promise<TakenMessage | 'too large'> {
  const type = readContentType(contentType)
  const boundary = type?.type === 'multipart/mixed' ? boundaryOf(type) : undefined
  const parts = room.store && boundary !== undefined ? new Parts(boundary, room, room.store) : undefined
  const raw: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of chunks) {
      size += chunk.length
      if (size > room.most) return 'too large'
      await parts?.take(chunk)
      if (size <= room.held) raw.push(chunk)
      else if (await parts?.spill()) raw.splice(1)
      else return 'too large'
    }
    if (!parts?.isStoring) return { body: Buffer.concat(raw) }
    return (await parts.whole()) ?? { body: raw[0] as Uint8Array }
  } finally {
    await parts?.end()
  }
}

const REST_BODY = 'application/x-road-rest-body'
type Gathered = { readonly lines: string; readonly isRestBody: boolean; pieces: Uint8Array[] }

/** The parts of a message while they come in. */
class Parts {
  readonly #boundary: string
  readonly #reader: MultipartReader
  readonly #held: number
  readonly #store: BodyStore
  #parts: Gathered[] = []
  #size = 0
  #broken = false
  #being: BeingStored | undefined

  constructor(boundary: string, { held, most }: Room, store: BodyStore) {
    this.#boundary = boundary
    this.#reader = new MultipartReader(boundary, { message: most })
    this.#held = held
    this.#store = store
  }

  get isStoring(): boolean {
    return this.#being !== undefined
  }

  async take(chunk: Uint8Array): Promise<void> {
    const events = this.#reader.push(chunk)
    if (events.ok) await this.#gather(events.value)
    else this.#broken = true
  }

  async #gather(events: readonly PartEvent[]): Promise<void> {
    for (const event of events) {
      if (event.kind === 'head') {
        const type = readContentType(lastValue(event.headers, 'content-type') ?? '')?.type
        this.#parts.push({ lines: headerLines(event.headers), isRestBody: type === REST_BODY, pieces: [] })
      } else if (event.kind === 'bytes') await this.#add(event.bytes)
    }
  }

  async #add(bytes: Uint8Array): Promise<void> {
    const part = this.#parts.at(-1) as Gathered
    if (part.isRestBody && this.#being) return this.#being.write(bytes)
    part.pieces.push(bytes)
    this.#size += bytes.length
  }

  /** The message is too big to hold: its REST body goes to the store from now on. false: even without it it is, or it has none. */
  async spill(): Promise<boolean> {
    const part = this.#parts.find(({ isRestBody }) => isRestBody)
    if (!part) return false
    this.#being ??= await this.#store.begin()
    for (const each of part.pieces.splice(0)) {
      await this.#being.write(each)
      this.#size -= each.length
    }
    return this.#size <= this.#held
  }

  /** The message without its REST body; undefined when it was cut or broken. */
  async whole(): Promise<TakenMessage | undefined> {
    const events = this.#reader.end()
    if (events.ok) await this.#gather(events.value)
    if (!events.ok || this.#broken || !this.#being) return undefined
    const body = await this.#being.done()
    this.#being = undefined
    const at = this.#parts.findIndex(({ isRestBody }) => isRestBody)
    const written = this.#parts.map(({ lines, pieces }) => ({ lines, body: pieces }))
    const before = multipartPieces(this.#boundary, written.slice(0, at + 1))
    const offset = lengthOf(before) - `\r\n--${this.#boundary}--\r\n`.length
    return { body: Buffer.concat(multipartPieces(this.#boundary, written)), leftOut: { offset, body } }
  }

  async end(): Promise<void> {
    const being = this.#being
    this.#being = undefined
    await being?.drop()
  }
}

const lengthOf = (pieces: readonly Uint8Array[]): number => pieces.reduce((sum, { length }) => sum + length, 0)
