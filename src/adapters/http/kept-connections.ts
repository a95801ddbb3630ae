import type { Agent as HttpAgent } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { Agent } from './node-http.ts'

/** A connection to a peer whose handshake is done: whom it leads to, whom we were in it, and the agent that sends one message at a time over it. */
export type PeerConnection = {
  readonly socket: TLSSocket
  readonly host: string
  /** What the peer presented (DER). */
  readonly certificate: Uint8Array
  /** Our own leaf certificate (DER), as presented. */
  readonly own: Uint8Array
  readonly agent: HttpAgent
  readonly since: number
}

/** Long enough to be worth it, short enough that a peer that moved or was drained is soon left alone. */
const MOST_AGE_MS = 300_000
const MOST_KEPT = 256

/** An agent for one connection: Node's own reader and writer of HTTP, and no second connection by itself. */
export function agentOver(socket: TLSSocket): HttpAgent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  agent.createConnection = () => socket
  socket.on('error', () => {}) // while nobody uses it; whoever does is told by its own listener
  return agent
}

/**
 * Connections to peers that wait for another message, by where they lead. One is given out at a time, the last used first, and never one that
 * was idle for longer than `idleMs`: a peer that ends it at that moment would leave us not knowing whether it took the message.
 * Whoever takes one judges its certificate anew.
 */
export class KeptConnections {
  readonly #idleMs: number
  readonly #waiting = new Map<string, { readonly connection: PeerConnection; readonly until: number; readonly timer: NodeJS.Timeout }[]>()
  #count = 0

  /** @param idleMs 0: none is ever kept */
  constructor(idleMs: number) {
    this.#idleMs = idleMs
  }

  take(where: string, own: Uint8Array): PeerConnection | undefined {
    const waiting = this.#waiting.get(where) ?? []
    for (let last = waiting.pop(); last; last = waiting.pop()) {
      this.#count--
      clearTimeout(last.timer)
      const { connection, until } = last
      const usable = performance.now() < until && !connection.socket.destroyed && connection.socket.writable
      if (usable && Buffer.compare(connection.own, own) === 0) return connection
      connection.socket.destroy()
    }
    this.#waiting.delete(where)
    return undefined
  }

  give(where: string, connection: PeerConnection): void {
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

  #drop(where: string, connection: PeerConnection): void {
    connection.socket.destroy()
    const waiting = this.#waiting.get(where) ?? []
    const left = waiting.filter((each) => each.connection !== connection)
    this.#count -= waiting.length - left.length
    if (left.length > 0) this.#waiting.set(where, left)
    else this.#waiting.delete(where)
  }
}
