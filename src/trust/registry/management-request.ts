import { ok } from '../../base/result.ts'
import { boundaryOf, readContentType } from '../../protocol/content-type.ts'
import { base64 } from '../../protocol/digests.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import type { ClientId, ServerId, ServiceId } from '../../protocol/identifiers.ts'
import { type Part, readMultipart } from '../../protocol/multipart.ts'
import type { SignatureName } from '../../protocol/sign.ts'
import { readSoap, type SoapMessage } from '../../protocol/soap-message.ts'
import { SOAP, XROAD } from '../../protocol/soap-names.ts'
import { parseXml, type XmlElement } from '../../protocol/xml.ts'
import { child, childElements, textOf } from '../../protocol/xml-lookup.ts'
import { readClientElement, readServerElement } from '../xml-identifiers.ts'
import { readBase64 } from '../xml-values.ts'
import { type Asked, REQUEST_TYPES, type RequestType } from './records.ts'

/** One signature over the first part, as it came. */
export type RequestSignature = { readonly algorithm: SignatureName; readonly value: Uint8Array; readonly certificate: Uint8Array }
/** A question of ours that stock servers do not ask: how a request stands, and why it was declined. */
export type Wanted = Asked | { readonly type: 'requestStatus'; readonly server: ServerId; readonly requestId: number }

/** A management request as it was read: what it says, and the signatures over its exact octets. Nothing is verified yet. */
export type ManagementRequest = {
  readonly soap: SoapMessage
  readonly client: ClientId
  readonly service: ServiceId
  readonly wanted: Wanted
  /** Checked and not done. Source: X-Road management services schema. */
  readonly dryRun: boolean
  /** By a member's signing key, with the OCSP answer about its certificate. */
  readonly signature: RequestSignature & { readonly ocsp: Uint8Array }
  /** Of a certificate's registration: by the key of that certificate. */
  readonly possession?: RequestSignature
}

const MOST_BYTES = 100_000
/** JCA names, as stock servers write them. What is weak is not among them. */
const ALGORITHMS: ReadonlyMap<string, SignatureName> = new Map<string, SignatureName>([
  ...(['256', '384', '512'] as const).flatMap((bits): [string, SignatureName][] => [
    [`SHA${bits}withRSA`, `rsa-sha${bits}`],
    [`SHA${bits}withECDSA`, `ecdsa-sha${bits}`],
    [`SHA${bits}withRSAandMGF1`, `pss-sha${bits}`],
  ]),
])
export const jcaName = (algorithm: SignatureName): string => {
  const found = [...ALGORITHMS].find(([, name]) => name === algorithm)
  if (!found) throw new Error(`no JCA name for ${algorithm}`)
  return found[0]
}

/**
 * Reads a management request: a multipart whose parts are told by their order alone. A registration of a certificate has six (SOAP, signature with
 * its key, signature of its owner, both certificates, OCSP answer), every other four (SOAP, signature, certificate, OCSP answer).
 * Refused with 'invalid_request' for anything that is not so, and for one without signatures: stock servers take deletions unsigned, here none is;
 * 'invalid_client_identifier' for an identifier. Source: X-Road PR-MSERV.
 */
export function readManagementRequest(contentType: string, body: Uint8Array): Outcome<ManagementRequest> {
  if (body.length > MOST_BYTES) return bad(`more than ${MOST_BYTES} bytes`)
  const type = readContentType(contentType)
  if (type?.type === 'text/xml') return bad('the request is not signed; every request must be, deletions too')
  const boundary = type?.type === 'multipart/related' ? boundaryOf(type) : undefined
  if (boundary === undefined) return bad('the content type is not multipart/related with a boundary')
  if (!isBare(body, boundary)) return bad('something stands before the first delimiter or after the last')
  const parts = readMultipart(boundary, body, { message: MOST_BYTES, parts: 6, headers: 4 })
  if (!parts.ok) return bad(parts.fault.detail)
  if (parts.value.some(({ headers }) => headers.some(([name]) => !PART_HEADERS.has(name.toLowerCase()))))
    return bad('a part has a header that none has')
  const [first, ...others] = parts.value
  if (!first || typeOf(first) !== 'text/xml') return bad('the first part is not text/xml')
  const soap = readSoap(first.body)
  if (!soap.ok)
    return soap.fault.path[0] === 'invalid_xml' ? refuse('invalid_client_identifier', soap.fault.detail) : bad(soap.fault.detail)
  if (soap.value.kind === 'fault') return bad('the request is a fault')
  return signedRequest(soap.value, others)
}

const PART_HEADERS = new Set(['content-type', 'content-transfer-encoding', 'signature-algorithm-id'])

/** What no delimiter encloses would be neither read nor signed. */
function isBare(body: Uint8Array, boundary: string): boolean {
  const [start, end] = [body.subarray(0, boundary.length + 4), body.subarray(-(boundary.length + 6))].map((part) =>
    Buffer.from(part).toString('latin1'),
  )
  return (
    (start as string).replace(/^\r\n/, '').startsWith(`--${boundary}`) && (end as string).replace(/\r\n$/, '').endsWith(`--${boundary}--`)
  )
}

const bad = (detail: string) => refuse('invalid_request', detail)
const headerOf = ({ headers }: Part, wanted: string): string | undefined => headers.find(([name]) => name.toLowerCase() === wanted)?.[1]
const typeOf = (part: Part): string | undefined => readContentType(headerOf(part, 'content-type') ?? '')?.type

function signedRequest(soap: SoapMessage, parts: readonly Part[]): Outcome<ManagementRequest> {
  const read = readCall(soap)
  if (!read.ok) return read
  const isRegistration = read.value.wanted.type === 'authCertReg'
  if (parts.length !== (isRegistration ? 5 : 3)) return bad(`${parts.length + 1} parts, not ${isRegistration ? 6 : 4}`)
  const stranger = parts.find((part) => typeOf(part) !== 'application/octet-stream' || part.body.length === 0)
  if (stranger) return bad('a part that is not application/octet-stream, or empty')
  const [possession, signature, possessionCertificate, certificate, ocsp] = (
    isRegistration ? parts : [undefined, parts[0], undefined, parts[1], parts[2]]
  ) as [Part | undefined, Part, Part | undefined, Part, Part]
  const own = possession && possessionCertificate && signatureIn(possession, possessionCertificate)
  if (own && !own.ok) return own
  const signed = signatureIn(signature, certificate)
  if (!signed.ok) return signed
  return ok({
    soap,
    client: soap.client,
    service: soap.service,
    ...read.value,
    signature: { ...signed.value, ocsp: ocsp.body },
    ...(own ? { possession: own.value } : {}),
  })
}

function signatureIn(part: Part, certificate: Part): Outcome<RequestSignature> {
  const named = headerOf(part, 'signature-algorithm-id') ?? ''
  const algorithm = ALGORITHMS.get(named)
  return algorithm ? ok({ algorithm, value: part.body, certificate: certificate.body }) : bad(`signature algorithm "${named.slice(0, 40)}"`)
}

/** The children of each request, in the order of the schema; '?' may be missing. */
const FORMS: Readonly<Record<RequestType | 'requestStatus', readonly string[]>> = {
  authCertReg: ['server', 'address?', 'authCert', 'dryRun?', 'requestId?'],
  authCertDeletion: ['server', 'authCert', 'requestId?'],
  clientReg: ['server', 'client', 'subsystemName?', 'requestId?'],
  clientDeletion: ['server', 'client', 'requestId?'],
  clientDisable: ['server', 'client', 'requestId?'],
  clientEnable: ['server', 'client', 'requestId?'],
  clientRename: ['server', 'client', 'subsystemName', 'requestId?'],
  ownerChange: ['server', 'client', 'requestId?'],
  addressChange: ['server', 'address', 'requestId?'],
  maintenanceModeEnable: ['server', 'message?', 'requestId?'],
  maintenanceModeDisable: ['server', 'requestId?'],
  requestStatus: ['server', 'requestId'],
}
const KINDS = [...REQUEST_TYPES, 'requestStatus'] as const

function readCall(soap: SoapMessage): Outcome<{ readonly wanted: Wanted; readonly dryRun: boolean }> {
  const type = KINDS.find((each) => each === soap.call)
  if (!type || soap.service.serviceCode !== type) return bad(`there is no management service ${soap.call.slice(0, 40)}`)
  const document = parseXml(soap.bytes)
  const body = document.ok ? child(document.value.root, SOAP, 'Body') : undefined
  const call = body && childElements(body)[0]
  if (!call || call.uri !== XROAD) return bad('the body is not in the namespace of X-Road')
  const fields = fieldsOf(call, FORMS[type])
  if (typeof fields === 'string') return bad(fields)
  return wantedFrom(type, fields)
}

/** The children by name, or what is wrong with them. */
function fieldsOf(call: XmlElement, expected: readonly string[]): ReadonlyMap<string, XmlElement> | string {
  const fields = new Map<string, XmlElement>()
  let at = 0
  for (const each of childElements(call)) {
    const found = each.uri === XROAD ? expected.findIndex((name, index) => index >= at && name.replace('?', '') === each.local) : -1
    if (found < 0) return `<${each.name.slice(0, 40)}> is not expected there`
    at = found + 1
    fields.set(each.local, each)
  }
  const missing = expected.find((name) => !name.endsWith('?') && !fields.has(name))
  return missing === undefined ? fields : `<${missing}> is missing`
}

function wantedFrom(
  type: (typeof KINDS)[number],
  fields: ReadonlyMap<string, XmlElement>,
): Outcome<{ readonly wanted: Wanted; readonly dryRun: boolean }> {
  const server = readServerElement(fields.get('server') as XmlElement)
  if (!server.ok) return refuse('invalid_client_identifier', server.fault.detail)
  const clientElement = fields.get('client')
  const client = clientElement ? readClientElement(clientElement) : undefined
  if (client && !client.ok) return refuse('invalid_client_identifier', client.fault.detail)
  const text = (name: string): string | undefined => {
    const element = fields.get(name)
    return element && textOf(element)
  }
  const dryRun = text('dryRun')?.trim() ?? 'false'
  if (!/^(true|false|0|1)$/.test(dryRun)) return bad('dryRun is neither true nor false')
  const requestId = text('requestId')?.trim()
  if (type === 'requestStatus') {
    if (!/^[1-9]\d{0,8}$/.test(requestId ?? '')) return bad('requestId is no number')
    return ok({ wanted: { type, server: server.value, requestId: Number(requestId) }, dryRun: false })
  }
  const encoded = text('authCert')
  const certificate = encoded === undefined ? undefined : readBase64(encoded)
  if (encoded !== undefined && (!certificate || certificate.length === 0)) return bad('authCert is not base64')
  const [address, name, message] = [text('address'), text('subsystemName'), text('message')]
  const wanted: Asked = {
    type,
    server: server.value,
    ...(client ? { client: client.value } : {}),
    ...(certificate ? { certificate: base64(certificate) } : {}),
    ...(address === undefined ? {} : { address: address.trim() }),
    ...(name === undefined ? {} : { name }),
    ...(message === undefined ? {} : { message }),
  }
  return ok({ wanted, dryRun: dryRun === 'true' || dryRun === '1' })
}
