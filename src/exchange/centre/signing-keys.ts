import { ok } from '../../base/result.ts'
import { base64, hex, sha512 } from '../../protocol/digests.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { signatureNamed } from '../../protocol/signature-algorithms.ts'
import { readCertificate } from '../../trust/certificates.ts'
import { KEYS, type SigningKeyRecord } from '../../trust/registry/records.ts'
import type { Work } from '../register/work.ts'

/** A key its holder made: its name there, its algorithm, its certificate (DER). */
export type NewKey = { readonly key: string; readonly algorithm: string; readonly certificate: Uint8Array }

const keysOf = async (work: Work) => (await work.list<SigningKeyRecord>('registry/signingkey/')).map(({ value }) => value)

/**
 * Rotation in three acts: a second key is published beside the first ('waiting'); it takes over signing, the first stays published ('leaving'),
 * so that whoever kept the older one still reads what it signed; the first is retired. The very first key signs at once.
 * Refused with 'conflict' while a rotation is under way already.
 */
export async function addSigningKey(work: Work, { key, algorithm, certificate }: NewKey): Promise<Outcome<SigningKeyRecord>> {
  const read = readCertificate(certificate)
  if (!read.ok) return read
  if (!signatureNamed(algorithm) || signatureNamed(algorithm)?.weak) return refuse('bad_request', `signature algorithm ${algorithm}`)
  const there = await keysOf(work)
  if (there.length > 1) return refuse('conflict', 'a rotation is under way: retire the key that leaves first')
  const id = hex(sha512(certificate)).slice(0, 16)
  if (there.some((each) => each.id === id || each.key === key)) return refuse('conflict', 'that key is published already')
  const record: SigningKeyRecord = {
    id,
    key,
    algorithm,
    certificate: base64(certificate),
    state: there.length === 0 ? 'signing' : 'waiting',
  }
  work.put(KEYS.signingKey(id), record)
  return ok(record)
}

/** The waiting key signs from now on. */
export async function switchSigningKey(work: Work, id: string): Promise<Outcome<SigningKeyRecord>> {
  const there = await keysOf(work)
  const waiting = there.find((each) => each.id === id)
  if (!waiting) return refuse('not_found', `signing key ${id}`)
  if (waiting.state !== 'waiting') return refuse('conflict', `key ${id} is ${waiting.state}`)
  for (const each of there) if (each.state === 'signing') work.put(KEYS.signingKey(each.id), { ...each, state: 'leaving' })
  const signing: SigningKeyRecord = { ...waiting, state: 'signing' }
  work.put(KEYS.signingKey(id), signing)
  return ok(signing)
}

/** No longer published; what it signed is no longer taken by whoever reads the next configuration. Never the key that signs. */
export async function retireSigningKey(work: Work, id: string): Promise<Outcome<true>> {
  const found = (await keysOf(work)).find((each) => each.id === id)
  if (!found) return refuse('not_found', `signing key ${id}`)
  if (found.state === 'signing') return refuse('conflict', `key ${id} signs: switch to another first`)
  work.put(KEYS.signingKey(id), null)
  return ok(true)
}
