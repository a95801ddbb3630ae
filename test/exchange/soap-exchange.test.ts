import { describe, expect, test } from 'vitest'
import { soapRequestHash } from '../../src/protocol/soap-message.ts'
import { envelope, FAULT, HEADER, ID, SERVER } from '../protocol/soap-examples.ts'
import { ANSWER, answeringXml, CONSULTA_V1, QUESTION, related, soapCall, soapNodes, TEXT_XML } from './soap-two-nodes.ts'
import { codeIn, faultIn } from './two-nodes.ts'

const bytesOf = (answer: Awaited<ReturnType<Awaited<ReturnType<typeof soapNodes>>['ask']>>): Buffer => {
  if (!answer.ok) throw new Error(`${answer.fault.path.join('.')}: ${answer.fault.detail}`)
  return answer.value.body?.kind === 'bytes' ? Buffer.from(answer.value.body.bytes) : Buffer.alloc(0)
}

describe('a SOAP exchange', () => {
  test('takes the question’s octets to the service untouched, and brings the answer back with the hash of the question', async () => {
    const world = await soapNodes()
    const answer = await world.ask(soapCall(QUESTION, [TEXT_XML, ['SOAPAction', '"urn:consulta"']]))
    const hash = soapRequestHash(Buffer.from(QUESTION))
    expect(bytesOf(answer).toString()).toBe(
      ANSWER.replace(ID, `${ID}<x:requestHash algorithmId="http://www.w3.org/2001/04/xmlenc#sha512">${hash}</x:requestHash>`),
    )
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
  test('is kept on both sides, each message with its attachments, under ids of its own header', async () => {
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
    for (const node of [world.consumer, world.provider]) {
      const records = await node.kept()
      expect(
        records.map(({ direction, messageId, client, service, attachments }) => [
          direction,
          messageId,
          client,
          service,
          attachments.length,
        ]),
      ).toEqual([
        ['request', '4894e35d', 'QRO/GOB/DIF/APOYOS', 'QRO/GOB/SEDESOQ/PADRON/consulta/v1', 2],
        ['response', '4894e35d', 'QRO/GOB/DIF/APOYOS', 'QRO/GOB/SEDESOQ/PADRON/consulta/v1', 1],
      ])
    }
  })
})
