import { later, type Now } from '../../base/clock.ts'
import type { Sign } from '../../protocol/sign.ts'
import { type Authority, issueOcspResponse, ocspRefusal } from '../../trust/issue.ts'
import { readOcspRequest } from '../../trust/ocsp-request.ts'
import { type CertId, certIdFor } from '../../trust/ocsp-response.ts'
import type { CertificateRegister } from './certificate-register.ts'

export type ResponderPorts = {
  readonly ca: Pick<Authority, 'certificate'>
  readonly responder: Authority
  readonly sign: Sign
  readonly register: Pick<CertificateRegister, 'status'>
  readonly now: Now
  /** Milliseconds after which an answer no longer counts. */
  readonly freshness: number
}

/** Answers an OCSPRequest (RFC 6960) about certificates of the issuing authority; what it never issued is 'unknown'. DER in, DER out. */
export async function answerOcsp(
  request: Uint8Array,
  { ca, responder, sign, register, now, freshness }: ResponderPorts,
): Promise<Uint8Array> {
  const asked = readOcspRequest(request)
  if (!asked.ok) return ocspRefusal('malformedRequest')
  const at = now()
  /** Asked in the only form that stock servers use and match. */
  const isOurs = (id: CertId): boolean => Buffer.compare(id.der, certIdFor({ serial: id.serial }, ca.certificate)) === 0
  const answer = async (id: CertId) => ({
    certId: id.der,
    status: isOurs(id) ? await register.status(id.serial) : ({ kind: 'unknown' } as const),
    thisUpdate: at,
    nextUpdate: later(at, freshness),
  })
  const [first, ...more] = await Promise.all(asked.value.map(answer))
  if (!first) return ocspRefusal('malformedRequest')
  return issueOcspResponse({ producedAt: at, answers: [first, ...more] }, responder, sign)
}

/** The same where there are several authorities: by the responder of the one whose certificates are asked about; of none of them, by the first. */
export async function answerAnyOcsp(
  request: Uint8Array,
  pairs: readonly Pick<ResponderPorts, 'ca' | 'responder'>[],
  ports: Omit<ResponderPorts, 'ca' | 'responder'>,
): Promise<Uint8Array> {
  const asked = readOcspRequest(request)
  const first = asked.ok ? asked.value[0] : undefined
  const isOf = ({ ca }: Pick<ResponderPorts, 'ca'>) =>
    first !== undefined && Buffer.compare(first.der, certIdFor({ serial: first.serial }, ca.certificate)) === 0
  const pair = pairs.find(isOf) ?? pairs[0]
  return pair ? answerOcsp(request, { ...ports, ...pair }) : ocspRefusal('unauthorized')
}
