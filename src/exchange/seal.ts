import { DAY, type Instant, instant, later, MINUTE, SECOND } from '../base/clock.ts'
import { ok, type Refused } from '../base/result.ts'
import { verifyToken, withCertificate } from '../evidence/timestamp.ts'
import { sha512 } from '../protocol/digests.ts'
import { type Fault, type Outcome, refuse, under } from '../protocol/faults.ts'
import { isValidAt } from '../trust/certificates.ts'
import { readOcspResponse } from '../trust/ocsp-response.ts'
import { ocspFreshness, tsaCertificates } from '../trust/trust.ts'
import { advance, type CurrentHead, currentHead } from './archive-head.ts'
import { planName, receiptsName, segmentAfter } from './archive-names.ts'
import { type OcspPorts, ocspAtHand } from './ocsp-at-hand.ts'
import type { CurrentTrust, GetLocked, ListLocked, PutLocked, Stamp, Store, TrustInForce } from './ports.ts'
import { build, isLate, sealedOf, stampedOf } from './seal-build.ts'
import { decodePlan, encodePlan, type Head, isSameHead, type SealPlan } from './seal-plan.ts'
import { type Entry, entriesOf, type Sealable } from './sealable.ts'
import { decodeSegment } from './segment.ts'
import { trustNow } from './trust-now.ts'
import { trustOfDay } from './trust-refresh.ts'

export type SealPorts = OcspPorts & {
  readonly getLocked: GetLocked
  readonly putLocked: PutLocked
  readonly listLocked: ListLocked
  readonly store: Store
  readonly stamp: Stamp
  readonly trust: CurrentTrust
}
export type Sealed = { readonly records: number; readonly setAside: number; readonly more: boolean }

/** An archive file holds at least one segment, and no more once it is this large. */
const MOST_BYTES = 32 * 1024 * 1024
/** Positions back in which a record that was delivered twice is still recognised; older ones are left to readers, who count identities. */
const LOOK_BACK = 8
/** How long records wait for an OCSP responder that does not answer before they are set aside. */
const WAIT_FOR_OCSP = 3 * DAY

/**
 * Seals the next journal segments: one stamp, a container for each record, linked, in one archive file with its receipts.
 *
 * Everything that could come out differently a second time (the stamp, fresh OCSP answers, what is set aside) is put under lock first, in
 * the plan; the rest follows from it. So a run that dies anywhere is taken up by the next, which makes the same bytes.
 * Refused when the centre is out of reach: nothing is lost, the segments wait.
 */
export async function seal(ports: SealPorts): Promise<Outcome<Sealed>> {
  const current = await currentHead(ports)
  const plan = await planAfter(current.head, ports)
  if (!plan.ok) return plan
  if (plan.value === null) return ok({ records: 0, setAside: 0, more: false })
  const built = await carryOut(plan.value, current, ports)
  const last = plan.value.segments.at(-1) ?? current.head.through
  return ok({ ...built, more: (await ports.getLocked(segmentAfter(last))) !== undefined })
}

async function carryOut(plan: SealPlan, current: CurrentHead, ports: SealPorts): Promise<Omit<Sealed, 'more'>> {
  const { files, receipts, head, sealed, setAside } = build(plan, await entriesIn(plan, ports))
  for (const { name, bytes } of [...files, receipts]) await ports.putLocked(name, bytes)
  const first = await advance(ports, head, current.version)
  if (!first) ports.log({ level: 'warn', event: 'head_not_advanced', position: head.position })
  for (const { index, path, detail } of plan.setAside)
    ports.log({ level: 'error', event: 'record_set_aside', position: head.position, index, code: path.join('.'), why: detail })
  return { records: sealed, setAside }
}

/** The plan of the next position: the one under lock if there is one, else a new one; null when nothing waits. */
async function planAfter(head: Head, ports: SealPorts): Promise<Outcome<SealPlan | null>> {
  const name = planName(head.position + 1)
  const begun = await ports.getLocked(name)
  if (begun) return ok(mustFollow(decodePlan(name, begun), head))
  const segments = await taken(head, ports)
  if (!segments.ok) return segments
  if (segments.value.length === 0) return ok(null)
  const plan = await makePlan(head, segments.value, ports)
  if (plan.ok) await ports.putLocked(name, encodePlan(plan.value))
  return plan
}

function mustFollow(plan: SealPlan, head: Head): SealPlan {
  if (!isSameHead(plan.after, head)) throw new Error(`the plan of position ${plan.position} does not follow the head`)
  return plan
}

/**
 * The next segments, as many as one archive file takes. Where several wait, mostly nobody stamped for a while: then it is asked first whether
 * somebody does now, or every run of a long outage would read all of them in vain.
 */
async function taken({ through }: Head, { getLocked, stamp }: SealPorts): Promise<Outcome<readonly string[]>> {
  const segments: string[] = []
  let size = 0
  for (let name = segmentAfter(through); ; name = segmentAfter(name)) {
    const bytes = await getLocked(name)
    size += bytes?.length ?? 0
    if (!bytes || (segments.length > 0 && size > MOST_BYTES)) return ok(segments)
    const trial = segments.length === 1 ? await stamp(sha512(Buffer.from(name))) : ok(true)
    if (!trial.ok) return trial
    segments.push(name)
  }
}

async function entriesIn({ segments, after }: Pick<SealPlan, 'segments' | 'after'>, ports: SealPorts): Promise<readonly Entry[]> {
  const records: (readonly Uint8Array[])[] = []
  for (const name of segments) records.push(decodeSegment(name, await ports.getLocked(name)))
  return entriesOf(records, await identitiesBefore(after.position, ports))
}

async function identitiesBefore(position: number, { getLocked }: SealPorts): Promise<ReadonlySet<string>> {
  const identities = new Set<string>()
  for (let each = Math.max(1, position - LOOK_BACK + 1); each <= position; each++) {
    const text = Buffer.from((await getLocked(receiptsName(each))) ?? []).toString('utf8')
    for (const line of text.split('\n').slice(1))
      if (line !== '') identities.add(String((JSON.parse(line) as { identity?: string }).identity))
  }
  return identities
}

async function makePlan(head: Head, segments: readonly string[], ports: SealPorts): Promise<Outcome<SealPlan>> {
  const today = await trustNow(ports)
  if (!today.ok) return today
  const entries = await entriesIn({ segments, after: head }, ports)
  const at = ports.now()
  const late = await freshFor(entries, at, today.value, ports)
  if (!late.ok) return late
  const sealables = sealedOf(entries, late.value)
  const token = sealables.length === 0 ? ok(null) : await stamp(sealables, late.value, today.value, ports)
  if (!token.ok) return token
  const judgedBy = token.value === null ? {} : await stampedSince(sealables, late.value, token.value, today.value, ports)
  return ok({ version: 1, position: head.position + 1, at, after: head, segments, judgedBy, ...late.value, token: token.value })
}

type LatePart = Pick<SealPlan, 'setAside' | 'lateBefore' | 'supersededBefore' | 'fresh'>
type SetAside = SealPlan['setAside'][number]

/** Which records cannot be sealed now or ever, and fresh OCSP answers for those whose own would be too old by the stamp. */
async function freshFor(entries: readonly Entry[], at: Instant, today: TrustInForce, ports: SealPorts): Promise<Outcome<LatePart>> {
  const freshness = ocspFreshness(today.trust) * SECOND
  const margin = Math.min(5 * MINUTE, freshness / 4)
  const lateBefore = later(at, margin - freshness)
  const supersededBefore = today.trust.verifyNextUpdate ? later(at, margin) : instant(0)
  const fresh: Record<string, string> = {}
  const setAside: SetAside[] = []
  for (const { index, read } of entries) {
    const fault = read.ok ? await objectionTo(read.value, { at, lateBefore, supersededBefore, fresh }, today, ports) : read
    if (fault?.ok === false && isWaiting(fault, read, at)) return fault
    if (fault?.ok === false) setAside.push({ index, path: fault.fault.path, detail: fault.fault.detail })
  }
  return ok({ lateBefore, supersededBefore, fresh, setAside })
}

type Lateness = {
  readonly at: Instant
  readonly lateBefore: Instant
  readonly supersededBefore: Instant
  readonly fresh: Record<string, string>
}

/** Why a record cannot be sealed; undefined when it can. A fresh OCSP answer that it needs is put into `fresh`. */
async function objectionTo(sealable: Sealable, late: Lateness, today: TrustInForce, ports: SealPorts): Promise<Refused<Fault> | undefined> {
  const { certificate, signer } = sealable
  if (!isValidAt(certificate, late.at))
    return under(
      'cannot_create_cert_path',
      refuse('internal_error', `${certificate.subject.text} is not valid any more at the time of the stamp`),
    )
  if (!isLate(sealable, late) || late.fresh[signer] !== undefined) return undefined
  const response = await ocspAtHand(certificate, today, ports)
  if (!response.ok) return response
  const told = readOcspResponse(response.value)
  if (!told.ok) return told
  if (isLate(told.value.singles[0], late))
    return refuse('incorrect_validation_info', 'the OCSP responder has only answers that are too old')
  late.fresh[signer] = Buffer.from(response.value).toString('base64')
  return undefined
}

/** A responder that is silent, or behind, may answer later; what a record is, and what a responder did say, stays. */
function isWaiting({ fault }: Refused<Fault>, read: Entry['read'], at: Instant): boolean {
  const passing = ['network_error', 'unknown_host', 'io_error', 'http_error', 'incorrect_validation_info'].includes(fault.path[0])
  return passing && read.ok && at - read.value.record.at < WAIT_FOR_OCSP
}

/** For each configuration of these records that does not know the authority of the stamp: the one of today, which does. */
async function stampedSince(
  sealables: readonly Sealable[],
  late: LatePart,
  token: string,
  today: TrustInForce,
  ports: SealPorts,
): Promise<NonNullable<SealPlan['judgedBy']>> {
  const days = [...new Set(sealables.map(({ record }) => record.configuration))].filter((name) => name !== today.configuration)
  const { result: octets } = stampedOf(sealables, late)
  const judgedBy: Record<string, string> = {}
  for (const name of days) {
    const trust = await trustOfDay(name, ports)
    const knows = trust.ok && verifyToken(Buffer.from(token, 'base64'), octets, tsaCertificates(trust.value), { strict: true }).ok
    if (trust.ok && !knows) judgedBy[name] = today.configuration
  }
  return judgedBy
}

async function stamp(sealables: readonly Sealable[], late: LatePart, { trust }: TrustInForce, ports: SealPorts): Promise<Outcome<string>> {
  const { result: octets } = stampedOf(sealables, late)
  const token = await ports.stamp(sha512(octets))
  if (!token.ok) return token
  const verified = verifyToken(token.value, octets, tsaCertificates(trust), { strict: false })
  if (!verified.ok) return verified
  const whole = withCertificate(token.value, verified.value.signer)
  if (!whole.ok) return whole
  const strict = verifyToken(whole.value, octets, tsaCertificates(trust), { strict: true })
  return strict.ok ? ok(Buffer.from(whole.value).toString('base64')) : strict
}
