import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { StoredBody } from '../../protocol/body.ts'
import type { BeingStored, BodyStore } from '../http/take-in.ts'
import { passed } from './sweep.ts'

export type Spool = BodyStore & {
  /** How many bodies lie here. */
  readonly count: () => number
  readonly close: () => Promise<void>
}

/** A body nobody forgot is forgotten after this: longer than any exchange takes. */
const LASTS_MS = 60 * 60_000
const CHUNK = 64 * 1024
const BUFFER = 256 * 1024

type Lying = { readonly file: FileHandle; readonly until: number }

/**
 * Bodies too big to hold, in files that have no name any more while they are used: when the process ends, however it ends, nothing is left of
 * them on the disk. Digests are counted while they are written.
 */
export function openSpool(folder: string): Spool {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const lying = new Map<string, Lying>()
  const release = async (at: string) => {
    const found = lying.get(at)
    lying.delete(at)
    await found?.file.close()
  }
  const releaseOld = async () => {
    for (const [at, { until }] of lying) if (until < performance.now()) await release(at)
  }
  return {
    begin: async (): Promise<BeingStored> => {
      await releaseOld()
      const at = randomUUID()
      const file = await nameless(join(folder, at))
      const digest = createHash('sha512')
      const writing = new Writing(file)
      return {
        write: (chunk) => {
          digest.update(chunk)
          return writing.write(chunk)
        },
        done: async (): Promise<StoredBody> => {
          await writing.flush()
          lying.set(at, { file, until: performance.now() + LASTS_MS })
          return { kind: 'stored', at, size: writing.size, sha512: digest.digest() }
        },
        drop: () => file.close(),
      }
    },
    read: (body) => chunksOf(lying.get(body.at)?.file, body),
    forget: ({ at }) => release(at),
    count: () => lying.size,
    close: async () => {
      for (const at of [...lying.keys()]) await release(at)
    },
  }
}

/**
 * Writes by way of one buffer: a chunk is copied and let go at once. One that had to wait for the disk would outlive the sweeps of the nursery, and
 * lie in memory until everything is swept.
 */
class Writing {
  readonly #file: FileHandle
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER)
  #filled = 0
  #written = 0

  constructor(file: FileHandle) {
    this.#file = file
  }

  get size(): number {
    return this.#written + this.#filled
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let taken = 0; taken < chunk.length; ) {
      const some = chunk.subarray(taken, taken + BUFFER - this.#filled)
      this.#buffer.set(some, this.#filled)
      this.#filled += some.length
      taken += some.length
      if (this.#filled === BUFFER) await this.flush()
    }
  }

  async flush(): Promise<void> {
    for (let done = 0; done < this.#filled; )
      done += (await this.#file.write(this.#buffer, done, this.#filled - done, this.#written + done)).bytesWritten
    passed(this.#filled)
    this.#written += this.#filled
    this.#filled = 0
  }
}

async function nameless(path: string): Promise<FileHandle> {
  const file = await open(path, 'wx+', 0o600)
  await unlink(path)
  return file
}

async function* chunksOf(file: FileHandle | undefined, { at, size }: StoredBody): AsyncGenerator<Uint8Array> {
  if (!file) throw new Error(`the body ${at} was forgotten`)
  const buffer = Buffer.allocUnsafe(CHUNK)
  for (let position = 0; position < size; ) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK, position)
    if (bytesRead === 0) throw new Error(`the body ${at} ends after ${position} of ${size} octets`)
    position += bytesRead
    passed(bytesRead)
    yield buffer.subarray(0, bytesRead)
  }
}
