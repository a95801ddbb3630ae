import type { Outcome } from '../../src/protocol/faults.ts'
import { readSoap, type SoapMessage } from '../../src/protocol/soap-message.ts'

/** An invented exchange, in parts a test can replace. */
export const CLIENT = `<x:client i:objectType="SUBSYSTEM"><i:xRoadInstance>QRO</i:xRoadInstance><i:memberClass>GOB</i:memberClass><i:memberCode>DIF</i:memberCode><i:subsystemCode>APOYOS</i:subsystemCode></x:client>`
export const SERVICE = `<x:service i:objectType="SERVICE"><i:xRoadInstance>QRO</i:xRoadInstance><i:memberClass>GOB</i:memberClass><i:memberCode>SEDESOQ</i:memberCode><i:subsystemCode>PADRON</i:subsystemCode><i:serviceCode>consulta</i:serviceCode><i:serviceVersion>v1</i:serviceVersion></x:service>`
export const SERVER = `<x:securityServer i:objectType="SERVER"><i:xRoadInstance>QRO</i:xRoadInstance><i:memberClass>GOB</i:memberClass><i:memberCode>SEDESOQ</i:memberCode><i:serverCode>ss1</i:serverCode></x:securityServer>`
export const ID = '<x:id>4894e35d</x:id>'
export const VERSION = '<x:protocolVersion>4.0</x:protocolVersion>'
export const HEADER: string = CLIENT + SERVICE + ID + VERSION
export const BODY = '<soap:Body><consulta/></soap:Body>'

export const envelope = (headers: string = HEADER, body: string = BODY): string =>
  '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:x="http://x-road.eu/xsd/xroad.xsd" ' +
  'xmlns:i="http://x-road.eu/xsd/identifiers" xmlns:r="http://x-road.eu/xsd/representation.xsd" ' +
  `xmlns:t="http://x-road.eu/xsd/security-token.xsd"><soap:Header>${headers}</soap:Header>${body}</soap:Envelope>`
export const fault = (inside: string): string => envelope('', `<soap:Body><soap:Fault>${inside}</soap:Fault></soap:Body>`)
export const FAULT: string = fault('<faultcode>soap:Server</faultcode><faultstring>no hay</faultstring><detail>por qué</detail>')

export function must<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.fault.path.join('.')}: ${outcome.fault.detail}`)
  return outcome.value
}
/** The message in these bytes, or in this text as UTF-8. */
export function messageOf(text: string | Uint8Array): SoapMessage {
  const read = must(readSoap(typeof text === 'string' ? Buffer.from(text, 'utf8') : text))
  if (read.kind === 'fault') throw new Error('a fault')
  return read
}
