import { ok } from '../../base/result.ts'
import type { Outcome } from '../../protocol/faults.ts'
import { type ApprovedCaRecord, type ApprovedTsaRecord, type InstanceRecord, KEYS } from '../../trust/registry/records.ts'
import type { Work } from '../register/work.ts'
import { addSigningKey, type NewKey } from './signing-keys.ts'

export type SetUp = {
  readonly instance: InstanceRecord
  readonly signingKey: NewKey
  readonly ca: ApprovedCaRecord
  readonly tsa: ApprovedTsaRecord
}

/**
 * What a centre is at its first start: its name, its own authorities, the key that signs its configuration. At every later start only where it can be
 * reached is set right; what people have changed since stays.
 */
export async function setUp(work: Work, { instance, signingKey, ca, tsa }: SetUp): Promise<Outcome<true>> {
  const there = await work.get<InstanceRecord>(KEYS.instance)
  if (there && there.instance !== instance.instance) throw new Error(`this is the centre of ${there.instance}, not of ${instance.instance}`)
  const { addresses, registrationUrl } = instance
  work.put(KEYS.instance, there ? { ...there, addresses, registrationUrl } : instance)
  if (there && sameList(there.addresses, addresses)) return ok(true)
  work.put(KEYS.ca(ca.name), ca)
  work.put(KEYS.tsa(tsa.name), tsa)
  if (there) return ok(true)
  const key = await addSigningKey(work, signingKey)
  return key.ok ? ok(true) : key
}

const sameList = (a: readonly string[], b: readonly string[]): boolean => JSON.stringify(a) === JSON.stringify(b)
