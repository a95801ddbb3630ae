import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { NodePlan, WorldPlan } from '../../src/local/plan.ts'
import { clientNamed, nodeNamed } from '../../src/local/world-file.ts'
import { type Exchange, type ExchangeOptions, openExchange } from './exchange.ts'
import { BANK, plan, REGISTER, STRANGER } from './plan.ts'

export const GETSTATE = `${REGISTER}/getstate/v1`

/** A service of the journeys that a test may tell what to answer, in this very process. */
export type Dummy = {
  answer: (call: IncomingMessage, body: Buffer, response: ServerResponse) => void
  readonly calls: { readonly headers: readonly string[]; readonly body: Buffer }[]
  readonly url: string
}

/** An exchange whose register offers a SOAP service, and a dummy behind it. */
export type SoapWorld = AsyncDisposable & { readonly exchange: Exchange; readonly dummy: Dummy }

export async function openSoapWorld(options: ExchangeOptions = {}, planFor: (url: string) => WorldPlan = soapPlan): Promise<SoapWorld> {
  const dummy: Dummy = { answer: (_call, body, response) => echo(body, response), calls: [], url: '' }
  const server = createServer(async (call, response) => {
    const body = Buffer.concat((await call.toArray()) as Buffer[])
    dummy.calls.push({ headers: call.rawHeaders, body })
    dummy.answer(call, body, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  Object.assign(dummy, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/soap` })
  const exchange = await openExchange({ plan: planFor(dummy.url), ...options })
  const dispose = async () => {
    await exchange[Symbol.asyncDispose]()
    await new Promise((resolve) => server.close(resolve))
  }
  return { exchange, dummy, [Symbol.asyncDispose]: dispose }
}

export function soapPlan(url: string): WorldPlan {
  const withService = (node: NodePlan): NodePlan =>
    node.name === 'register'
      ? {
          ...node,
          services: [...node.services, { id: GETSTATE, type: 'WSDL', at: { url } }],
          rights: [...node.rights, ...[BANK, STRANGER].map((client) => ({ service: GETSTATE, subject: { client } }))],
          reach: ['127.0.0.1'],
        }
      : node
  return { ...plan, nodes: plan.nodes.map(withService) }
}

const idOf = (kind: string, parts: readonly string[], names: readonly string[]) =>
  ` id:objectType="${kind}">${parts.map((part, index) => `<id:${names[index]}>${part}</id:${names[index]}>`).join('')}`
const NAMES = ['xRoadInstance', 'memberClass', 'memberCode', 'subsystemCode', 'serviceCode', 'serviceVersion']

export const headerFor = ({ client = BANK, service = GETSTATE, id = 'uno', more = '' } = {}): string =>
  `<xroad:client${idOf('SUBSYSTEM', client.split('/'), NAMES)}</xroad:client><xroad:service${idOf('SERVICE', service.split('/'), NAMES)}</xroad:service>` +
  `<xroad:id>${id}</xroad:id><xroad:userId>EE37702211234</xroad:userId><xroad:protocolVersion>4.0</xroad:protocolVersion>${more}`
export const envelopeOf = (header: string, body: string): string =>
  '<?xml version="1.0" encoding="utf-8"?>\n<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" ' +
  'xmlns:xroad="http://x-road.eu/xsd/xroad.xsd" xmlns:id="http://x-road.eu/xsd/identifiers">' +
  `<SOAP-ENV:Header>${header}</SOAP-ENV:Header><SOAP-ENV:Body>${body}</SOAP-ENV:Body></SOAP-ENV:Envelope>`
export const question = (about: Parameters<typeof headerFor>[0] = {}): string =>
  envelopeOf(headerFor(about), '<getstate xmlns="http://producer.test/">1</getstate>')

/** The question's own header, and what was asked in the answer's body. */
function echo(body: Buffer, response: ServerResponse): void {
  const text = body.toString('utf8')
  const [envelope = ''] = /<\?xml.*<\/SOAP-ENV:Envelope>/s.exec(text) ?? []
  response
    .writeHead(200, { 'Content-Type': 'text/xml; charset=utf-8' })
    .end(envelope.replaceAll('getstate xmlns', 'getstateResponse xmlns').replace('</getstate>', '</getstateResponse>'))
}

export type SoapReply = {
  readonly status: number
  readonly headers: readonly string[]
  readonly body: Buffer
  readonly code: string | null
}
export type SoapAsk = {
  readonly body?: string | Uint8Array | null
  readonly headers?: readonly string[]
  readonly method?: string
  readonly path?: string
  readonly as?: string
}

/** One call as an agency's old system makes it: any path, its own headers. */
export function askSoap(
  exchange: Exchange,
  { body = question(), headers = ['Content-Type', 'text/xml; charset=utf-8'], method = 'POST', path = '/', as = BANK }: SoapAsk = {},
): Promise<SoapReply> {
  const client = clientNamed(exchange.world.file, as)
  if (!client.ok) throw new Error(client.fault.en)
  const node = nodeNamed(exchange.world.file, client.value.node)
  if (!node.ok) throw new Error(node.fault.en)
  const { hostname: host, port } = new URL(node.value.consumer)
  const identity = {
    ca: readFileSync(client.value.authority),
    cert: readFileSync(client.value.certificate),
    key: readFileSync(client.value.key),
  }
  const bytes = body === null ? null : Buffer.from(body as string)
  const length = bytes ? ['Content-Length', String(bytes.length)] : []
  return new Promise((resolve, reject) => {
    const made = request({
      host,
      port,
      method,
      path,
      agent: false,
      ...identity,
      headers: ['Host', `${host}:${port}`, ...headers, ...length],
    })
    made.on('error', reject)
    made.on('response', async (response) => {
      const received = Buffer.concat((await response.toArray()) as Buffer[])
      const code = /<faultcode>([^<]*)<\/faultcode>/.exec(received.toString('utf8'))?.[1] ?? null
      resolve({ status: response.statusCode ?? 0, headers: response.rawHeaders, body: received, code })
    })
    made.end(bytes ?? undefined)
  })
}

export const headerIn = ({ headers }: Pick<SoapReply, 'headers'>, name: string): string | undefined => {
  const at = headers.findIndex((each, index) => index % 2 === 0 && each.toLowerCase() === name)
  return at < 0 ? undefined : headers[at + 1]
}
