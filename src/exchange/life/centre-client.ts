import { ok } from '../../base/result.ts'
import { FAULTS } from '../../protocol/fault-catalogue.ts'
import { type Fault, type FaultCode, type Outcome, refuse } from '../../protocol/faults.ts'
import { type ClientId, memberOf, parseClientId, type ServerId } from '../../protocol/identifiers.ts'
import type { Sign, SignatureName } from '../../protocol/sign.ts'
import { readCertificate } from '../../trust/certificates.ts'
import type { CentreFacts, Issued } from '../../trust/registry/certificate-order.ts'
import type { RequestSignature, Wanted } from '../../trust/registry/management-request.ts'
import { type Speaker, signStatement } from '../../trust/registry/statement.ts'
import { type ManagementReply, managementMessage, readManagementReply, writeManagementRequest } from '../../trust/registry/write-request.ts'
import { signData } from '../../trust/sign-der.ts'
import { type OcspPorts, ocspAtHand } from '../ocsp-at-hand.ts'
import type { FetchUrl, NewId, TrustInForce } from '../ports.ts'

/** A node's way to its centre, beside messages: our own door there, plain HTTP; everything that counts is signed. */
export type CentrePorts = OcspPorts & {
  readonly fetchUrl: FetchUrl
  readonly sign: Sign
  readonly newId: NewId
  /** 'http://centro.example:4510'. */
  readonly centreUrl: string
}

const PATIENCE = 15_000

/** What the centre says of itself to anybody; the anchor proves itself by its fingerprint. */
export const centreFacts = (member: string, ports: Pick<CentrePorts, 'fetchUrl' | 'centreUrl'>): Promise<Outcome<CentreFacts>> =>
  talk<CentreFacts>(`/node/facts?member=${encodeURIComponent(member)}`, null, ports)

export const sendJson = <T>(path: string, body: unknown, ports: Pick<CentrePorts, 'fetchUrl' | 'centreUrl'>): Promise<Outcome<T>> =>
  talk<T>(path, { type: 'application/json', body: Buffer.from(JSON.stringify(body)) }, ports)

async function talk<T>(
  path: string,
  post: { readonly type: string; readonly body: Uint8Array } | null,
  { fetchUrl, centreUrl }: Pick<CentrePorts, 'fetchUrl' | 'centreUrl'>,
): Promise<Outcome<T>> {
  const answer = await fetchUrl(`${centreUrl}${path}`, post, PATIENCE)
  if (!answer.ok) return answer
  const told = jsonIn(answer.value.body)
  if (answer.value.status === 200 && told !== undefined) return ok(told as T)
  const { code, detail } = (told ?? {}) as { code?: string; detail?: string }
  if (code !== undefined && Object.hasOwn(FAULTS, code)) return refuse(code as FaultCode, String(detail ?? '').slice(0, 300))
  return refuse('http_error', `the centre answered ${answer.value.status}`)
}

function jsonIn(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8')) as unknown
  } catch {
    return undefined // not ours to read: its status says the rest
  }
}

/** Orders certificates by the word of the server's owner. */
export async function orderCertificates(
  server: ServerId,
  certificates: readonly { readonly use: 'signing' | 'authentication'; readonly request: string }[],
  by: Speaker,
  ports: CentrePorts,
): Promise<Outcome<Issued>> {
  return sendJson<Issued>('/node/certificates', await signStatement('order', server, { certificates }, ports.now(), by, ports.sign), ports)
}

/** Who owns the key of a certificate that is to be registered. */
export type Possession = { readonly key: string; readonly algorithm: SignatureName; readonly certificate: Uint8Array }

/**
 * A management request in the name of the server's owner, or of the client it is about, signed and sent to the centre's door for nodes.
 * Refused as the centre refuses, and when no good OCSP answer for the signing certificate can be had.
 */
export async function askCentre(
  wanted: Wanted,
  by: Speaker,
  possession: Possession | undefined,
  today: TrustInForce,
  ports: CentrePorts,
): Promise<Outcome<ManagementReply>> {
  const facts = await centreFacts(memberText(wanted.server), ports)
  if (!facts.ok) return facts
  const provider = parseClientId(facts.value.provider)
  if (!provider.ok) return provider
  const message = managementMessage(wanted, provider.value as ClientId, ports.newId())
  return sendRequest(message, by, possession && (await signedBy(message, possession, ports.sign)), today, ports)
}

/** Whoever holds that key says that message. */
export const signedBy = async (message: Uint8Array, one: Possession, sign: Sign): Promise<RequestSignature> => ({
  algorithm: one.algorithm,
  value: await signData(message, one, sign),
  certificate: one.certificate,
})

/** A management request's message, signed by the server's owner and sent to the centre. Refused as `askCentre` is. */
export async function sendRequest(
  message: Uint8Array,
  by: Speaker,
  possession: RequestSignature | undefined,
  today: TrustInForce,
  ports: CentrePorts,
): Promise<Outcome<ManagementReply>> {
  const certificate = readCertificate(by.certificate)
  if (!certificate.ok) return certificate
  const ocsp = await ocspAtHand(certificate.value, today, ports)
  if (!ocsp.ok) return ocsp
  const owner = { ...(await signedBy(message, by, ports.sign)), ocsp: ocsp.value }
  const { contentType, body } = writeManagementRequest(message, owner, possession, `sacbe-${ports.newId()}`)
  const answer = await ports.fetchUrl(`${ports.centreUrl}/node/management`, { type: contentType, body }, PATIENCE)
  if (!answer.ok) return answer
  if (answer.value.status !== 200) return refuse('http_error', `the centre answered ${answer.value.status}`)
  const reply = readManagementReply(answer.value.body)
  return reply.ok ? reply : plainly(reply.fault)
}

/** The centre's own code, in our hands again. */
const plainly = (fault: Fault): Outcome<never> => refuse(fault.path[0], fault.relayed?.detail || fault.relayed?.message || fault.detail)
const memberText = (server: ServerId): string => {
  const { instance, memberClass, memberCode } = memberOf(server)
  return [instance, memberClass, memberCode].map(encodeURIComponent).join('/')
}
