import { BANK, OWNER, REGISTER } from './plan.ts'

/** Messages of our own, of the shapes the scenarios need. Everything that may vary is named; the rest is the ordinary message. */
export type Shape = {
  readonly client?: string
  readonly service?: string
  readonly id?: string
  readonly version?: string | null
  readonly userId?: string | null
  readonly more?: string
  readonly body?: string
  /** Leaves out the whole header, or the whole body. */
  readonly without?: 'header' | 'body'
}

const NAMES = ['xRoadInstance', 'memberClass', 'memberCode', 'subsystemCode'] as const
const partsOf = (id: string): string =>
  id
    .split('/')
    .map((part, at) => `<id:${NAMES[at]}>${part}</id:${NAMES[at]}>`)
    .join('')
export const clientElement = (id: string): string =>
  `<xroad:client id:objectType="${id.split('/').length === 4 ? 'SUBSYSTEM' : 'MEMBER'}">${partsOf(id)}</xroad:client>`
const serviceElement = (id: string): string => {
  const parts = id.split('/')
  return `<xroad:service id:objectType="SERVICE">${partsOf(parts.slice(0, -1).join('/'))}<id:serviceCode>${parts.at(-1)}</id:serviceCode></xroad:service>`
}
export const codeOf = (service: string): string => service.split('/').at(-1) ?? ''

export function soap({
  client = BANK,
  service = `${REGISTER}/getstate`,
  id = 'uno',
  version = '4.0',
  userId = 'EE37702211234',
  more = '',
  body,
  without,
}: Shape = {}): string {
  const fields = [
    clientElement(client),
    serviceElement(service),
    ...(userId === null ? [] : [`<xroad:userId>${userId}</xroad:userId>`]),
    `<xroad:id>${id}</xroad:id>`,
    ...(version === null ? [] : [`<xroad:protocolVersion>${version}</xroad:protocolVersion>`]),
    more,
  ]
  const inside = body ?? `<p:${codeOf(service)} xmlns:p="http://productor.ejemplo/">aä</p:${codeOf(service)}>`
  return envelope(without === 'header' ? null : fields.join(''), without === 'body' ? null : inside)
}
export const envelope = (header: string | null, body: string | null): string =>
  '<?xml version="1.0" encoding="utf-8"?>\n<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" ' +
  'xmlns:xroad="http://x-road.eu/xsd/xroad.xsd" xmlns:id="http://x-road.eu/xsd/identifiers">' +
  `${header === null ? '' : `<SOAP-ENV:Header>${header}</SOAP-ENV:Header>`}${body === null ? '' : `<SOAP-ENV:Body>${body}</SOAP-ENV:Body>`}</SOAP-ENV:Envelope>`

/** The header of a question with another body: how a service answers. */
export const answerTo = (question: string, inside?: string): string =>
  question.replace(
    /(<(?:[\w-]+:)?Body[^>]*>).*(<\/(?:[\w-]+:)?Body>)/s,
    (_, open, close) => `${open}${inside ?? '<r:getstateResponse xmlns:r="http://productor.ejemplo/">bien</r:getstateResponse>'}${close}`,
  )

export const BOM = '\ufeff'
export const FAULT = envelope(
  null,
  '<SOAP-ENV:Fault><faultcode>CODE</faultcode><faultstring>TEXTO</faultstring><faultactor>ACTOR</faultactor></SOAP-ENV:Fault>',
)
export const ODD_FAULT =
  '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault><faultcode>soap:Server</faultcode>' +
  '<faultstring>así falla</faultstring></soap:Fault></soap:Body></soap:Envelope>'

/** A part as an information system writes it: whole header lines, and octets. */
export type Piece = { readonly lines: readonly string[]; readonly body: string | Uint8Array }
export const XML = 'Content-Type: text/xml; charset="utf-8"'
export const TEXT = 'Content-Type: text/plain'

export function multipart(pieces: readonly Piece[], boundary = 'frontera', kind = 'related'): { type: string; body: Buffer } {
  const written = pieces.map(({ lines, body }) =>
    Buffer.concat([Buffer.from(`--${boundary}\r\n${[...lines, '', ''].join('\r\n')}`), Buffer.from(body as string), Buffer.from('\r\n')]),
  )
  return {
    type: `multipart/${kind}; type="text/xml"; boundary="${boundary}"`,
    body: Buffer.concat([...written, Buffer.from(`--${boundary}--\r\n`)]),
  }
}
export const memberService = `${OWNER}/getstate`
