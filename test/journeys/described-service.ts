// An agency's system that describes itself: /openapi.yaml, /openapi.json and /service.wsdl; anything else is answered with its address.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const OPENAPI = `openapi: 3.0.3
info: {title: Registro, version: "1"}
servers:
  - url: http://10.20.30.40:8080/api/{version} # por dentro
paths:
  /personas/{id}:
    get: {responses: {"200": {description: una persona}}}
`
const WSDL =
  '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/"><service name="S"><port name="P"><s:address location="http://10.20.30.40/soap"/></port></service></definitions>'
const DOCUMENTS: Readonly<Record<string, readonly [type: string, text: string]>> = {
  '/openapi.yaml': ['application/x-yaml', OPENAPI],
  '/openapi.json': ['application/json', '{"openapi":"3.1.0","servers":[{"url":"https://10.20.30.40/api"}],"paths":{}}'],
  '/service.wsdl': ['text/xml', WSDL],
}

const server = createServer((call, answer) => {
  const [type, text] = DOCUMENTS[call.url ?? ''] ?? ['application/json', JSON.stringify({ url: call.url })]
  if (call.url === '/moved.yaml') answer.writeHead(302, { Location: '/openapi.yaml' }).end()
  else answer.setHeader('Content-Type', type).end(text)
})
server.listen(Number(process.env.SACBE_PORT), '127.0.0.1', () =>
  console.log(JSON.stringify({ listening: (server.address() as AddressInfo).port })),
)
process.stdin.on('end', () => process.exit(0)).resume()
