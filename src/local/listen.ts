import type { AddressInfo, Server, Socket } from 'node:net'
import { ok, type Result } from '../base/result.ts'
import { type Trouble, trouble } from './troubles.ts'

/**
 * Starts listening on loopback.
 * @param port 0: any free one
 * @param count how many ports in a row the world wants, told to a person when this one is taken
 * @returns the port, or 'port_taken'
 */
export function listen(server: Server, port: number, count = 1): Promise<Result<number, Trouble>> {
  return new Promise((resolve, reject) => {
    server.once('error', (problem: NodeJS.ErrnoException) => {
      if (problem.code === 'EADDRINUSE' || problem.code === 'EACCES') resolve(trouble('port_taken', { port, count }))
      else reject(problem)
    })
    server.listen(port, '127.0.0.1', () => resolve(ok((server.address() as AddressInfo).port)))
  })
}

/** Stops listening and ends what is still connected; answers under way get `graceMs` to finish. */
export async function closeServer(server: Server, sockets: ReadonlySet<Socket>, graceMs = 1000): Promise<void> {
  if (!server.listening) return
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  if ('closeIdleConnections' in server) (server as Server & { closeIdleConnections: () => void }).closeIdleConnections()
  const patience = setTimeout(() => {
    for (const socket of sockets) socket.destroy()
  }, graceMs)
  await closed
  clearTimeout(patience)
}
