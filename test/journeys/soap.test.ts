import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { soapRequestHash } from '../../src/protocol/soap-message.ts'
import { related } from '../exchange/soap-two-nodes.ts'
import { STRANGER } from './plan.ts'
import { askSoap, GETSTATE, headerIn, openSoapWorld, question, type SoapWorld } from './soap-world.ts'

describe('SOAP through whole nodes, over real connections', () => {
  let world: SoapWorld
  beforeAll(async () => {
    world = await openSoapWorld()
  })
  afterAll(() => world[Symbol.asyncDispose]())

  // the bank stands behind a REST API, the stranger behind an HTTP API
  test.each([
    ['a REST API', undefined],
    ['an HTTP API', STRANGER],
  ])('behind %s a question is answered with its hash, and four records are kept that verify by either rule', async (_name, as) => {
    const asked = question({ ...(as ? { client: as } : {}), id: 'preguntita ñ' })
    const reply = await askSoap(world.exchange, { body: asked, path: '/lo/que/sea?x=1', ...(as ? { as } : {}) })
    expect([reply.status, headerIn(reply, 'content-type'), reply.code]).toEqual([200, 'text/xml; charset=UTF-8', null])
    const text = reply.body.toString('utf8')
    expect(text).toContain('getstateResponse')
    expect(text).toContain(
      `<xroad:requestHash algorithmId="http://www.w3.org/2001/04/xmlenc#sha512">${soapRequestHash(Buffer.from(asked))}</xroad:requestHash>`,
    )
    expect(world.dummy.calls.at(-1)?.body.toString('utf8')).toBe(asked)
    for (const node of [as ? 'stranger' : 'bank', 'register']) {
      const items = (await world.exchange.sealed(node)).slice(-2)
      expect(items.map(({ state, messageId, service }) => [state, messageId, service])).toEqual(
        Array.from({ length: 2 }, () => ['sealed', 'preguntita ñ', GETSTATE]),
      )
      for (const item of items)
        for (const profile of ['strict', 'stock'] as const)
          expect((await world.exchange.verdict(item, profile)).fault?.path).toBeUndefined()
    }
  })

  test('attachments travel both ways with their octets', async () => {
    const octets = Buffer.from(Array.from({ length: 70_000 }, (_, n) => (n * 7) % 256))
    const sent = related([
      ['text/xml; charset=utf-8', question({ id: 'adjuntos' })],
      ['application/octet-stream', octets, 'Content-ID: <uno>'],
    ])
    world.dummy.answer = (call, body, response) =>
      response
        .writeHead(200, { 'Content-Type': String(call.headers['content-type']) })
        .end(body.toString('latin1').replace('<getstate ', '<getstateResponse ').replace('</getstate>', '</getstateResponse>'), 'latin1')
    const reply = await askSoap(world.exchange, { body: sent.body, headers: [...sent.type] })
    expect(reply.code).toBeNull()
    expect(headerIn(reply, 'content-type')).toBe(`${sent.type[1]};charset=utf-8`)
    expect(reply.body.includes(octets)).toBe(true)
    expect(world.dummy.calls.at(-1)?.body.includes(octets)).toBe(true)
    for (const node of ['bank', 'register'])
      for (const item of (await world.exchange.sealed(node)).filter(({ messageId }) => messageId === 'adjuntos'))
        expect((await world.exchange.verdict(item)).fault?.path).toBeUndefined()
  })

  test('a fault is told with HTTP 200, text/xml and an empty SOAPAction', async () => {
    const reply = await askSoap(world.exchange, { method: 'GET', body: null, headers: [] })
    expect([reply.status, reply.code, headerIn(reply, 'content-type'), headerIn(reply, 'soapaction')]).toEqual([
      200,
      'client.invalid_http_method',
      'text/xml;charset=utf-8',
      '',
    ])
  })

  test('a fault of the service comes to the consumer octet by octet', async () => {
    const fault =
      '<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body><S:Fault><faultcode>CODE</faultcode><faultstring>así</faultstring></S:Fault></S:Body></S:Envelope>'
    world.dummy.answer = (_call, _body, response) => response.writeHead(500, { 'Content-Type': 'text/xml' }).end(fault)
    const reply = await askSoap(world.exchange)
    expect([reply.status, reply.body.toString('utf8')]).toEqual([200, fault])
  })
})
