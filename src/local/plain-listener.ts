import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Result } from '../base/result.ts'
import { closeServer, listen } from './listen.ts'
import type { Trouble } from './troubles.ts'

export type PlainAnswer = {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Uint8Array
}
export type PlainListener = { readonly port: number; readonly close: () => Promise<void> }

/** A listener over plain HTTP for what may be told to anybody: no request body is read, every answer ends its connection. */
export async function listenPlainly(
  port: number,
  answer: (method: string, target: string) => Promise<PlainAnswer>,
  onBug: (problem: unknown) => void,
): Promise<Result<PlainListener, Trouble>> {
  const server: Server = createServer({ headersTimeout: 5000, requestTimeout: 5000, maxHeaderSize: 16 * 1024 }, (request, response) => {
    answer(request.method ?? '', request.url ?? '').then(
      ({ status, headers, body }) =>
        response.writeHead(status, [...headers.flat(), 'Content-Length', String(body.length), 'Connection', 'close']).end(body),
      (problem: unknown) => {
        onBug(problem)
        response.destroy()
      },
    )
  })
  server.maxConnections = 100
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  const listening = await listen(server, port)
  return listening.ok ? { ok: true, value: { port: listening.value, close: () => closeServer(server, sockets) } } : listening
}
