import { ok } from '../../base/result.ts'
import { hex, sha512 } from '../../protocol/digests.ts'
import type { Outcome } from '../../protocol/faults.ts'
import {
  type ApprovedCaRecord,
  type ApprovedTsaRecord,
  type AuthorityRecord,
  type InstanceRecord,
  KEYS,
} from '../../trust/registry/records.ts'
import type { Work } from '../register/work.ts'
import { addSigningKey, type NewKey } from './signing-keys.ts'

export type SetUp = {
  readonly instance: InstanceRecord
  readonly signingKey: NewKey
  readonly ca: ApprovedCaRecord
  readonly tsa: ApprovedTsaRecord
  /** Its keys of the first day, and those prepared for later. */
  readonly authorities?: readonly AuthorityRecord[]
}

/**
 * What a centre is at its first start: its name, its own authorities, the key that signs its configuration. At every later start only where it can be
 * reached is set right; what people have changed since stays.
 */
export async function setUp(work: Work, { instance, signingKey, ca, tsa, authorities = [] }: SetUp): Promise<Outcome<true>> {
  const there = await work.get<InstanceRecord>(KEYS.instance)
  if (there && there.instance !== instance.instance) throw new Error(`this is the centre of ${there.instance}, not of ${instance.instance}`)
  const { addresses, registrationUrl } = instance
  work.put(KEYS.instance, there ? { ...there, addresses, registrationUrl } : instance)
  const known = await work.list<AuthorityRecord>('registry/authority/')
  if (known.length === 0) for (const each of authorities) work.put(KEYS.authority(each.key), each)
  if (there && isLost(known, authorities)) return comeBack(work, { instance, signingKey, ca, tsa, authorities })
  if (there) return moved(work, there.addresses, addresses)
  work.put(KEYS.ca(ca.name), ca)
  work.put(KEYS.tsa(tsa.name), tsa)
  const key = await addSigningKey(work, signingKey)
  return key.ok ? ok(true) : key
}

type Known = readonly { readonly key: string; readonly value: AuthorityRecord }[]

/** Its keys are others than those it had: they were lost, and a new ceremony was held. */
const isLost = (known: Known, authorities: readonly AuthorityRecord[]): boolean =>
  authorities.some(
    ({ key, certificate, state }) =>
      state === 'working' && known.some(({ value }) => value.key === key && value.certificate !== certificate),
  )

/**
 * A centre that comes back from what lies under lock, with new keys. Its register stands as it stood. The authorities whose keys are gone stay approved,
 * since their certificates are still good, and are answered for by new responders (`keepAuthorities` makes them); whoever signs and stamps is new.
 * Nodes learn the new key by a new invitation: nothing they knew vouches for it.
 */
async function comeBack(work: Work, { instance, signingKey, ca, tsa, authorities = [] }: SetUp): Promise<Outcome<true>> {
  const { value: before } = { value: (await work.get<InstanceRecord>(KEYS.instance)) as InstanceRecord }
  const known = await work.list<AuthorityRecord>('registry/authority/')
  for (const { key, value } of known) {
    work.put(key, null)
    if (value.role !== 'ca' || value.state === 'prepared' || value.state === 'gone') continue
    const lost = `lost.${hex(sha512(Buffer.from(value.certificate))).slice(0, 12)}`
    work.put(KEYS.authority(lost), { ...value, key: lost, number: 0, state: 'leaving' } satisfies AuthorityRecord)
  }
  for (const { key } of await work.list('registry/signingkey/')) work.put(key, null)
  const added = await addSigningKey(work, signingKey)
  if (!added.ok) return added
  const from = await moved(work, before.addresses, instance.addresses)
  if (!from.ok) return from
  for (const each of authorities) work.put(KEYS.authority(each.key), each)
  work.put(KEYS.ca(`${ca.name} ${signingKey.key} ${added.value.id}`), { ...ca, name: `${ca.name} ${signingKey.key} ${added.value.id}` })
  for (const { key, value } of await work.list<ApprovedTsaRecord>('registry/tsa/')) if (value.url === tsa.url) work.put(key, null)
  work.put(KEYS.tsa(tsa.name), tsa)
  return ok(true)
}

/** The addresses of the centre's own services follow the centre; those of others stay. */
async function moved(work: Work, before: readonly string[], after: readonly string[]): Promise<Outcome<true>> {
  const [from, to] = [before[0], after[0]]
  if (from === undefined || to === undefined || from === to) return ok(true)
  const movedUrl = (url: string) =>
    ['http', 'https'].reduce(
      (kept, scheme) => (url.startsWith(`${scheme}://${from}/`) ? url.replace(`${scheme}://${from}/`, `${scheme}://${to}/`) : kept),
      url,
    )
  for (const { key, value } of await work.list<ApprovedTsaRecord>('registry/tsa/')) work.put(key, { ...value, url: movedUrl(value.url) })
  for (const { key, value } of await work.list<ApprovedCaRecord>('registry/ca/')) {
    const ocsp = value.top.ocsp.map((each) => ({ ...each, url: movedUrl(each.url) }))
    work.put(key, { ...value, top: { ...value.top, ocsp } })
  }
  return ok(true)
}
