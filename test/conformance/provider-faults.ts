import { expect } from 'vitest'
import type { Reaction } from './dummy.ts'
import { answerTo, FAULT, multipart, ODD_FAULT, type Piece, TEXT, XML } from './messages.ts'
import { REGISTER } from './plan.ts'
import { answering, outcomeOf, questionOf, refusedHere, type Scenario, under } from './scenario.ts'
import { selfIssued } from './self-issued.ts'
import { pinned, secureService } from './successes.ts'

const of = (code: string): Scenario =>
  refusedHere((world, edge) => ({ body: questionOf(world, edge, { service: `${REGISTER}/${code}`, body: `<${code}/>` }) }))
const reacting =
  (react: Reaction): Scenario =>
  async (world, edge) => {
    world.dummy.react = react
    const before = world.dummy.calls.length
    const reply = await world.ask(edge, { body: questionOf(world, edge) })
    expect(world.dummy.calls.length).toBe(before + 1)
    return outcomeOf(reply)
  }
const saying = (body: (question: string) => string | Uint8Array, type?: string, status?: number): Scenario =>
  reacting(answering(body, type, status))
const packed = (pieces: (question: string) => readonly Piece[]): Scenario =>
  reacting((_call, body, response) => {
    const made = multipart(pieces(body.toString('utf8')))
    response.writeHead(200, { 'Content-Type': made.type }).end(made.body)
  })
/** A fault of the service comes through octet by octet. */
const relayed =
  (fault: string, status: number): Scenario =>
  async (world, edge) => {
    world.dummy.react = answering(() => fault, 'text/xml', status)
    const reply = await world.ask(edge, { body: questionOf(world, edge) })
    expect(reply.text).toBe(fault)
    return outcomeOf(reply)
  }
const changed = (change: (answer: string) => string): Scenario => saying((question) => change(answerTo(question)))
const dropHeader = (answer: string): string => answer.replace(/<SOAP-ENV:Header>.*<\/SOAP-ENV:Header>/s, '')

export const PROVIDER_FAULTS: Readonly<Record<string, Scenario>> = {
  UnknownService: of('nadie'),
  NotAllowed: of('secreto'),
  ServiceDisabled: async (world, edge) => {
    const reply = await world.ask(edge, { body: questionOf(world, edge, { service: `${REGISTER}/cerrado`, body: '<cerrado/>' }) })
    expect(reply.text).toContain('cerrado por inventario')
    return outcomeOf(reply)
  },
  InvalidServiceAddress: of('perdido'),
  InvalidServiceAddress2: refusedHere((world, edge) => {
    const { type, body } = multipart([
      { lines: [XML], body: questionOf(world, edge, { service: `${REGISTER}/perdido`, body: '<perdido/>' }) },
      { lines: [TEXT], body: 'x' },
    ])
    return { headers: ['Content-Type', type], body }
  }),
  ServiceHttpError: saying(() => 'x', 'text/xml', 502),
  ServiceConnectionAborted: reacting((_call, _body, response) => response.writeHead(200, { Connection: 'close' }).end()),
  FaultyResponseContentType: saying((question) => answerTo(question), 'blah'),
  EmptyResponse: saying(() => ''),
  ServerProxyEmptyResponse: reacting((_call, _body, response) =>
    response.writeHead(200, { 'Content-Type': 'text/xml', 'Content-Length': '0' }).end(),
  ),
  EmptyMultipartResponse: packed(() => []),
  ServiceFaultyMultipart: saying(() => 'ni una parte', 'multipart/related; boundary=frontera'),
  AttachmentNoSoapResponse: packed(() => [{ lines: [TEXT], body: 'blaah' }]),
  ServerProxyAttachmentError: packed((question) => [
    { lines: [XML], body: answerTo(question) },
    { lines: ['Cont-Type: text/plain'], body: 'blaah' },
  ]),
  AttachmentFaultySoapResponse: packed((question) => [
    { lines: [XML], body: answerTo(question).replace(/<xroad:id>.*<\/xroad:id>/, '') },
    { lines: [TEXT], body: 'x' },
  ]),
  FaultyHeaderResponse: changed((answer) => answer.replace(/<xroad:client.*<\/xroad:client>/s, '')),
  MissingHeaderResponse: changed(dropHeader),
  MissingBodyResponse: changed((answer) => answer.replace(/<SOAP-ENV:Body>.*<\/SOAP-ENV:Body>/s, '')),
  MalformedBodyResponse: saying((question) => answerTo(question, ' ')),
  ServiceReturnsFault: relayed(FAULT, 500),
  ServiceFaultyFault: relayed(ODD_FAULT, 200),
  SoapFaultInMultipartResponse: packed(() => [{ lines: [XML], body: FAULT }]),
  SigningFailsInServerProxy: under(
    () => ({ sign: (node, sign) => (node === 'register' ? async () => Promise.reject(new Error('the token is gone')) : sign) }),
    saying((question) => answerTo(question)),
  ),
  SslToServiceNoISCerts: secureService(() => pinned()),
  SslToServiceWrongISCert: async (world, edge) => {
    const { certificate } = await selfIssued('otro')
    return secureService(() => pinned(certificate))(world, edge)
  },
}
