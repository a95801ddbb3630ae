// One door of AWS in a process of its own: its bundle, and where it has one, its edge. Told by its parent what to be; imports no adapter of ours.
import { pathToFileURL } from 'node:url'
import { instant } from '../../src/base/clock.ts'
import { type Door, gateway } from '../../src/local/gateway.ts'
import type { Edge } from '../../src/local/gateway-events.ts'
import type { FromDoor, ToDoor } from './door-process.ts'

type Handler = (event: unknown, context: object) => Promise<unknown>
const told = (message: FromDoor): void => void process.send?.(message)

const began = performance.now()
const { handler } = (await import(pathToFileURL(process.argv[2] ?? '').href)) as { handler: Handler }
const importMs = performance.now() - began

/** What Lambda tells a function beside the event. */
const invoke = (event: unknown, ms: number): Promise<unknown> => {
  const until = performance.now() + ms
  return handler(event, { awsRequestId: crypto.randomUUID(), getRemainingTimeInMillis: () => until - performance.now() })
}

function listen(edge: Edge, identity: { certificate: string; key: string }, clientCertificate: 'required' | 'requested'): void {
  const door: Door = (event) => invoke(event, 29_000) as ReturnType<Door>
  const onBug = (problem: unknown) => console.error(problem)
  const { server } = gateway(door, { edge, ...identity, clientCertificate, now: () => instant(Date.now()), onBug })
  server.listen(0, '127.0.0.1', () => told({ kind: 'listening', port: (server.address() as { port: number }).port, importMs }))
}

process.on('message', (message: ToDoor) => {
  if (message.kind === 'listen') return listen(message.edge, message, message.clientCertificate)
  if (message.kind === 'heap') return told({ kind: 'heap', octets: heapNow() })
  const { id } = message
  invoke(message.event, message.ms).then(
    (result) => told({ kind: 'result', id, result }),
    (problem: unknown) => told({ kind: 'failed', id, why: String(problem) }),
  )
})
process.on('disconnect', () => process.exit(0))
told({ kind: 'loaded', importMs })

function heapNow(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
