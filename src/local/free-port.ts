import { createServer } from 'node:net'
import { listen } from './listen.ts'

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listen(server, 0)
  await new Promise((resolve) => server.close(resolve))
  if (!port.ok) throw new Error('no port is free')
  return port.value
}
