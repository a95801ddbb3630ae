import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * The connections of a listener, so many at most. When one more comes, the one that has been without a request the longest has to go: whoever
 * holds connections open without asking anything takes nobody's place. When all are being served, the newcomer goes.
 */
export class Crowd {
  readonly #most: number
  /** By address and port of the other side, in the order in which they fell idle. */
  readonly #idle = new Map<string, Socket>()
  readonly #busy = new Map<string, Socket>()

  constructor(most: number) {
    this.#most = most
  }

  /** A connection was made; before its handshake it is idle. */
  enter(socket: Socket): void {
    const name = nameOf(socket)
    this.#idle.set(name, socket)
    socket.once('close', () => {
      this.#idle.delete(name)
      this.#busy.delete(name)
    })
    if (this.#idle.size + this.#busy.size <= this.#most) return
    const [oldest] = this.#idle.values()
    oldest?.destroy()
  }

  /** A request has come in over it, head and all; it is idle again when the answer is out. */
  serve(socket: Socket, answer: ServerResponse): void {
    const name = nameOf(socket)
    move(name, this.#idle, this.#busy)
    answer.once('close', () => move(name, this.#busy, this.#idle))
  }

  all(): ReadonlySet<Socket> {
    return new Set([...this.#idle.values(), ...this.#busy.values()])
  }
}

function move(name: string, from: Map<string, Socket>, to: Map<string, Socket>): void {
  const there = from.get(name)
  if (there && from.delete(name)) to.set(name, there)
}

/** The same for a TLS connection and the plain one beneath it. */
const nameOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`
