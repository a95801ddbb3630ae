import { createServer as createPlain, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type SelfIssued, selfIssued } from './self-issued.ts'

/** An information system that a scenario tells what to answer. */
export type Reaction = (call: IncomingMessage, body: Buffer, response: ServerResponse) => void
export type Dummy = AsyncDisposable & {
  react: Reaction
  readonly calls: { readonly method: string; readonly url: string; readonly headers: readonly string[]; readonly body: Buffer }[]
  readonly url: string
  readonly secureUrl: string
  readonly identity: SelfIssued
}

export async function openDummy(): Promise<Dummy> {
  const identity = await selfIssued('localhost')
  const calls: Dummy['calls'] = []
  const serve = async (call: IncomingMessage, response: ServerResponse) => {
    const body = Buffer.concat((await call.toArray()) as Buffer[])
    calls.push({ method: call.method ?? '', url: call.url ?? '', headers: call.rawHeaders, body })
    dummy.react(call, body, response)
  }
  const servers = [createPlain(serve), createServer({ cert: identity.certificate, key: identity.key }, serve)]
  const [plain, secure] = await Promise.all(
    servers.map(async (server) => {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return (server.address() as AddressInfo).port
    }),
  )
  const dummy: Dummy = {
    react: (_call, _body, response) => response.end(),
    calls,
    url: `http://127.0.0.1:${plain}/soap`,
    secureUrl: `https://127.0.0.1:${secure}/soap`,
    identity,
    [Symbol.asyncDispose]: async () =>
      void (await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve).closeAllConnections())))),
  }
  return dummy
}
