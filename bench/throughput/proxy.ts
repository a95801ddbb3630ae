// A plain proxy with mutual TLS, as a measure: node bench/throughput/proxy.ts TLS_FOLDER PORT NEXT PADDING.
// It signs what it forwards once with RSA-2048 and forwards it with so many octets more, over connections that stay open.
import { createPrivateKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent as PlainAgent, request as plain, type RequestOptions } from 'node:http'
import { createServer, Agent as TlsAgent, request as tls } from 'node:https'
import { join } from 'node:path'

const [folder = '', port = '', next = '', padding = '0'] = process.argv.slice(2)
const identity = { key: readFileSync(join(folder, 'key.pem')), cert: readFileSync(join(folder, 'cert.pem')) }
const signingKey = createPrivateKey(identity.key)
const url = new URL(next)
const agent =
  url.protocol === 'https:'
    ? new TlsAgent({ keepAlive: true, ...identity, rejectUnauthorized: false, maxCachedSessions: 0 })
    : new PlainAgent({ keepAlive: true })
const more = Buffer.alloc(Number(padding), 'x')

/** Longer than any turn of the nodes: a connection that ends while it is taken up again would end the bench. */
const keepAliveTimeout = 120_000

createServer({ ...identity, requestCert: true, rejectUnauthorized: false, keepAliveTimeout }, async (call, answer) => {
  const body = Buffer.concat((await call.toArray()) as Buffer[])
  sign('sha512', body, signingKey)
  const options: RequestOptions = { method: 'POST', path: '/', headers: { 'Content-Length': body.length + more.length } }
  const onward = (url.protocol === 'https:' ? tls : plain)(url, { ...options, agent }, async (response) => {
    const back = Buffer.concat([...((await response.toArray()) as Buffer[]), url.protocol === 'https:' ? Buffer.alloc(0) : more])
    answer.writeHead(response.statusCode ?? 502, { 'Content-Length': back.length }).end(back)
  })
  onward.on('error', () => answer.destroy())
  onward.write(body)
  onward.end(more)
}).listen(Number(port), '127.0.0.1', () => console.log('ready'))
process.stdin.on('end', () => process.exit(0)).resume()
