import { later, SECOND } from '../base/clock.ts'
import { ok, type Refused } from '../base/result.ts'
import type { PartDigest } from '../evidence/hash-chain.ts'
import { type SigningMaterial, sealMessage } from '../evidence/seal.ts'
import { type Fault, type Outcome, refuse, under } from '../protocol/faults.ts'
import type { Sign } from '../protocol/sign.ts'
import type { SignatureDocuments } from '../protocol/signature-documents.ts'
import { buildPath, type Certificate, readCertificate } from '../trust/certificates.ts'
import { caOf } from '../trust/trust.ts'
import { sealTogether } from './batches.ts'
import { Busy } from './busy.ts'
import { isClockWrong } from './clock-watch.ts'
import { remembered } from './memory.ts'
import type { SigningKey } from './node-configuration.ts'
import { type OcspPorts, ocspAtHand, sha256OfLasting } from './ocsp-at-hand.ts'
import type { TrustInForce } from './ports.ts'
import { chainGoodUntil } from './verdict-time.ts'

/** What a signature needs, and whether it may be one for several messages. */
export type Material = SigningMaterial & Pick<SigningKey, 'batch'>

/**
 * Everything a signature needs beside the key: good OCSP responses for the certificate and its intermediates, in that order.
 * Refused with 'clock_skew' when our clock is wrong beyond doubt, else 'cannot_create_signature' and the reason. Called before anything is
 * done that a missing signature would leave half done.
 */
export async function signingMaterial(signing: SigningKey, today: TrustInForce, ports: OcspPorts): Promise<Outcome<Material>> {
  const chain = ownChain([signing.certificate, ...signing.intermediates], today, ports)
  if (!chain.ok) return under('cannot_create_signature', chain)
  const right = await clockIsRight(chain.value, today, ports)
  if (!right.ok) return right
  const ocsp = await ocspOfChain(chain.value, today, ports)
  return ocsp.ok ? ok({ ...signing, ocsp: ocsp.value }) : under('cannot_create_signature', ocsp)
}

/** Our own certificate and intermediates, read and found to lead to an authority now. */
export function ownChain(
  ders: readonly Uint8Array[],
  { trust, configuration }: TrustInForce,
  { memory, now }: OcspPorts,
): Outcome<readonly Certificate[]> {
  const key = ['own', configuration, ...ders.map(sha256OfLasting)].join(' ')
  return remembered(memory.verdicts, key, now(), () => {
    const chain = ders.map(readCertificate)
    const unread = chain.find((certificate): certificate is Refused<Fault> => !certificate.ok)
    if (unread) return unread
    const [leaf, ...intermediates] = chain.flatMap((certificate) => (certificate.ok ? [certificate.value] : []))
    if (!leaf) throw new Error('a certificate chain without a certificate')
    const issuer = caOf(trust, leaf) ?? intermediates.map((each) => caOf(trust, each)).find(Boolean)
    const path = buildPath(leaf, issuer ? [issuer.certificate] : [], intermediates, now())
    return path.ok ? ok({ value: path.value, until: chainGoodUntil(path.value, now()) }) : path
  })
}

/** Good OCSP responses for every certificate of our own chain, leaf first. */
export async function ocspOfChain(
  chain: readonly Certificate[],
  today: TrustInForce,
  ports: OcspPorts,
): Promise<Outcome<readonly Uint8Array[]>> {
  const responses: Uint8Array[] = []
  for (const certificate of chain) {
    const response = await ocspAtHand(certificate, today, ports)
    if (!response.ok) return response
    responses.push(response.value)
  }
  return ok(responses)
}

/** A clock that seems wrong is compared with the responder's once more, every ten seconds at most, before we refuse to sign by it. */
async function clockIsRight([leaf]: readonly Certificate[], today: TrustInForce, ports: OcspPorts): Promise<Outcome<true>> {
  if (!isClockWrong(ports.memory, ports.now())) return ok(true)
  if (leaf) await ocspAtHand(leaf, today, ports, { atLeast: later(ports.now(), -10 * SECOND) })
  return isClockWrong(ports.memory, ports.now())
    ? refuse('clock_skew', 'the clocks of all others differ by more than 30 seconds')
    : ok(true)
}

/**
 * Signs a message's parts, with others that wait where the key is set to. The holder of the key refusing or being gone is
 * 'cannot_create_signature', not a bug of ours; asked too often, 'busy'.
 */
export async function signed(
  parts: readonly PartDigest[],
  { batch = false, ...material }: Material,
  { sign, now, log, memory }: { readonly sign: Sign } & Pick<OcspPorts, 'now' | 'log' | 'memory'>,
): Promise<Outcome<SignatureDocuments>> {
  const asking: Sign = (...question) =>
    sign(...question).catch((reason: unknown) => {
      throw new NotSigned(reason)
    })
  try {
    return ok(await (batch ? sealTogether(memory.batches, parts, material, asking, now) : sealMessage(parts, material, asking, now())))
  } catch (reason) {
    if (!(reason instanceof NotSigned)) throw reason
    log({ level: 'error', event: 'not_signed', key: material.key, why: String(reason.why) })
    if (reason.why instanceof Busy) return refuse('busy', 'the holder of the key is asked too often')
    return refuse('cannot_create_signature', 'the holder of the key did not sign')
  }
}

/** What the holder of a key threw, told apart from what we got wrong. */
class NotSigned extends Error {
  readonly why: unknown
  constructor(why: unknown) {
    super('not signed')
    this.why = why
  }
}
