import type { LeftOut, Octets } from '../../protocol/body.ts'
import { type Leaf, type LeafOctets, Leaves } from './leaves.ts'
import { LinesThatBegin } from './lines-that-begin.ts'
import type { BeingStored, Room, Taking } from './take-in.ts'

/** Whether a leaf may lie elsewhere; `index` counts the leaves from 0. */
export type MayLieElsewhere = (leaf: Pick<Leaf, 'type' | 'depth'>, index: number) => boolean

type Run = { readonly at: number; readonly bytes: Uint8Array }
type Going = { readonly being: BeingStored; readonly lines: LinesThatBegin | undefined; size: number }

/**
 * A multipart while it comes in. It is held as it came, until that is too much: then the largest leaf that may lie elsewhere goes to the store,
 * with all that still comes of it, and is left out of the message, which has not changed otherwise. One that is cut or broken is given cut where
 * the first of them was.
 */
export class TakingParts implements Taking<Octets> {
  readonly #room: Room
  readonly #may: MayLieElsewhere
  readonly #without: string | undefined
  readonly #leaves: Leaves
  /** What is held, by its place in the message. */
  #runs: Run[] = []
  #inHand = 0
  #size = 0
  /** Whether its leaves are told apart: only once it is too much to hold. */
  #looks = false
  /** Leaves in order, and those that go to the store. */
  readonly #seen: Leaf[] = []
  readonly #going = new Map<Leaf, Going>()

  /** @param without no line of what is stored should begin so: looked for on the way */
  constructor(boundary: string, room: Room, may: MayLieElsewhere, without?: string) {
    this.#room = room
    this.#may = may
    this.#without = without
    this.#leaves = new Leaves(boundary, room.most)
  }

  async take(chunk: Uint8Array): Promise<boolean> {
    this.#size += chunk.length
    if (this.#size > this.#room.most) return false
    this.#runs.push({ at: this.#size - chunk.length, bytes: chunk })
    this.#inHand += chunk.length
    if (!this.#looks && this.#inHand <= this.#room.held) return true
    for (const bytes of this.#looks ? [chunk] : this.#runs.map((run) => run.bytes)) await this.#note(this.#leaves.push(bytes))
    this.#looks = true
    while (this.#inHand > this.#room.held) if (!(await this.#storeLargest())) return false
    return true
  }

  async #note(come: readonly LeafOctets[]): Promise<void> {
    for (const { leaf } of come) if (this.#seen.at(-1) !== leaf) this.#seen.push(leaf)
    for (const leaf of new Set(come.map((each) => each.leaf))) await this.#catchUp(leaf)
  }

  /** Stores what has come of a leaf since the last time. */
  async #catchUp(leaf: Leaf): Promise<void> {
    const going = this.#going.get(leaf)
    if (!going) return
    const [from, to] = [leaf.at + going.size, leaf.at + leaf.size]
    for (const bytes of this.#takeOut(from, to)) {
      going.lines?.push(bytes)
      await going.being.write(bytes)
    }
    going.size = leaf.size
  }

  /** false: there is none. */
  async #storeLargest(): Promise<boolean> {
    const could = this.#seen.filter((leaf, index) => leaf.size > 0 && !this.#going.has(leaf) && this.#may(leaf, index))
    const [largest] = could.toSorted((a, b) => b.size - a.size)
    if (!largest || !this.#room.store) return false
    const lines = this.#without === undefined ? undefined : new LinesThatBegin(this.#without)
    this.#going.set(largest, { being: await this.#room.store.begin(), lines, size: 0 })
    await this.#catchUp(largest)
    return true
  }

  /** The octets from one place to another, which are held no more. */
  #takeOut(from: number, to: number): readonly Uint8Array[] {
    let first = this.#runs.length
    while (first > 0 && endOf(this.#runs[first - 1] as Run) > from) first--
    const out: Uint8Array[] = []
    for (const { at, bytes } of this.#runs.splice(first)) {
      const [start, end] = [Math.max(0, from - at), Math.max(0, to - at)]
      if (start > 0) this.#runs.push({ at, bytes: Buffer.from(bytes.subarray(0, start)) })
      if (end < bytes.length) this.#runs.push({ at: at + end, bytes: Buffer.from(bytes.subarray(end)) })
      if (start < end) out.push(bytes.subarray(start, end))
    }
    this.#inHand = this.#runs.reduce((sum, { bytes }) => sum + bytes.length, 0)
    return out
  }

  async whole(): Promise<Octets> {
    if (!this.#looks) return { body: Buffer.concat(this.#runs.map(({ bytes }) => bytes)) }
    await this.#note(this.#leaves.end())
    const body = Buffer.concat(this.#runs.map(({ bytes }) => bytes))
    const stored = this.#seen.filter((leaf) => this.#going.has(leaf))
    if (stored.length === 0) return { body }
    if (this.#leaves.isBroken) return { body: body.subarray(0, stored[0]?.at) }
    return { body, leftOut: await this.#leftOut(stored) }
  }

  async #leftOut(stored: readonly Leaf[]): Promise<readonly LeftOut[]> {
    const leftOut: LeftOut[] = []
    let gone = 0
    for (const leaf of stored) {
      const { being, lines } = this.#going.get(leaf) as Going
      this.#going.delete(leaf)
      const body = await being.done()
      const known = lines && !lines.found && this.#without !== undefined ? { without: this.#without } : {}
      leftOut.push({ offset: leaf.at - gone, body: { ...body, ...known } })
      gone += leaf.size
    }
    return leftOut
  }

  async end(): Promise<void> {
    const going = [...this.#going.values()]
    this.#going.clear()
    this.#runs = []
    for (const { being } of going) await being.drop()
  }
}

const endOf = ({ at, bytes }: Run): number => at + bytes.length
