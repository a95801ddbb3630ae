import { hash } from 'node:crypto'
import { type Instant, later, MINUTE, SECOND } from '../base/clock.ts'
import { ok } from '../base/result.ts'
import { type Fault, type Outcome, refuse } from '../protocol/faults.ts'
import { ocspAddressesOf } from '../trust/certificate-extensions.ts'
import type { Certificate } from '../trust/certificates.ts'
import { judgeOcsp, ocspRequest, readOcspResponse } from '../trust/ocsp.ts'
import { ocspAddresses } from '../trust/ocsp-addresses.ts'
import { certIdFor } from '../trust/ocsp-response.ts'
import { caOf, type Issuer, ocspFreshness } from '../trust/trust.ts'
import { noteDate } from './clock-watch.ts'
import { type Memory, putBounded, remembered } from './memory.ts'
import { peerOcspIn } from './peer-responder.ts'
import type { FetchUrl, Log, Now, TrustInForce } from './ports.ts'
import { goodUntil } from './verdict-time.ts'

export type OcspPorts = { readonly fetchUrl: FetchUrl; readonly now: Now; readonly log: Log; readonly memory: Memory }

/** As often as stock servers ask when nothing else is configured. */
const REFRESH = 20 * MINUTE
const ASK_MS = 3000

/** In hexadecimal; of a text, over its UTF-8. */
export const sha256 = (bytes: Uint8Array | string): string => hash('sha256', bytes, 'hex')

const digests = new WeakMap<Uint8Array, string>()
/** The same for octets that stay in memory from message to message and never change: certificates of the configuration, responses at hand. */
export function sha256OfLasting(bytes: Uint8Array): string {
  const known = digests.get(bytes)
  if (known !== undefined) return known
  const digest = sha256(bytes)
  digests.set(bytes, digest)
  return digest
}

export type Asking = {
  /** Ask again even when the response at hand is younger than REFRESH, if it was asked for before this instant. */
  readonly atLeast?: Instant
  /** The certificate's holder hands out responses for it, too; whether it is asked before the authority's responders. */
  readonly peer?: { readonly url: () => string; readonly first: boolean }
}

/**
 * An OCSP response that says now that a certificate is good: from memory while it is young, else asked of its CA's responders in order.
 * When none answers, the response at hand serves as long as it is fresh. Refusals are those of judgeOcsp, and the last responder's trouble.
 */
export async function ocspAtHand(
  certificate: Certificate,
  today: TrustInForce,
  ports: OcspPorts,
  { atLeast, peer }: Asking = {},
): Promise<Outcome<Uint8Array>> {
  const { memory, now, log } = ports
  const key = sha256OfLasting(certificate.der) // whatever the configuration: an answer at hand is judged by that of today, and outlives one that changed in an outage
  const known = memory.ocsp.get(key)
  const good = known && judged(known.response, certificate, today, ports)
  const age = known && now() - known.asked
  if (known && good?.ok && age !== undefined && age >= 0 && age < refreshOf(today) && known.asked >= (atLeast ?? 0))
    return ok(known.response)
  const fresh = await shared(memory, key, () => ask(certificate, today, ports, peer))
  if (fresh.ok) putBounded(memory.ocsp, key, { response: fresh.value, asked: now() })
  if (fresh.ok || !known || !good?.ok || saysOtherwise(fresh.fault.path)) return fresh
  log({ level: 'warn', event: 'ocsp_not_refreshed', subject: certificate.subject.text, why: fresh.fault.detail })
  putBounded(memory.ocsp, key, { response: known.response, asked: later(now(), MINUTE - refreshOf(today)) }) // asked again in a minute
  return ok(known.response)
}

/** Often enough that two attempts may fail before the response at hand is stale. */
const refreshOf = ({ trust }: TrustInForce): number => Math.min(REFRESH, (ocspFreshness(trust) * SECOND) / 3)

/** A responder did answer for this certificate, and not with 'good': an older response does not stand against that. */
const saysOtherwise = ([code]: Fault['path']): boolean => code === 'cert_validation'

function judged(
  response: Uint8Array,
  certificate: Certificate,
  { trust, configuration }: TrustInForce,
  { memory, now }: OcspPorts,
): Outcome<true> {
  const key = `ocsp ${configuration} ${sha256OfLasting(response)} ${sha256OfLasting(certificate.der)}`
  return remembered<true>(memory.verdicts, key, now(), () => {
    const verdict = judgeOcsp([response], certificate, trust, now())
    return verdict.ok ? ok({ value: true, until: goodUntil(trust, now(), [certificate], verdict.value) }) : verdict
  })
}

async function shared(memory: Memory, key: string, question: () => Promise<Outcome<Uint8Array>>): Promise<Outcome<Uint8Array>> {
  const running = memory.asking.get(key)
  if (running !== undefined) return running
  const asked = question().finally(() => memory.asking.delete(key))
  memory.asking.set(key, asked)
  return asked
}

/** Asks one source after the other for a good answer; a 'not good' is final. */
async function ask(certificate: Certificate, today: TrustInForce, ports: OcspPorts, peer: Asking['peer']): Promise<Outcome<Uint8Array>> {
  const issuer = caOf(today.trust, certificate)
  if (!issuer) return refuse('internal_error', `${certificate.issuer.text} is not an approved authority`)
  const urls = new Set([...ocspAddresses(issuer.ocsp, 'NONE'), ...ocspAddressesOf(certificate.extensions)])
  const responders = [...urls].map((url) => () => askOne(url, certificate, issuer, today, ports))
  const holder = peer ? [() => askHolder(peer.url(), certificate, issuer, today, ports)] : []
  let trouble: Outcome<Uint8Array> = refuse('incorrect_validation_info', `no OCSP responder is known for ${certificate.issuer.text}`)
  for (const source of peer?.first ? [...holder, ...responders] : [...responders, ...holder]) {
    trouble = await source()
    if (trouble.ok || saysOtherwise(trouble.fault.path)) return trouble
  }
  return trouble
}

/** The holder of a certificate, as stock servers ask each other. What it hands out proves itself. */
async function askHolder(
  url: string,
  certificate: Certificate,
  issuer: Issuer,
  today: TrustInForce,
  ports: OcspPorts,
): Promise<Outcome<Uint8Array>> {
  const answer = await ports.fetchUrl(url, null, ASK_MS)
  if (!answer.ok) return answer
  const response = peerOcspIn(answer.value)
  return response.ok ? judgedFor(response.value, url, certificate, issuer, today, ports) : response
}

async function askOne(
  url: string,
  certificate: Certificate,
  issuer: Issuer,
  today: TrustInForce,
  ports: OcspPorts,
): Promise<Outcome<Uint8Array>> {
  const sent = ports.now()
  const request = { type: 'application/ocsp-request', body: ocspRequest(certificate, issuer.certificate) }
  const answer = await ports.fetchUrl(url, request, ASK_MS)
  if (!answer.ok) return answer
  noteDate({ source: url, headers: answer.value.headers, sent, received: ports.now() }, ports.memory, ports.log)
  if (answer.value.status !== 200) return refuse('http_error', `${url} answered ${answer.value.status}`)
  return judgedFor(answer.value.body, url, certificate, issuer, today, ports)
}

function judgedFor(
  response: Uint8Array,
  url: string,
  certificate: Certificate,
  issuer: Issuer,
  today: TrustInForce,
  ports: OcspPorts,
): Outcome<Uint8Array> {
  const good = judged(response, certificate, today, ports)
  if (good.ok) return ok(response)
  return isAbout(response, certificate, issuer) ? good : refuse('incorrect_validation_info', `${url}: ${good.fault.detail}`)
}

/** Anybody between us and the responder can hand us a response for another certificate; that is no word on this one. */
function isAbout(response: Uint8Array, certificate: Certificate, issuer: Issuer): boolean {
  const read = readOcspResponse(response)
  return read.ok && Buffer.compare(read.value.singles[0].certId.der, certIdFor(certificate, issuer.certificate)) === 0
}
