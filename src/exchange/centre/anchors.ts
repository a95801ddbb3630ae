import { type Instant, isoInstant, SECOND } from '../../base/clock.ts'
import { ok } from '../../base/result.ts'
import { base64 } from '../../protocol/digests.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { type Anchor, anchorCertificates, anchorFingerprint, readAnchor, writeAnchor } from '../../trust/anchor.ts'
import { readCertificate } from '../../trust/certificates.ts'
import { type InstanceRecord, KEYS, type SigningKeyRecord, type TrustedAnchorRecord } from '../../trust/registry/records.ts'
import type { Work } from '../register/work.ts'
import { instanceOf } from './members.ts'

/** The anchor for our own nodes, or for partners: every address of the centre and every key that is published. */
export function ownAnchor(
  { instance, addresses }: Pick<InstanceRecord, 'instance' | 'addresses'>,
  keys: readonly Pick<SigningKeyRecord, 'certificate'>[],
  kind: 'internal' | 'external',
  at: Instant,
): Anchor {
  const certificates = keys.map(({ certificate }) => Buffer.from(certificate, 'base64'))
  const sources = addresses.map((address) => ({ url: `http://${address}/${kind}conf`, certificates }))
  return { instance, generatedAt: isoInstant((at - (at % SECOND)) as Instant), sources }
}

/** What a node is let in by: the same octets at any time, so that its fingerprint can be said aloud with an invitation. */
export function nodeAnchor(
  instance: Pick<InstanceRecord, 'instance' | 'addresses'>,
  keys: readonly Pick<SigningKeyRecord, 'certificate'>[],
): Anchor {
  const { generatedAt: _, ...anchor } = ownAnchor(instance, keys, 'internal', 0 as Instant)
  return anchor
}

/**
 * Takes a partner's external anchor in, which our nodes are told by the private parameters. Never one of our own instance's name, nor one signed with
 * our own keys: what a partner publishes must not stand for us.
 * @param bytes the file as handed over
 * @param fingerprint SHA-224 as the partner said it aloud; compared without case and separators
 * Refused with 'malformed_anchor', 'conflict' (our own), 'bad_request' (another fingerprint).
 */
export async function putTrustedAnchor(work: Work, bytes: Uint8Array, fingerprint: string): Promise<Outcome<TrustedAnchorRecord>> {
  const anchor = readAnchor(bytes)
  if (!anchor.ok) return anchor
  const { instance } = anchor.value
  const own = (await instanceOf(work)).instance
  if (instance.toUpperCase() === own.toUpperCase()) return refuse('conflict', `an anchor of ${instance}, which is this instance`)
  const computed = anchorFingerprint(bytes)
  if (plain(computed) !== plain(fingerprint)) return refuse('bad_request', `the file's fingerprint is ${computed}`)
  const keys = (await work.list<SigningKeyRecord>('registry/signingkey/')).map(({ value }) => value.certificate)
  const foreign = anchorCertificates(anchor.value)
  if (foreign.some((der) => keys.includes(base64(der)))) return refuse('conflict', 'the anchor names a key of this instance')
  const unreadable = foreign.map((der) => readCertificate(der)).find((read) => !read.ok)
  if (unreadable && !unreadable.ok) return refuse('malformed_anchor', unreadable.fault.detail)
  const insecure = anchor.value.sources.every(({ url }) => !/^http:\/\/[^/]+\/\S+$/.test(url))
  if (insecure) return refuse('malformed_anchor', 'no source with an http address: nodes make their https addresses from those')
  const record: TrustedAnchorRecord = { instance, anchor: base64(writeAnchor(anchor.value)), fingerprint: computed }
  work.put(KEYS.anchor(instance), record)
  return ok(record)
}

export async function removeTrustedAnchor(work: Work, instance: string): Promise<Outcome<true>> {
  if (!(await work.get(KEYS.anchor(instance)))) return refuse('not_found', `anchor of ${instance}`)
  work.put(KEYS.anchor(instance), null)
  return ok(true)
}

const plain = (fingerprint: string): string => fingerprint.replace(/[^0-9A-Fa-f]/g, '').toUpperCase()
