// An agency's system for the bench: takes the body, answers 8 KiB. A program of its own, as every service is.
import { type AddressInfo, createServer } from 'node:net'
import { messages } from './messages.ts'

const BODY = JSON.stringify({ respuesta: 'x'.repeat(8170) })
// Longer than any turn of others: a connection that ends while it is taken up again would end the bench.
const HEAD = [
  'HTTP/1.1 200 OK',
  'Content-Type: application/json',
  `Content-Length: ${BODY.length}`,
  'Connection: keep-alive',
  'Keep-Alive: timeout=120',
]
const ANSWER = Buffer.from(`${HEAD.join('\r\n')}\r\n\r\n${BODY}`)

const server = createServer({ noDelay: true }, (socket) => {
  socket
    .on(
      'data',
      messages(() => socket.write(ANSWER)),
    )
    .on('error', () => socket.destroy())
})
server.listen(Number(process.env.SACBE_PORT), '127.0.0.1', () =>
  console.log(JSON.stringify({ listening: (server.address() as AddressInfo).port })),
)
process.stdin.on('end', () => process.exit(0)).resume()
