import type { Socket } from 'node:net'
import { HttpConnection } from './http-connection.ts'

/** A connection that stands, who sends one message at a time over it, and since when. */
export type Connection<S extends Socket = Socket> = { readonly socket: S; readonly http: HttpConnection; readonly since: number }

/** Long enough to be worth it, short enough that a peer that moved or was drained is soon left alone. */
const MOST_AGE_MS = 300_000
const MOST_KEPT = 256

export const standing = <S extends Socket>(socket: S): Connection<S> => ({
  socket,
  http: new HttpConnection(socket),
  since: performance.now(),
})

/**
 * Connections that wait for another message, by where they lead. One is given out at a time, the last used first, and never one that was idle for
 * longer than `idleMs`: whoever ends it at that moment would leave us not knowing whether he took the message.
 * Whoever takes one judges anew to whom it leads.
 */
export class KeptConnections<C extends Connection> {
  readonly #idleMs: number
  readonly #waiting = new Map<string, { readonly connection: C; readonly until: number; readonly timer: NodeJS.Timeout }[]>()
  #count = 0

  /** @param idleMs 0: none is ever kept */
  constructor(idleMs: number) {
    this.#idleMs = idleMs
  }

  #take(where: string): C | undefined {
    const waiting = this.#waiting.get(where) ?? []
    for (let last = waiting.pop(); last; last = waiting.pop()) {
      this.#count--
      clearTimeout(last.timer)
      const { connection, until } = last
      if (performance.now() < until && !connection.socket.destroyed && connection.socket.writable) return connection
      connection.socket.destroy()
    }
    this.#waiting.delete(where)
    return undefined
  }

  /** The first that waits and may be used; those that may not are ended. */
  async usable(where: string, may: (connection: C) => boolean | Promise<boolean>): Promise<C | undefined> {
    for (let connection = this.#take(where); connection; connection = this.#take(where)) {
      if (await may(connection)) return connection
      connection.socket.destroy()
    }
    return undefined
  }

  give(where: string, connection: C): void {
    const now = performance.now()
    if (this.#idleMs === 0 || connection.socket.destroyed || now - connection.since > MOST_AGE_MS || this.#count >= MOST_KEPT)
      return void connection.socket.destroy()
    const timer = setTimeout(() => this.#drop(where, connection), this.#idleMs)
    timer.unref()
    const waiting = this.#waiting.get(where) ?? []
    waiting.push({ connection, until: now + this.#idleMs, timer })
    this.#waiting.set(where, waiting)
    this.#count++
  }

  #drop(where: string, connection: C): void {
    connection.socket.destroy()
    const waiting = this.#waiting.get(where) ?? []
    const left = waiting.filter((each) => each.connection !== connection)
    this.#count -= waiting.length - left.length
    if (left.length > 0) this.#waiting.set(where, left)
    else this.#waiting.delete(where)
  }
}
