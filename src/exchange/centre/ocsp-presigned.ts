import { type Instant, later } from '../../base/clock.ts'
import { base64 } from '../../protocol/digests.ts'
import { readCertificate } from '../../trust/certificates.ts'
import { issueOcspResponse } from '../../trust/issue.ts'
import { readOcspRequest } from '../../trust/ocsp-request.ts'
import { certIdFor } from '../../trust/ocsp-response.ts'
import type { Store } from '../ports.ts'
import type { IssuedRow } from './certificate-register.ts'
import { answerAnyOcsp, answerOcsp, type ResponderPorts } from './ocsp-responder.ts'

export type Pair = Pick<ResponderPorts, 'ca' | 'responder'>
export type PresignedPorts = Omit<ResponderPorts, 'ca' | 'responder'> & { readonly store: Store }

/** An answer that was signed before anybody asked for it. `by`: the serial number (hex) of the responder's certificate. */
type AtHand = {
  readonly id: string
  readonly status: 'good' | 'revoked'
  readonly by: string
  readonly at: Instant
  readonly der: string
}
const ANSWERS = 'answers/'
const CERTIFICATES = 'certificates/'
const keyOf = (serial: bigint): string => `${ANSWERS}${serial.toString(16).padStart(40, '0')}`

/** Parts of the time an answer counts: after the first the schedule signs it anew, after the second a question does. */
const RENEWED = 1 / 4
const REUSED = 1 / 2

/**
 * Answers an OCSPRequest with what was signed before, as stock servers ask: about one certificate of ours. The register is read every time, so that a
 * revocation shows at once; an answer that says otherwise, is old, or is not there is signed now. Any other question is answered as it comes.
 */
export async function answerPresigned(request: Uint8Array, pairs: readonly Pair[], ports: PresignedPorts): Promise<Uint8Array> {
  const asked = readOcspRequest(request)
  const [id, ...more] = asked.ok ? asked.value : []
  const pair = id && pairs.find(({ ca }) => Buffer.compare(id.der, certIdFor(id, ca.certificate)) === 0)
  if (!id || !pair || more.length > 0) return answerAnyOcsp(request, pairs, ports)
  const status = await ports.register.status(id.serial)
  if (status.kind === 'unknown') return answerOcsp(request, { ...ports, ...pair })
  const stored = await ports.store.get<AtHand>(keyOf(id.serial))
  const held = stored && fits(stored.value, { id: id.der, status: status.kind, pair }) ? stored.value : undefined
  if (held && isYoung(held, REUSED, ports)) return Buffer.from(held.der, 'base64')
  return signNow(id, status, pair, stored?.version ?? 0, ports).catch((problem: unknown) => {
    if (held && isYoung(held, 1, ports)) return Buffer.from(held.der, 'base64') // the key is out of reach: it still says what is so
    throw problem
  })
}

type Meant = { readonly id: Uint8Array; readonly status: string; readonly pair: Pair }
const fits = (held: AtHand, { id, status, pair }: Meant): boolean =>
  held.id === base64(id) && held.status === status && held.by === serialOf(pair)
const isYoung = ({ at }: AtHand, part: number, { now, freshness }: PresignedPorts): boolean => now() >= at && now() - at < freshness * part
const serialOf = ({ responder }: Pair): string => responder.certificate.serial.toString(16)

type Status = Exclude<Awaited<ReturnType<ResponderPorts['register']['status']>>, { readonly kind: 'unknown' }>

/** Another who signed the same a moment ago has said the same. */
async function signNow(
  id: { readonly der: Uint8Array; readonly serial: bigint },
  status: Status,
  pair: Pair,
  version: number,
  { store, sign, now, freshness }: PresignedPorts,
): Promise<Uint8Array> {
  const at = now()
  const answer = { certId: id.der, status, thisUpdate: at, nextUpdate: later(at, freshness) }
  const der = await issueOcspResponse({ producedAt: at, answers: [answer] }, pair.responder, sign)
  const held: AtHand = { id: base64(id.der), status: status.kind, by: serialOf(pair), at, der: base64(der) }
  await store.put(keyOf(id.serial), held, version)
  return der
}

export type Presigned = { readonly signed: number; readonly left: number }
const AT_ONCE = 8

/**
 * Signs an answer for every certificate that is still valid and has none that is young, the oldest first: while the key service is out, nodes are answered.
 * @param until when it must have ended; a later run goes on with what is left
 */
export async function presign(pairs: readonly Pair[], until: Instant, ports: PresignedPorts): Promise<Presigned> {
  const { store, register, now } = ports
  const [rows, answers] = await Promise.all([store.query<StoredRow>(CERTIFICATES), store.query<AtHand>(ANSWERS)])
  const held = new Map(answers.map((each) => [each.key, each]))
  /** Most are, and it shows without taking the certificate apart. */
  const isCurrent = (row: StoredRow, answer: AtHand | undefined): boolean =>
    answer?.status === statusOf(row) && pairs.some((pair) => serialOf(pair) === answer.by) && isYoung(answer, RENEWED, ports)
  const due = rows
    .filter(({ key, value }) => !isCurrent(value, held.get(key.replace(CERTIFICATES, ANSWERS))?.value))
    .flatMap(({ value }) => dueOf(value, pairs, now()))
    .map((each) => ({ ...each, held: held.get(keyOf(each.id.serial)) }))
    .toSorted((a, b) => (a.held?.value.at ?? 0) - (b.held?.value.at ?? 0))
  let signed = 0
  while (signed < due.length && now() < until) {
    const some = due.slice(signed, signed + AT_ONCE)
    await Promise.all(
      some.map(async ({ id, pair, held }) => {
        const status = await register.status(id.serial)
        if (status.kind !== 'unknown') await signNow(id, status, pair, held?.version ?? 0, ports)
      }),
    )
    signed += some.length
  }
  return { signed, left: due.length - signed }
}

type StoredRow = Omit<IssuedRow, 'der' | 'serial'> & { readonly der: string; readonly revokedAt?: Instant }

const statusOf = ({ revokedAt }: { readonly revokedAt?: Instant | undefined }) =>
  revokedAt === undefined ? ('good' as const) : ('revoked' as const)

function dueOf({ der }: StoredRow, pairs: readonly Pair[], now: Instant) {
  const read = readCertificate(Buffer.from(der, 'base64'))
  if (!read.ok || read.value.notAfter <= now) return []
  const pair = pairs.find(({ ca }) => Buffer.compare(ca.certificate.subject.der, read.value.issuer.der) === 0)
  if (!pair) return []
  const { serial } = read.value
  return [{ id: { der: certIdFor({ serial }, pair.ca.certificate), serial }, pair }]
}
