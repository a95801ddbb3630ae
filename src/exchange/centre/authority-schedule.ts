import { DAY, HOUR, type Instant } from '../../base/clock.ts'
import { base64 } from '../../protocol/digests.ts'
import type { Sign, SignatureName } from '../../protocol/sign.ts'
import { type Certificate, readCertificate } from '../../trust/certificates.ts'
import type { Authority } from '../../trust/issue.ts'
import { type ApprovedCaRecord, type AuthorityRecord, KEYS } from '../../trust/registry/records.ts'
import type { Store } from '../ports.ts'
import { act, type ChangeLogPorts } from '../register/change-log.ts'
import type { Work } from '../register/work.ts'
import { type CertifiedRole, certifyAuthority } from './authority-certificate.ts'
import { instanceOf } from './members.ts'
import { addSigningKey, retireSigningKey, switchSigningKey } from './signing-keys.ts'
import { putCa, putTsa, removeCa, removeTsa } from './trust-services.ts'

export type Role = AuthorityRecord['role']
/** How long a key of a role works, and how long its successor is published before it takes over. */
export type Terms = { readonly [role in Role]: { readonly works: number; readonly overlap: number } }
const YEAR = 365 * DAY
export const USUAL_TERMS: Terms = {
  ca: { works: 2 * YEAR, overlap: DAY },
  ocsp: { works: YEAR, overlap: 0 },
  tsa: { works: YEAR, overlap: DAY },
  configuration: { works: 2 * YEAR, overlap: 8 * DAY },
}
/** A stamping key that left stays approved for stamps on their way. */
const TSA_LEAVES = 8 * DAY

export type SchedulePorts = ChangeLogPorts & {
  readonly sign: Sign
  /** Makes a key, or finds the one of that name: SubjectPublicKeyInfo, DER. */
  readonly makeKey: (name: string) => Promise<Uint8Array>
  readonly newSerial: () => bigint
  readonly terms: Terms
  /** Only these are looked after: whoever runs this may sign with no other's key. @default all */
  readonly roles?: readonly Role[]
}
const ALL: readonly Role[] = ['ca', 'ocsp', 'tsa', 'configuration']
const looksAfter = ({ roles = ALL }: SchedulePorts, role: Role): boolean => roles.includes(role)

/** Every authority the centre ever had, by its record. */
export async function authorityRecords(store: Pick<Store, 'query'>): Promise<readonly AuthorityRecord[]> {
  const found = await store.query<AuthorityRecord | null>('registry/authority/')
  return found.flatMap(({ value }) => (value === null ? [] : [value]))
}

const working = (records: readonly AuthorityRecord[], role: Role, ca?: string): AuthorityRecord => {
  const found = records.find((each) => each.role === role && each.state === 'working' && (ca === undefined || each.ca === ca))
  if (!found) throw new Error(`no ${role} works`)
  return found
}

/** The keys that work now: which authority issues, which stamps; and for each authority whose certificates may be asked about, its responder. */
export async function authoritiesNow(store: Pick<Store, 'query'>) {
  const records = await authorityRecords(store)
  const cas = records.filter(({ role, state }) => role === 'ca' && state !== 'prepared' && state !== 'gone')
  return {
    ca: authorityIn(working(records, 'ca')),
    tsa: authorityIn(working(records, 'tsa')),
    responders: cas.flatMap((ca) => {
      const responder = records.find((each) => each.role === 'ocsp' && each.state === 'working' && each.ca === ca.key)
      return responder ? [{ ca: authorityIn(ca), responder: authorityIn(responder) }] : []
    }),
  }
}

const read = new Map<string, Certificate>()
export function authorityIn({ key, algorithm, certificate }: AuthorityRecord): Authority {
  const known = read.get(certificate)
  if (known) return { key, algorithm: algorithm as SignatureName, certificate: known }
  const made = readCertificate(Buffer.from(certificate, 'base64'))
  if (!made.ok) throw new Error(`the certificate of ${key} cannot be read: ${made.fault.detail}`)
  read.set(certificate, made.value)
  return { key, algorithm: algorithm as SignatureName, certificate: made.value }
}

/** One thing that was done. */
export type Rolled = { readonly role: Role; readonly key: string; readonly what: 'published' | 'works' | 'left' }

/**
 * Looks after the centre's own keys, once: publishes a successor in time, lets it take over when everybody can know it, withdraws what has left.
 * No person is needed until the authorities prepared at the last ceremony run out; that is said a year ahead.
 */
export async function keepAuthorities(ports: SchedulePorts): Promise<readonly Rolled[]> {
  const done: Rolled[] = [...(await answerForLost(ports))]
  for (;;) {
    const records = await authorityRecords(ports.store)
    const step = await firstDue(records, ports)
    if (step.length === 0) {
      await tellCeremony(records, ports)
      return done
    }
    for (const { role, key, what } of step) ports.log({ level: 'info', event: 'authority', role, key, what })
    done.push(...step)
  }
}

/** An authority whose key was lost cannot answer for its certificates: a responder of the one that works now does, listed in the configuration. */
async function answerForLost(ports: SchedulePorts): Promise<readonly Rolled[]> {
  if (!looksAfter(ports, 'ocsp')) return []
  const records = await authorityRecords(ports.store)
  const without = records.find(
    ({ role, state, key }) => role === 'ca' && state === 'leaving' && !records.some((each) => each.role === 'ocsp' && each.ca === key),
  )
  if (!without) return []
  const ca = working(records, 'ca')
  const number = Math.max(...records.filter(({ role }) => role === 'ocsp').map((each) => each.number)) + 1
  const key = `ocsp.${number}`
  const certificate = await certificateFor({ role: 'ocsp', key, number, ca: ca.key }, records, ports)
  const record: AuthorityRecord = {
    role: 'ocsp',
    number,
    key,
    algorithm: ca.algorithm,
    certificate,
    ca: without.key,
    state: 'working',
    since: ports.now(),
  }
  await change(ports, 'answerForLost', async (work) => {
    await listResponder(work, without.key, record)
    work.put(KEYS.authority(key), record)
  })
  return [{ role: 'ocsp', key, what: 'works' }, ...(await answerForLost(ports))]
}

async function firstDue(records: readonly AuthorityRecord[], ports: SchedulePorts): Promise<readonly Rolled[]> {
  for (const record of records.filter(({ role }) => looksAfter(ports, role))) {
    const { works, overlap } = ports.terms[record.role]
    const age = ports.now() - record.since
    if (record.state === 'working' && age >= works - overlap && !hasSuccessor(records, record)) {
      const done = await succeed(record, records, ports)
      if (done.length > 0) return done
    }
    if (record.state === 'published' && age >= overlap) return [await takeOver(record, records, ports)]
    if (record.state === 'leaving' && age >= (await leaveAfter(record, ports))) return [await leave(record, ports)]
  }
  return []
}

const hasSuccessor = (records: readonly AuthorityRecord[], { role }: AuthorityRecord): boolean =>
  records.some((each) => each.role === role && (each.state === 'published' || (role === 'configuration' && each.state === 'leaving')))

const SCHEDULE = { kind: 'rule', id: 'schedule' } as const

async function change(ports: SchedulePorts, what: string, work: (work: Work, at: Instant) => Promise<void>): Promise<void> {
  const done = await act(ports, { who: SCHEDULE, what }, async (draft, at) => {
    await work(draft, at)
    return { ok: true, value: true }
  })
  if (!done.ok) throw new Error(`${what}: ${done.fault.detail}`)
}

async function succeed(record: AuthorityRecord, records: readonly AuthorityRecord[], ports: SchedulePorts): Promise<readonly Rolled[]> {
  if (record.role === 'ca') return succeedCa(records, ports)
  const next = await made(record, records, ports)
  if (record.role === 'ocsp') {
    await change(ports, 'renewResponder', async (work) => {
      await listResponder(work, record.ca ?? '', next)
      work.put(KEYS.authority(record.key), { ...record, state: 'gone', since: ports.now() } satisfies AuthorityRecord)
      work.put(KEYS.authority(next.key), { ...next, state: 'working' } satisfies AuthorityRecord)
    })
    return [{ role: 'ocsp', key: next.key, what: 'works' }]
  }
  await change(ports, 'publishSuccessor', async (work) => {
    if (record.role === 'tsa') {
      const old = must(await tsaOf(work, record), 'the stamping authority')
      ok(await putTsa(work, { ...old, name: `${base(old.name)} ${next.number}`, certificate: next.certificate }))
    } else ok(await addSigningKey(work, { key: next.key, algorithm: next.algorithm, certificate: Buffer.from(next.certificate, 'base64') }))
    work.put(KEYS.authority(next.key), next)
  })
  return [{ role: record.role, key: next.key, what: 'published' }]
}

/** A rule of ours that the register refuses is a bug: the schedule stops and says so. */
const ok = <T>(
  outcome: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: { readonly detail: string } },
): T | undefined => {
  if (!outcome.ok) throw new Error(outcome.fault.detail)
  return outcome.value
}
function must<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`${what} is not there`)
  return value
}
const base = (name: string): string => name.replace(/ \d+$/, '')

const tsaOf = async (work: Work, { certificate }: AuthorityRecord) =>
  (await work.list<{ name: string; url: string; certificate: string }>('registry/tsa/')).find(
    ({ value }) => value.certificate === certificate,
  )?.value

/** A new key of a role with its certificate: a responder by the authority it answers for, a stamper by the one that issues, the configuration's by itself. */
async function made(record: AuthorityRecord, records: readonly AuthorityRecord[], ports: SchedulePorts): Promise<AuthorityRecord> {
  const { role } = record
  const number = Math.max(...records.filter((each) => each.role === role).map((each) => each.number)) + 1
  const key = `${role}.${number}`
  const ca = role === 'ocsp' ? (record.ca ?? '') : working(records, 'ca').key
  return {
    ...record,
    number,
    key,
    certificate: await certificateFor({ role: role as 'ocsp', key, number, ca }, records, ports),
    state: 'published',
    since: ports.now(),
    ...(role === 'configuration' ? {} : { ca }),
  }
}

type NewAuthority = {
  readonly role: Exclude<CertifiedRole, 'root' | 'ca'>
  readonly key: string
  readonly number: number
  readonly ca: string
}

async function certificateFor(
  { ca, ...wanted }: NewAuthority,
  records: readonly AuthorityRecord[],
  { makeKey, sign, newSerial, now, store }: SchedulePorts,
): Promise<string> {
  const { instance } = await instanceOf({ get: async (name) => (await store.get<never>(name))?.value })
  const issuer = records.find(({ key }) => key === ca)
  const by = wanted.role === 'configuration' ? undefined : authorityIn(must(issuer, ca))
  const publicKey = await makeKey(wanted.key)
  return base64(await certifyAuthority({ ...wanted, instance, publicKey, by, serial: newSerial(), at: now() }, sign))
}

/** The next authority that the ceremony prepared: approved beside the one that works, with a responder of its own. */
async function succeedCa(records: readonly AuthorityRecord[], ports: SchedulePorts): Promise<readonly Rolled[]> {
  const prepared = records.find(({ role, state }) => role === 'ca' && state === 'prepared')
  if (!prepared) return []
  const old = working(records, 'ca')
  const number = Math.max(...records.filter(({ role }) => role === 'ocsp').map((each) => each.number)) + 1
  const key = `ocsp.${number}`
  const certificate = await certificateFor({ role: 'ocsp', key, number, ca: prepared.key }, records, ports)
  const at = ports.now()
  const responder: AuthorityRecord = {
    role: 'ocsp',
    number,
    key,
    algorithm: old.algorithm,
    certificate,
    ca: prepared.key,
    state: 'working',
    since: at,
  }
  await change(ports, 'publishSuccessor', async (work) => {
    const approved = must(await caOf(work, old), 'the certification service')
    const ocsp = approved.top.ocsp.map((each) => ({ ...each, certificate }))
    ok(
      await putCa(work, {
        ...approved,
        name: `${base(approved.name)} ${prepared.number}`,
        top: { certificate: prepared.certificate, ocsp },
      }),
    )
    work.put(KEYS.authority(key), responder)
    work.put(KEYS.authority(prepared.key), { ...prepared, state: 'published', since: at } satisfies AuthorityRecord)
  })
  return [{ role: 'ca', key: prepared.key, what: 'published' }]
}

const caOf = async (work: Work, { certificate }: AuthorityRecord): Promise<ApprovedCaRecord | undefined> =>
  (await work.list<ApprovedCaRecord>('registry/ca/')).find(({ value }) => value.top.certificate === certificate)?.value

async function listResponder(work: Work, ca: string, { certificate }: AuthorityRecord): Promise<void> {
  const record = must(await work.get<AuthorityRecord>(KEYS.authority(ca)), ca)
  const approved = await caOf(work, record)
  if (!approved) return // no longer approved: its responder goes on for those who still ask
  ok(await putCa(work, { ...approved, top: { ...approved.top, ocsp: approved.top.ocsp.map((each) => ({ ...each, certificate })) } }))
}

async function takeOver(record: AuthorityRecord, records: readonly AuthorityRecord[], ports: SchedulePorts): Promise<Rolled> {
  const { role, key } = record
  const old = working(records, role)
  const at = ports.now()
  await change(ports, 'takeOver', async (work) => {
    if (role === 'configuration') ok(await switchSigningKey(work, await signingKeyId(work, record)))
    work.put(KEYS.authority(old.key), { ...old, state: 'leaving', since: at } satisfies AuthorityRecord)
    work.put(KEYS.authority(key), { ...record, state: 'working', since: at } satisfies AuthorityRecord)
  })
  return { role, key, what: 'works' }
}

async function signingKeyId(work: Work, { key }: AuthorityRecord): Promise<string> {
  const keys = await work.list<{ id: string; key: string }>('registry/signingkey/')
  return must(keys.find(({ value }) => value.key === key)?.value.id, key)
}

/** An authority stays approved until the last certificate it issued has ended, with time for the last stamp. */
async function leaveAfter({ role, certificate }: AuthorityRecord, { store }: SchedulePorts): Promise<number> {
  if (role === 'tsa') return TSA_LEAVES
  if (role === 'configuration') {
    const { policy } = await instanceOf({ get: async (name) => (await store.get<never>(name))?.value })
    return 2 * policy.configurationHours * HOUR
  }
  const issued = readCertificate(Buffer.from(certificate, 'base64'))
  return role === 'ca' && issued.ok ? (issued.value.notAfter - issued.value.notBefore) / 2 : Number.POSITIVE_INFINITY
}

async function leave(record: AuthorityRecord, ports: SchedulePorts): Promise<Rolled> {
  await change(ports, 'withdraw', async (work) => {
    if (record.role === 'tsa') ok(await removeTsa(work, must(await tsaOf(work, record), 'the stamping authority').name))
    if (record.role === 'ca') ok(await removeCa(work, must(await caOf(work, record), 'the certification service').name))
    if (record.role === 'configuration') ok(await retireSigningKey(work, await signingKeyId(work, record)))
    work.put(KEYS.authority(record.key), { ...record, state: 'gone', since: ports.now() } satisfies AuthorityRecord)
  })
  return { role: record.role, key: record.key, what: 'left' }
}

/** The one thing a person must do, said a year ahead: hold a ceremony, with the root key, and prepare authorities. */
async function tellCeremony(records: readonly AuthorityRecord[], ports: SchedulePorts): Promise<void> {
  if (!looksAfter(ports, 'ca')) return
  const { now, terms, log } = ports
  const ca = working(records, 'ca')
  const isPrepared = records.some(({ role, state }) => role === 'ca' && (state === 'prepared' || state === 'published'))
  if (!isPrepared && now() > ca.since + terms.ca.works - YEAR) log({ level: 'warn', event: 'ceremony_needed', role: 'ca', key: ca.key })
}
