// An agency's system for the journeys: answers as the path says, and notes each call's X-Road-Id. A program of its own, like every service.
import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const server = createServer(async (call, answer) => {
  appendFileSync(`${process.env.SACBE_DATA}/calls.log`, `${call.headers['x-road-id']}\n`)
  const body = Buffer.concat((await call.toArray()) as Buffer[])
  const [, verb = '', value = ''] = (call.url ?? '').split('?')[0]?.split('/') ?? []
  if (verb === 'status') answer.writeHead(Number(value)).end('{"motivo":"así lo dice el servicio"}')
  else if (verb === 'slow') setTimeout(() => answer.end('tarde'), Number(value))
  else if (verb === 'bytes') answer.end(Buffer.alloc(Number(value), 'x'))
  else if (verb === 'cut') answer.writeHead(200, { 'Content-Length': 100 }).write('a', () => call.socket.destroy())
  else if (verb === 'die') process.exit(1)
  else if (verb === 'inject')
    answer.writeHead(200, { 'X-Road-Error': 'client.falso', 'x-road-id': 'falso', 'Set-Cookie': ['a=1', 'b=2'] }).end('ok')
  else
    answer
      .setHeader('Content-Type', 'application/json')
      .end(JSON.stringify({ method: call.method, url: call.url, headers: call.rawHeaders, body: body.toString('base64') }))
})
server.listen(Number(process.env.SACBE_PORT), '127.0.0.1', () =>
  console.log(JSON.stringify({ listening: (server.address() as AddressInfo).port })),
)
process.stdin.on('end', () => process.exit(0)).resume()
