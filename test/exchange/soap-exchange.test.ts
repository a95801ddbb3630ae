import { describe, expect, test } from 'vitest'
import { soapRequestHash } from '../../src/protocol/soap-message.ts'
import { envelope, HEADER, ID } from '../protocol/soap-examples.ts'
import { ANSWER, answeringXml, QUESTION, related, soapCall, soapNodes, TEXT_XML } from './soap-two-nodes.ts'
import { codeIn, type TwoNodes } from './two-nodes.ts'

const textOf = (answer: Awaited<ReturnType<TwoNodes['ask']>>): string => {
  if (!answer.ok) throw new Error(`${answer.fault.path.join('.')}: ${answer.fault.detail}`)
  return answer.value.body?.kind === 'bytes' ? Buffer.from(answer.value.body.bytes).toString('latin1') : ''
}
const hashElement = (question: string | Uint8Array) =>
  `<x:requestHash algorithmId="http://www.w3.org/2001/04/xmlenc#sha512">${soapRequestHash(Buffer.from(question))}</x:requestHash>`

describe('a SOAP exchange', () => {
  test('takes the question’s octets to the service untouched, and brings the answer back with the hash of the question', async () => {
    const world = await soapNodes()
    const answer = await world.ask(soapCall(QUESTION, [TEXT_XML, ['SOAPAction', '"urn:consulta"']]))
    expect(textOf(answer)).toBe(Buffer.from(ANSWER.replace(ID, `${ID}${hashElement(QUESTION)}`)).toString('latin1'))
    const [call] = world.register.calls
    expect(Buffer.from(call?.body as Uint8Array).toString()).toBe(QUESTION)
    expect([call?.method, call?.url, call?.headers]).toEqual([
      'POST',
      'http://padron.test/soap',
      [
        ['Content-Type', 'text/xml; charset=UTF-8'],
        ['SOAPAction', '"urn:consulta"'],
        ['accept-encoding', ''],
      ],
    ])
  })
  test('is kept on both sides, each message with its attachments, under the ids of its own header', async () => {
    const world = await soapNodes()
    const sent = related([
      ['text/xml', QUESTION],
      ['application/octet-stream', Buffer.from([0, 13, 10, 255]), 'X-Propio: sí'],
      ['text/plain', 'dos'],
    ])
    const given = related(
      [
        ['text/xml; charset=utf-8', ANSWER],
        ['image/png', 'png'],
      ],
      'otra',
    )
    world.register.answer = answeringXml(given.body, 200, given.type)
    const answer = await world.ask(soapCall(sent.body, [sent.type]))
    expect(codeIn(answer)).toBe('ok')
    const ids = ['4894e35d', 'QRO/GOB/DIF/APOYOS', 'QRO/GOB/SEDESOQ/PADRON/consulta/v1']
    for (const node of [world.consumer, world.provider]) {
      const records = await node.kept()
      const facts = records.map(({ direction, messageId, client, service, attachments }) => [
        direction,
        messageId,
        client,
        service,
        attachments.length,
      ])
      expect(facts).toEqual([
        ['request', ...ids, 2],
        ['response', ...ids, 1],
      ])
      expect(new Set(records.map(({ requestId }) => requestId)).size).toBe(1)
    }
  })
  test('with attachments keeps the boundaries, part headers and octets of both ends', async () => {
    const world = await soapNodes()
    const sent = related([
      ['application/xop+xml; type="text/xml"', QUESTION, 'Content-ID: <raiz>'],
      ['application/octet-stream', Buffer.from([0, 13, 10, 255]), 'Content-ID: <uno>'],
    ])
    const given = related([['text/xml', ANSWER]], 'otra')
    world.register.answer = answeringXml(given.body, 200, given.type)
    const answer = textOf(await world.ask(soapCall(sent.body, [sent.type])))
    const [call] = world.register.calls
    expect(call?.headers[0]).toEqual(sent.type)
    expect(Buffer.from(call?.body as Uint8Array).toString('latin1')).toBe(
      `--frontera\r\ncontent-type:application/xop+xml; type="text/xml"\r\nContent-ID: <raiz>\r\n\r\n${QUESTION}\r\n` +
        '--frontera\r\ncontent-type:application/octet-stream\r\nContent-ID: <uno>\r\n\r\n\0\r\n\xff\r\n--frontera--\r\n',
    )
    expect(answer.startsWith('--otra\r\ncontent-type:text/xml\r\n\r\n<soap:Envelope')).toBe(true)
    expect(answer).toContain(hashElement(QUESTION))
  })
  test('counts the byte order mark into the hash, and leaves it where it was', async () => {
    const world = await soapNodes()
    const question = Buffer.from(`\ufeff${QUESTION}`)
    world.register.answer = answeringXml(Buffer.from(`\ufeff${ANSWER}`))
    const answer = textOf(await world.ask(soapCall(question)))
    expect([...Buffer.from(answer, 'latin1').subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf])
    expect(answer).toContain(hashElement(question))
    expect([...(world.register.calls[0]?.body ?? []).slice(0, 3)]).toEqual([0xef, 0xbb, 0xbf])
  })
  test('replaces a request hash that the service put there', async () => {
    const world = await soapNodes()
    world.register.answer = answeringXml(ANSWER.replace(ID, `${ID}<x:requestHash>bmFkYQ==</x:requestHash>`))
    const answer = textOf(await world.ask(soapCall()))
    expect(answer.match(/requestHash/g)).toHaveLength(2)
    expect(answer).toContain(hashElement(QUESTION))
  })
  test('hands the security token and the represented party on, and asks for the party alone in return', async () => {
    const more = '<t:securityToken tokenType="urn:jwt">secreto</t:securityToken>'
    const party = '<r:representedParty><r:partyClass>COM</r:partyClass><r:partyCode>7</r:partyCode></r:representedParty>'
    const world = await soapNodes()
    const question = envelope(HEADER + more + party)
    world.register.answer = answeringXml(ANSWER.replace(ID, ID + party))
    expect(codeIn(await world.ask(soapCall(question)))).toBe('ok')
    expect(Buffer.from(world.register.calls[0]?.body as Uint8Array).toString()).toBe(question)
    expect(JSON.stringify([world.consumer.log, world.provider.log])).not.toContain('secreto')
    world.register.answer = answeringXml(ANSWER)
    expect(codeIn(await world.ask(soapCall(question)))).toBe('server.clientproxy.service_failed.inconsistent_response')
  })
  test('may ask for evidence without attachments: the envelope stays, and their sizes and digests', async () => {
    const world = await soapNodes()
    const { configuration } = world.provider
    configuration.current = {
      ...configuration.current,
      services: configuration.current.services.map((each) => ({ ...each, keepBodies: 'digest' })),
    }
    const sent = related([
      ['text/xml', QUESTION],
      ['text/plain', 'dos'],
    ])
    expect(codeIn(await world.ask(soapCall(sent.body, [sent.type])))).toBe('ok')
    const [request] = await world.provider.kept()
    expect([Buffer.from(request?.message ?? []).toString(), request?.attachments.map(({ kind }) => kind)]).toEqual([QUESTION, ['digest']])
  })
  test('needs a right to the whole service: a right to an endpoint opens nothing', async () => {
    const world = await soapNodes()
    const { configuration } = world.provider
    const endpoint = { method: 'POST', path: '/**' }
    configuration.current = { ...configuration.current, rights: configuration.current.rights.map((right) => ({ ...right, endpoint })) }
    expect(codeIn(await world.ask(soapCall()))).toBe('server.serverproxy.access_denied')
  })
  test('is answered by the node itself when it asks which services there are', async () => {
    const world = await soapNodes()
    const question = QUESTION.replaceAll('>consulta<', '>listMethods<').replace('<consulta/>', '<x:listMethods/>')
    expect(textOf(await world.ask(soapCall(question)))).toContain('<id:serviceCode>consulta</id:serviceCode>')
    expect(world.register.calls).toEqual([])
    expect((await world.provider.kept()).length).toBe(2)
  })
})
