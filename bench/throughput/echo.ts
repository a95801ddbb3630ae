// An agency's system for the bench: takes the body, answers 8 KiB. A program of its own, as every service is.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const ANSWER = Buffer.from(JSON.stringify({ respuesta: 'x'.repeat(8170) }))
// Longer than any turn of others: a connection that ends while it is taken up again would end the bench.
const server = createServer({ keepAliveTimeout: 120_000 }, (call, answer) => {
  call.resume().on('end', () => answer.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': ANSWER.length }).end(ANSWER))
})
server.listen(Number(process.env.SACBE_PORT), '127.0.0.1', () =>
  console.log(JSON.stringify({ listening: (server.address() as AddressInfo).port })),
)
process.stdin.on('end', () => process.exit(0)).resume()
