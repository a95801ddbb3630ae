import type { NodeConfiguration } from '../../src/exchange/node-configuration.ts'
import { clientElement, FAULT, multipart, type Piece, type Shape, soap, TEXT, XML } from './messages.ts'
import { peerService } from './plan.ts'
import { nodeOf, questionOf, refusedHere, type Scenario, under, withServers } from './scenario.ts'
import { selfIssued } from './self-issued.ts'
import type { Ask, Conformance } from './world.ts'

const shaped = (shape: Shape): Scenario => refusedHere((world, edge) => ({ body: questionOf(world, edge, shape) }))
const changed = (change: (question: string, client: string) => string): Scenario =>
  refusedHere((world, edge) => ({ body: change(questionOf(world, edge), world.clientOf(edge)) }))
const packed = (pieces: (question: string) => readonly Piece[]): Scenario =>
  refusedHere((world, edge) => {
    const { type, body } = multipart(pieces(questionOf(world, edge)))
    return { headers: ['Content-Type', type], body }
  })
const asked = (ask: Ask): Scenario => refusedHere((world, edge) => ({ body: questionOf(world, edge), ...ask }))

const clients = (certificates: readonly string[]): Conformance['twist'] => ({
  configuration: (_node, configuration): NodeConfiguration => ({
    ...configuration,
    clients: configuration.clients.map((each) => ({ ...each, certificates })),
  }),
})
const inMaintenance: Conformance['twist'] = {
  trust: (_node, today) => withServers(today, (server) => ({ ...server, maintenance: { message: 'vuelve pronto' } })),
}
const otherSystem: Scenario = async (world, edge) => {
  const { certificate: cert, key } = await selfIssued('otro')
  return asked({ identity: { cert, key } })(world, edge)
}

export const CONSUMER_FAULTS: Readonly<Record<string, Scenario>> = {
  WrongHttpMethod: refusedHere(() => ({ method: 'GET', headers: [], body: null })),
  FaultyRequestContentType: asked({ headers: ['Content-Type', 'blah'] }),
  EmptyQuery: refusedHere(() => ({ body: '' })),
  EmptyMultipartRequest: packed(() => []),
  AttachmentNoSoap: packed(() => [
    { lines: [TEXT], body: 'blaah' },
    { lines: [TEXT], body: 'blaah' },
  ]),
  AttachmentFaulty: packed((question) => [
    { lines: [XML], body: question },
    { lines: ['Cont-Type: multipart/mixed'], body: 'blaah' },
  ]),
  AttachmentFaultySoap: packed((question) => [
    { lines: [XML], body: question.replace(/<xroad:id>.*<\/xroad:id>/, '') },
    { lines: [TEXT], body: 'blaah' },
  ]),
  MissingHeader: shaped({ without: 'header' }),
  MissingBody: shaped({ without: 'body' }),
  FaultyHeader: changed((question, client) => question.replace('<xroad:service', `${clientElement(client)}<xroad:service`)),
  MissingObjectTypeMessage: changed((question) => question.replace(/ id:objectType="SUBSYSTEM"/, '')),
  MissingProtocolVersionHeader: shaped({ version: null }),
  MalformedProtocolVersionHeader: shaped({ version: 'foo' }),
  WrongProtocolVersionHeader: shaped({ version: '3.5' }),
  MalformedBody1: shaped({ body: '<getstate/><getstate/>' }),
  MalformedBody2: shaped({ body: ' ' }),
  MalformedBody3: shaped({ body: '<otro/>' }),
  SoapActionMalformedHeader: asked({ headers: ['Content-Type', 'text/xml', 'SOAPAction', 'http://ejemplo.org/accion'] }),
  SoapFaultToClientProxy: refusedHere(() => ({ body: FAULT })),
  MissingOrg: refusedHere(() => ({ body: soap({ client: 'EE/COM/no-existe' }) })),
  InvalidProviderAddress3: shaped({ service: peerService('muda') }),
  SigningFailsInClientProxy: under(
    (_world, edge) => ({
      sign: (node, sign) => (node === nodeOf(edge) ? async () => Promise.reject(new Error('the token is gone')) : sign),
    }),
    shaped({}),
  ),
  ServerProxyMaintenanceMode: under(() => inMaintenance, shaped({})),
  serverProxyConnectionRefused: shaped({ service: peerService('sorda') }),
  SslClientAuthNoISCert: under(() => clients([]), shaped({})),
  SslClientAuthWrongISCert: otherSystem,
}
