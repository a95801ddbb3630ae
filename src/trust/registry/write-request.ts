import { ok } from '../../base/result.ts'
import { readFault } from '../../protocol/fault-xml.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { type ClientId, memberOf } from '../../protocol/identifiers.ts'
import { type Part, writeMultipart } from '../../protocol/multipart.ts'
import { SOAP, XROAD } from '../../protocol/soap-names.ts'
import { parseXml } from '../../protocol/xml.ts'
import { child, childElements, textOf } from '../../protocol/xml-lookup.ts'
import { escapeText } from '../../protocol/xml-write.ts'
import { optionalElement, textElement } from '../xml-element.ts'
import { IDENTIFIERS, writeIdentifier } from '../xml-identifiers.ts'
import { jcaName, type RequestSignature, type Wanted } from './management-request.ts'

/** A management request as an HTTP body. */
export type WrittenRequest = { readonly contentType: string; readonly body: Uint8Array }

/**
 * The SOAP message of a management request, whose exact octets are signed: by the server's owner, to the subsystem that offers management.
 * Source: X-Road PR-MSERV.
 */
export function managementMessage(wanted: Wanted, provider: ClientId, messageId: string): Uint8Array {
  const service = { ...provider, serviceCode: wanted.type }
  return Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<SOAP-ENV:Envelope xmlns:SOAP-ENV="${SOAP}" xmlns:xroad="${XROAD}" xmlns:id="${IDENTIFIERS}">` +
      `<SOAP-ENV:Header>${writeIdentifier('xroad:client', memberOf(wanted.server))}${writeIdentifier('xroad:service', service)}` +
      `<xroad:id>${escapeText(messageId)}</xroad:id><xroad:protocolVersion>4.0</xroad:protocolVersion></SOAP-ENV:Header>` +
      `<SOAP-ENV:Body><xroad:${wanted.type}>${contentOf(wanted)}</xroad:${wanted.type}></SOAP-ENV:Body></SOAP-ENV:Envelope>`,
  )
}

function contentOf(wanted: Wanted): string {
  const server = writeIdentifier('xroad:server', wanted.server)
  if (wanted.type === 'requestStatus') return server + textElement('xroad:requestId', wanted.requestId)
  const { client, address, certificate, name, message } = wanted
  return [
    server,
    client ? writeIdentifier('xroad:client', client) : '',
    optionalElement('xroad:address', address),
    optionalElement('xroad:authCert', certificate),
    optionalElement('xroad:subsystemName', name),
    optionalElement('xroad:message', message),
  ].join('')
}

/** The message and what proves it, in parts that are told by their order alone. Source: X-Road PR-MSERV. */
export function writeManagementRequest(
  message: Uint8Array,
  owner: RequestSignature & { readonly ocsp: Uint8Array },
  possession: RequestSignature | undefined,
  boundary: string,
): WrittenRequest {
  const octets = (body: Uint8Array, algorithm?: RequestSignature['algorithm']): Part => ({
    headers: [
      ['content-type', 'application/octet-stream'],
      ...(algorithm ? [['signature-algorithm-id', jcaName(algorithm)] as const] : []),
    ],
    body,
  })
  const parts: readonly Part[] = [
    { headers: [['content-type', 'text/xml; charset=UTF-8']], body: message },
    ...(possession ? [octets(possession.value, possession.algorithm)] : []),
    octets(owner.value, owner.algorithm),
    ...(possession ? [octets(possession.certificate)] : []),
    octets(owner.certificate),
    octets(owner.ocsp),
  ]
  return { contentType: `multipart/related; charset=UTF-8; boundary=${boundary}`, body: writeMultipart(boundary, parts) }
}

/** What the centre answered: the number of the request, and how it stands where that was the question. A fault keeps the centre's own code. */
export type ManagementReply = {
  readonly requestId: number
  readonly status?: 'WAITING' | 'APPROVED' | 'DECLINED' | 'REVOKED'
  readonly reason?: string
}

export function readManagementReply(body: Uint8Array): Outcome<ManagementReply> {
  const document = parseXml(body)
  if (!document.ok) return refuse('invalid_soap', 'the centre did not answer in XML')
  const inBody = child(document.value.root, SOAP, 'Body')
  const answer = inBody && childElements(inBody)[0]
  if (!answer) return refuse('invalid_soap', 'the centre answered with nothing')
  if (answer.local === 'Fault') return { ok: false, fault: readFault(body) }
  const field = (name: string) => {
    const found = child(answer, XROAD, name)
    return found && textOf(found)
  }
  const requestId = Number(field('requestId') ?? Number.NaN)
  if (!Number.isSafeInteger(requestId)) return refuse('invalid_soap', 'the centre gave no number for the request')
  const status = field('status') as ManagementReply['status']
  const reason = field('reason')
  return ok({ requestId, ...(status ? { status } : {}), ...(reason === undefined ? {} : { reason }) })
}
