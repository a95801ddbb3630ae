import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { faultAnswer } from '../../src/protocol/fault-body.ts'
import { FAULTS } from '../../src/protocol/fault-catalogue.ts'
import { REASONS } from '../../src/protocol/fault-reasons.ts'
import { messageOf, sentenceOf } from '../../src/protocol/fault-sentence.ts'
import { TEXTS } from '../../src/protocol/fault-texts.ts'
import {
  codeOf,
  codesIn,
  type Fault,
  type FaultCode,
  httpStatus,
  legacyCodeOf,
  raisedBy,
  refuse,
  under,
} from '../../src/protocol/faults.ts'
import { encodeFault, readFault } from '../../src/protocol/transport.ts'
import { parseXml } from '../../src/protocol/xml.ts'
import { childElements, textOf } from '../../src/protocol/xml-lookup.ts'
import { needs, runTool } from '../tools.ts'
import { codeRows, FAULTS_DOCUMENT, reasonRows, rowsIn } from './faults-document.ts'
import { table } from './table.ts'

const CODES = Object.keys(FAULTS) as FaultCode[]

describe('docs/faults.md', () => {
  const document = readFileSync(FAULTS_DOCUMENT, 'utf8')
  const codeIn = (row: string) => /^\| `([^`]+)`/.exec(row)?.[1]
  const rows = rowsIn(document, 'codes')
  test('has a row for every code of the catalogue', () => {
    const documented = new Set(rows.map(codeIn))
    expect(CODES.filter((code) => !documented.has(code))).toEqual([])
  })
  test('has no row for a code that is not in the catalogue', () => {
    expect(rows.map(codeIn).filter((code) => !CODES.includes(code as FaultCode))).toEqual([])
  })
  test('says of each code what the catalogue and the texts say (node test/protocol/faults-document.ts writes it anew)', () => {
    expect(rows).toEqual(codeRows())
    expect(rowsIn(document, 'reasons')).toEqual(reasonRows())
  })
})

describe('the catalogue', () => {
  test('spells every code in lower snake case and once', () => {
    for (const code of CODES) expect(code).toMatch(/^(?:mlog\.)?[a-z]+(?:_[a-z]+)*$/)
    expect(new Set(Object.values(FAULTS).map(({ legacy }) => legacy)).size).toBe(CODES.length)
  })
  for (const code of CODES)
    test(`${code} is told in whole sentences of two languages`, () => {
      const { es, en } = TEXTS[code]
      for (const sentence of [es, en]) expect(sentence).toMatch(/^[A-ZÁÉÍÓÚ].{20,}\.$/s)
      expect(es).not.toBe(en)
    })
  for (const code of CODES)
    test(`${code} is known in both spellings`, () => {
      expect(codesIn(`server.serverproxy.service_failed.${code}`)).toEqual(
        ['service_failed', code].slice(code === 'service_failed' ? -2 : 0),
      )
      expect(codesIn(`Server.ServerProxy.${FAULTS[code].legacy}`)).toEqual([code])
    })
})

describe('a code', () => {
  const fault: Fault = { path: ['service_failed', 'invalid_soap'], detail: '', by: 'server.serverproxy' }
  test('is written with the door, from the outside in, in either spelling', () => {
    expect(codeOf(fault)).toBe('server.serverproxy.service_failed.invalid_soap')
    expect(legacyCodeOf(fault)).toBe('Server.ServerProxy.ServiceFailed.InvalidSoap')
  })
  test('is not put in front twice, and a door once named stays', () => {
    expect(codeOf(under('service_failed', under('service_failed', refuse('io_error'))).fault)).toBe('service_failed.io_error')
    expect(codeOf(raisedBy('client', raisedBy('server.clientproxy', refuse('io_error'))).fault)).toBe('server.clientproxy.io_error')
  })
  test('makes 500 when it begins with server in either spelling, else 400', () => {
    const relayed = (code: string): Fault => ({ path: ['access_denied'], detail: '', relayed: { code, message: '', detail: '' } })
    expect(httpStatus(relayed('server.serverproxy.access_denied'))).toBe(500)
    expect(httpStatus(relayed('Server.ServerProxy.AccessDenied'))).toBe(500)
    expect(httpStatus(relayed('Client.MissingBody'))).toBe(400)
    expect(httpStatus(relayed('soap:Server'))).toBe(400)
    expect(httpStatus({ path: ['invalid_soap'], detail: '', by: 'client' })).toBe(400)
  })
  test('of a peer that we do not know counts as service_failed', () => {
    expect(codesIn('soap:Server')).toEqual(['service_failed'])
    expect(codesIn('')).toEqual(['service_failed'])
    expect(codesIn('x.'.repeat(100_000))).toEqual(['service_failed'])
  })
})

describe('the sentence of a fault', () => {
  test('says where, what and what to do, by the innermost code that says something', () => {
    const fault: Fault = {
      path: ['signature_verification', 'cannot_create_cert_path', 'internal_error'],
      detail: 'x',
      by: 'server.serverproxy',
    }
    expect(sentenceOf(fault)).toEqual({
      es: `En el nodo proveedor: ${TEXTS.cannot_create_cert_path.es}`,
      en: `At the provider node: ${TEXTS.cannot_create_cert_path.en}`,
    })
    expect(messageOf(fault)).toBe(`${sentenceOf(fault).es} | ${sentenceOf(fault).en} (x)`)
  })
  test('is the more precise one where the refusal names it', () => {
    expect(sentenceOf(refuse('internal_error', '', 'malformed_path').fault)).toEqual(REASONS.malformed_path)
  })
  test('says that the outcome is unknown, in both languages', () => {
    const { es, en } = sentenceOf({ path: ['logging_failed'], detail: '', outcome: 'unknown' })
    expect(es).toContain('No se sabe si el servicio')
    expect(en).toContain('It is not known whether the service')
    expect(messageOf({ path: ['logging_failed'], detail: 'd', outcome: 'unknown' })).toMatch(/\(d; outcome: unknown\)$/)
  })
})

const HOSTILE = 'a<b>&"]]>\u0000\u0008\ud800 ñ 中\r\nX-Evil: 1'
const denied: Fault = { path: ['access_denied'], detail: HOSTILE, by: 'server.serverproxy' }

describe('a fault for a REST consumer', () => {
  for (const { expected, inputs, why, line } of table('accept'))
    test(`Accept ${JSON.stringify(inputs)} gives ${expected}: ${why} (line ${line})`, () => {
      expect(faultAnswer(denied, inputs, 'r-1').headers[0]).toEqual(['Content-Type', expected])
    })

  test('is JSON with type, message and detail in that order; the detail is the request id', () => {
    const { status, headers, body } = faultAnswer(denied, [], '4b1e')
    expect(status).toBe(500)
    expect(headers).toEqual([
      ['Content-Type', 'application/json'],
      ['X-Road-Error', 'server.serverproxy.access_denied'],
    ])
    const told = JSON.parse(Buffer.from(body).toString('utf8')) as Record<string, string>
    expect(Object.keys(told)).toEqual(['type', 'message', 'detail'])
    expect(told).toEqual({ type: 'server.serverproxy.access_denied', message: messageOf(denied), detail: '4b1e' })
  })
  test('is well-formed XML whatever the texts', () => {
    const { body } = faultAnswer(denied, ['application/xml'], '4b1e')
    const document = parseXml(body)
    if (!document.ok) throw new Error(document.fault.detail)
    expect(document.value.root.name).toBe('error')
    expect(childElements(document.value.root).map(({ name }) => name)).toEqual(['type', 'message', 'detail'])
    expect(childElements(document.value.root).map(textOf)[2]).toBe('4b1e')
  })
  test('says in a header of its own that the outcome is unknown, also when the texts are a peer’s', () => {
    const relayed = { code: 'Server.ServerProxy.IOError', message: 'no', detail: 'theirs' }
    const { headers, body } = faultAnswer({ path: ['io_error'], detail: '', outcome: 'unknown', relayed }, [], 'ours')
    expect(headers).toContainEqual(['Sacbe-Outcome', 'unknown'])
    expect(JSON.parse(Buffer.from(body).toString())).toEqual({ type: relayed.code, message: 'no', detail: 'theirs' })
    expect(faultAnswer(denied, [], 'r').headers.some(([name]) => name === 'Sacbe-Outcome')).toBe(false)
  })
  test('of a peer keeps the peer’s texts, but its code cannot break out of the header', () => {
    const relayed = { code: 'Server.X\r\nX-Evil: 1 ñ', message: 'no', detail: 'theirs' }
    const { headers, body } = faultAnswer({ path: ['service_failed'], detail: '', relayed }, [], 'ours')
    expect(headers[1]).toEqual(['X-Road-Error', 'Server.X??X-Evil:?1??'])
    expect(JSON.parse(Buffer.from(body).toString())).toEqual({ type: relayed.code, message: 'no', detail: 'theirs' })
  })
})

describe('a fault for a peer', () => {
  test('is written as stock servers write it', () => {
    const { contentType, body } = encodeFault({ path: ['access_denied'], detail: '', relayed: { code: 'c', message: 'm', detail: 'd' } })
    expect(contentType).toBe('text/xml;charset=utf-8')
    expect(Buffer.from(body).toString()).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Body><SOAP-ENV:Fault><faultcode>c</faultcode><faultstring>m</faultstring><faultactor></faultactor><detail><faultDetail xmlns="">d</faultDetail></detail></SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>',
    )
  })
  test('is read back with its texts', () => {
    expect(
      readFault(encodeFault({ path: ['service_failed', 'io_error'], detail: '', by: 'server.serverproxy' }, 'r-1').body),
    ).toMatchObject({
      path: ['service_failed', 'io_error'],
      relayed: { code: 'server.serverproxy.service_failed.io_error', detail: 'r-1' },
    })
  })
  test('is read whatever the prefixes, with children in the SOAP namespace, or a detail of plain text', () => {
    const xml =
      '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header/><s:Body><s:Fault><s:faultcode> s:Server </s:faultcode>' +
      '<s:faultstring>no</s:faultstring><s:detail>why</s:detail></s:Fault></s:Body></s:Envelope>'
    expect(readFault(Buffer.from(xml)).relayed).toEqual({ code: 's:Server', message: 'no', detail: 'why' })
  })
  test('a Fault without a code is no fault', () => {
    const xml = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault/></s:Body></s:Envelope>'
    expect(readFault(Buffer.from(xml)).path).toEqual(['service_failed', 'invalid_message'])
  })
  test.skipIf(!needs('xmllint'))('is well-formed for xmllint, whatever the texts', () => {
    expect(runTool('xmllint', ['--noout', '-'], encodeFault(denied, HOSTILE).body).status).toBe(0)
    expect(runTool('xmllint', ['--noout', '-'], faultAnswer(denied, ['text/xml'], HOSTILE).body).status).toBe(0)
  })
})
