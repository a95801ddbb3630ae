import { bytesBody } from '../../src/protocol/body.ts'
import type { ServiceId } from '../../src/protocol/identifiers.ts'
import type { Header, RestCall } from '../../src/protocol/rest-message.ts'
import { BODY, envelope, HEADER } from '../protocol/soap-examples.ts'
import { answering, SEDESOQ, type Service, serviceOf, type TwoNodes, twoNodes } from './two-nodes.ts'

export const CONSULTA_V1: ServiceId = { ...SEDESOQ, serviceCode: 'consulta', serviceVersion: 'v1' }
export const QUESTION: string = envelope()
export const ANSWER: string = envelope(HEADER, BODY.replace('<consulta/>', '<consultaResponse>sí</consultaResponse>'))
export const TEXT_XML: Header = ['Content-Type', 'text/xml; charset=utf-8']

/** Two nodes whose register speaks SOAP. */
export async function soapNodes(): Promise<TwoNodes> {
  const world = await twoNodes()
  const { configuration } = world.provider
  configuration.current = {
    ...configuration.current,
    services: [serviceOf({ id: CONSULTA_V1, type: 'WSDL', url: 'http://padron.test/soap' })],
  }
  world.register.answer = answeringXml(ANSWER)
  return world
}

export const answeringXml = (text: string | Uint8Array, status = 200, type: Header = TEXT_XML): Service =>
  typeof text === 'string'
    ? answering(text, status, [type])
    : () => ({ ok: true, value: { status, reason: '', headers: [type], body: text } })

export const soapCall = (body: string | Uint8Array = QUESTION, headers: readonly Header[] = [TEXT_XML]): Partial<RestCall> => ({
  method: 'POST',
  target: '/cualquier/ruta',
  headers: [...headers, ['X-Otro', 'no viaja']],
  body: bytesBody(typeof body === 'string' ? Buffer.from(body, 'utf8') : body),
})

/** A multipart/related of an envelope and attachments, as an information system writes it. */
export function related(parts: readonly (readonly [type: string, body: string | Uint8Array, ...more: string[]])[], boundary = 'frontera') {
  const written = parts.map(([type, body, ...more]) =>
    Buffer.concat([
      Buffer.from([`--${boundary}`, `Content-Type: ${type}`, ...more, '', ''].join('\r\n')),
      Buffer.from(body),
      Buffer.from('\r\n'),
    ]),
  )
  const type: Header = ['Content-Type', `multipart/related; type="text/xml"; boundary="${boundary}"`]
  return { type, body: Buffer.concat([...written, Buffer.from(`--${boundary}--\r\n`)]) }
}
