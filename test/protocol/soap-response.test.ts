import { describe, expect, test } from 'vitest'
import { codeOf } from '../../src/protocol/faults.ts'
import { type SoapMessage, soapAnswers, soapRequestHash, withRequestHash } from '../../src/protocol/soap-message.ts'
import { CLIENT, envelope, HEADER, ID, messageOf, SERVICE, VERSION } from './soap-examples.ts'

const HASH = 'aGFzaA=='
const ELEMENT = `<x:requestHash algorithmId="http://www.w3.org/2001/04/xmlenc#sha512">${HASH}</x:requestHash>`
const spliced = (text: string) => Buffer.from(withRequestHash(messageOf(text), HASH).bytes).toString('utf8')
/** Also: what comes out is read back as what it says it is. */
const checked = (message: SoapMessage): SoapMessage => {
  const written = withRequestHash(message, HASH)
  expect(messageOf(written.bytes)).toEqual({ ...written, bytes: messageOf(written.bytes).bytes })
  return written
}

describe('the hash of a request', () => {
  test('is SHA-512 of its exact bytes, mark included', () => {
    expect(soapRequestHash(Buffer.from('abc'))).toBe(
      '3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==',
    )
    expect(soapRequestHash(Buffer.from('\ufeffabc'))).not.toBe(soapRequestHash(Buffer.from('abc')))
  })
  test('goes right after the id of the answer, and no other byte changes', () => {
    expect(spliced(envelope())).toBe(envelope(HEADER.replace(ID, ID + ELEMENT)))
  })
  test('goes after an empty id too', () => {
    const open = HEADER.replace(ID, '<x:id  />')
    expect(spliced(envelope(open))).toBe(envelope(open.replace('<x:id  />', `<x:id  />${ELEMENT}`)))
  })
  test('takes the place of an older one, before or after the id, wherever it stands', () => {
    const old = '<x:requestHash algorithmId="old">b2xk</x:requestHash>'
    const expected = (header: string) => envelope(header.replace(old, '').replace(ID, ID + ELEMENT))
    for (const header of [
      old + HEADER,
      HEADER.replace(ID, ID + old),
      HEADER.replace(ID, old + ID),
      HEADER.replace(ID, `${ID}\n  ${old}\n`),
    ])
      expect(spliced(envelope(header))).toBe(expected(header))
  })
  test('leaves alone a requestHash that is not in the header, or of another namespace', () => {
    const [header, body] = [
      `<requestHash/><i:requestHash/>${HEADER}`,
      '<soap:Body><consulta><x:requestHash>1</x:requestHash></consulta></soap:Body>',
    ]
    expect(spliced(envelope(header, body))).toBe(envelope(header.replace(ID, ID + ELEMENT), body))
  })
  test('bears the attributes of the id as they are written, but for an algorithmId', () => {
    const id = '<x:id a="&lt;1&gt;"\n  b = \'"\' algorithmId="x" i:c="ñ"\txmlns:z="urn:z"\n>1</x:id>'
    const tag = '<x:requestHash a="&lt;1&gt;"\n  b = \'"\' i:c="ñ"\txmlns:z="urn:z" algorithmId="http://www.w3.org/2001/04/xmlenc#sha512">'
    expect(spliced(envelope(HEADER.replace(ID, id)))).toContain(`${id}${tag}${HASH}</x:requestHash>`)
  })
  test('is in the namespace of the id, be it without prefix or declared there alone', () => {
    for (const id of [
      '<id xmlns="http://x-road.eu/xsd/xroad.xsd">1</id>',
      '<q:id xmlns:q="http://x-road.eu/xsd/xroad.xsd">1</q:id>',
      "<ñ:id xmlns:ñ='http://x-road.eu/xsd/xroad.xsd'>1</ñ:id>",
    ])
      expect(checked(messageOf(envelope(HEADER.replace(ID, id)))).requestHash).toBe(HASH)
  })
  test('leaves comments, CDATA, instructions, references, line ends, the mark and what follows the envelope', () => {
    const text = `\ufeff<?xml version="1.0"?>\r\n<?a b?><!-- c -->${envelope(`\r\n  ${HEADER}<!-- d -->&#x26;<![CDATA[<]]><?e f?>\r\n`)}\r\n<!-- g -->\n`
    expect(spliced(text)).toBe(text.replace(ID, ID + ELEMENT))
  })
  test.each<[string, (text: string) => Buffer]>([
    ['UTF-8', (text) => Buffer.from(text, 'utf8')],
    ['ISO-8859-1', (text) => Buffer.from(text, 'latin1')],
    ['windows-1252', (text) => Buffer.from(text, 'latin1')],
    ['UTF-16', (text) => Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['UTF-16LE', (text) => Buffer.from(text, 'utf16le')],
    ['UTF-16BE', (text) => Buffer.from(text, 'utf16le').swap16()],
  ])('is written in the charset of the answer: %s', (charset, encode) => {
    const id = '<x:id lugar="ñandú">año</x:id>'
    const text = (inserted: string) =>
      `<?xml version="1.0" encoding="${charset}"?>${envelope(`<!--ü-->${HEADER.replace(ID, id + inserted)}<!--ö-->`)}`
    const written = checked(messageOf(encode(text(''))))
    const tag = ELEMENT.replace('<x:requestHash', '<x:requestHash lugar="ñandú"')
    expect(Buffer.from(written.bytes).toString('hex')).toBe(encode(text(tag)).toString('hex'))
  })
  test('is set again over the old one', () => {
    const once = withRequestHash(messageOf(envelope(`<x:issue/>${VERSION}${CLIENT}<x:requestHash/>${SERVICE}${ID}`)), 'one')
    expect(withRequestHash(once, HASH)).toEqual(checked(once))
    expect(Buffer.from(withRequestHash(once, HASH).bytes).toString()).toBe(
      envelope(`<x:issue/>${VERSION}${CLIENT}${SERVICE}${ID}${ELEMENT}`),
    )
  })
})

describe('an answer', () => {
  const PARTY = '<r:representedParty><r:partyClass>COM</r:partyClass><r:partyCode>77</r:partyCode></r:representedParty>'
  const FULL = `${HEADER}<x:userId>MX1</x:userId><x:issue>a-1</x:issue>${PARTY}`
  const asked = messageOf(envelope(FULL))
  const answered = (header: string, body = '<soap:Body><consultaResponse/></soap:Body>') =>
    withRequestHash(messageOf(envelope(header, body)), soapRequestHash(asked.bytes))
  const verdict = (answer: SoapMessage) => {
    const outcome = soapAnswers(answer, asked)
    return outcome.ok ? 'ok' : codeOf(outcome.fault)
  }
  test('with the same fields and the hash of the request belongs to it', () => expect(verdict(answered(FULL))).toBe('ok'))
  test('may differ in protocol version, target server, order, prefixes and unknown fields', () => {
    expect(verdict(answered(`<other/>${PARTY}${FULL.replace(PARTY, '').replace('>4.0<', '>4.1<')}`))).toBe('ok')
  })
  test('may echo the body of the request', () => expect(verdict(answered(FULL, '<soap:Body><consulta/></soap:Body>'))).toBe('ok'))
  test.each([
    ['client', FULL.replace('>DIF<', '>Dif<')],
    ['client, the member for its subsystem', FULL.replace('<i:subsystemCode>APOYOS</i:subsystemCode>', '')],
    ['service version', FULL.replace('>v1<', '>v2<')],
    ['service without version', FULL.replace(/<i:serviceVersion>.*?<\/i:serviceVersion>/, '')],
    ['userId', FULL.replace('>MX1<', '>MX2<')],
    ['userId, absent', FULL.replace('<x:userId>MX1</x:userId>', '')],
    ['issue, empty', FULL.replace('>a-1<', '><')],
    ['id', FULL.replace('>4894e35d<', '>4894e35e<')],
    ['id, with a blank', FULL.replace('>4894e35d<', '>4894e35d <')],
    ['represented party', FULL.replace('>77<', '>78<')],
    ['represented party, absent', FULL.replace(PARTY, '')],
    ['represented party, without class', FULL.replace('<r:partyClass>COM</r:partyClass>', '')],
  ])('with another %s is refused with service_failed.inconsistent_response', (_what, header) => {
    expect(verdict(answered(header))).toBe('service_failed.inconsistent_response')
  })
  test('with a field the request did not have is refused', () => {
    const bare = messageOf(envelope())
    const answer = withRequestHash(messageOf(envelope(`${HEADER}<x:issue/>`)), soapRequestHash(bare.bytes))
    const outcome = soapAnswers(answer, bare)
    expect(outcome.ok ? 'ok' : codeOf(outcome.fault)).toBe('service_failed.inconsistent_response')
  })
  test('with another hash, or none, is refused with inconsistent_response; fields are judged first', () => {
    expect(verdict(withRequestHash(answered(FULL), HASH))).toBe('inconsistent_response')
    expect(verdict(messageOf(envelope(FULL)))).toBe('inconsistent_response')
    expect(verdict(messageOf(envelope(FULL.replace('>MX1<', '>MX2<'))))).toBe('service_failed.inconsistent_response')
  })
})
