import { isDeepStrictEqual } from 'node:util'
import type { Body } from '../../src/protocol/body.ts'
import { codeOf, type Outcome } from '../../src/protocol/faults.ts'
import type { Part } from '../../src/protocol/multipart.ts'
import {
  decodeSoap,
  encodeSoap,
  forService,
  readPackage,
  readSoap,
  type SoapEnvelope,
  type SoapMessage,
  type SoapPackage,
  type SoapTransport,
  soapAnswers,
  soapRequestHash,
  withRequestHash,
} from '../../src/protocol/soap-message.ts'
import { type Seeded, seeded } from './seeded.ts'
import { ENCODE, envelopeCase, sorted } from './soap-envelopes.ts'
import { damaged, packageCase } from './soap-packages.ts'
import { saxVerdict } from './soap-saxes.ts'

export type SoapFigures = {
  readonly seed: number
  readonly cases: number
  readonly accepted: number
  readonly refused: number
  readonly slowestMs: number
  /** Request hashes spliced and compared with the text made by hand; messages between servers read back the same; packages forwarded and read again. */
  readonly spliced: number
  readonly carried: number
  readonly forwarded: number
  readonly refusals: Readonly<Record<string, number>>
}
type Tally = { -readonly [Key in keyof SoapFigures]: SoapFigures[Key] } & { refusals: Record<string, number> }

/**
 * `count` cases in turn: an envelope in every freedom of form and charset, which must be read as it was meant, and spliced as by hand; one
 * with up to two defects, judged as an event reader over saxes judges it; a package with attachments, carried between servers and given to
 * a service, both byte for byte; the same damaged, where whatever is accepted must survive the same ways. Throws at the first case that breaks a rule.
 */
export async function run(count: number, seed: number): Promise<SoapFigures> {
  const random = seeded(seed)
  const tally: Tally = { seed, cases: count, accepted: 0, refused: 0, slowestMs: 0, spliced: 0, carried: 0, forwarded: 0, refusals: {} }
  const kinds = [honestEnvelope, defectiveEnvelope, honestPackage, damagedPackage, damagedPackage]
  for (let index = 0; index < count; index++) {
    try {
      kinds[index % kinds.length]?.(random, tally)
    } catch (problem) {
      throw new Error(`seed ${seed}, case ${index}: ${(problem as Error).message}`, { cause: problem })
    }
  }
  return { ...tally, slowestMs: Math.round(tally.slowestMs * 100) / 100 }
}

function judged<T>(read: () => Outcome<T>, tally: Tally): Outcome<T> {
  const before = performance.now()
  const outcome = read()
  tally.slowestMs = Math.max(tally.slowestMs, performance.now() - before)
  if (outcome.ok) tally.accepted++
  else {
    tally.refused++
    const code = outcome.fault.relayed ? 'relayed' : codeOf(outcome.fault)
    tally.refusals[code] = (tally.refusals[code] ?? 0) + 1
  }
  return outcome
}

const NAMES: Record<string, string> = { instance: 'xRoadInstance' }
const told = (id: object): string =>
  Object.entries(id)
    .map(([name, value]) => `${NAMES[name] ?? name}=${value}`)
    .sort()
    .join('|')

/** What we read, in the words of the makers and of the oracle. */
function shown(outcome: Outcome<SoapEnvelope>): string {
  if (!outcome.ok) return codeOf(outcome.fault)
  const read = outcome.value
  if (read.kind === 'fault') return 'fault'
  const { client, service, securityServer, representedParty, securityToken, id, protocolVersion, userId, issue, requestHash } = read
  const texts = {
    id,
    protocolVersion,
    userId,
    issue,
    requestHash,
    representedParty: representedParty?.partyCode,
    securityToken: securityToken?.token,
  }
  const fields = { client: told(client), service: told(service), ...(securityServer && { securityServer: told(securityServer) }), ...texts }
  return JSON.stringify({
    ...sorted(Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined))),
    call: read.call,
  })
}

function must(right: boolean, what: string, about: string | Uint8Array): asserts right {
  if (!right) throw new Error(`${what}: ${typeof about === 'string' ? about : Buffer.from(about).toString('latin1')}`)
}

function honestEnvelope(random: Seeded, tally: Tally): void {
  const { text, charset, expected, spliced } = envelopeCase(random, false)
  const bytes = ENCODE[charset](text)
  const outcome = judged(() => readSoap(bytes), tally)
  must(shown(outcome) === expected, `${charset} is read as ${shown(outcome)}, not ${expected}`, text)
  must(saxVerdict(text) === expected, 'the oracle reads it otherwise', text)
  const message = messageOf(outcome)
  const hash = soapRequestHash(Buffer.from(text))
  const written = withRequestHash(message, hash)
  must(ENCODE[charset](spliced(hash)).equals(written.bytes), `${charset} is spliced otherwise`, text)
  const again = messageOf(readSoap(written.bytes))
  must(isDeepStrictEqual({ ...again, bytes: 0 }, { ...written, bytes: 0 }), 'spliced, it is read as another', written.bytes)
  must(Buffer.from(withRequestHash(again, hash).bytes).equals(written.bytes), 'spliced twice, it differs', written.bytes)
  must(!soapAnswers(withRequestHash(message, ''), message).ok, 'it answers by another hash', text)
  must(soapAnswers(withRequestHash(message, soapRequestHash(bytes)), message).ok, 'it does not answer itself', text)
  tally.spliced++
}

function messageOf(outcome: Outcome<SoapEnvelope>): SoapMessage {
  if (!outcome.ok || outcome.value.kind === 'fault') throw new Error('not a message')
  return outcome.value
}

function defectiveEnvelope(random: Seeded, tally: Tally): void {
  const { text, charset } = envelopeCase(random, true)
  const outcome = judged(() => readSoap(ENCODE[charset](text)), tally)
  must(shown(outcome) === saxVerdict(text), `${shown(outcome)}; the oracle says ${saxVerdict(text)}`, text)
}

function honestPackage(random: Seeded, tally: Tally): void {
  const { text, charset } = envelopeCase(random, false)
  const { contentType, body, leaves, boundary } = packageCase(random, ENCODE[charset](text))
  const outcome = judged(() => readPackage(contentType, { body }), tally)
  must(outcome.ok && outcome.value.kind === 'package', `refused: ${outcome.ok ? 'a fault' : outcome.fault.detail}`, body)
  must(show(partsOf(outcome.value)) === show(leaves), 'other parts than were written', body)
  carry(outcome.value, random, tally)
  const given = forService(outcome.value, contentType)
  must(given.ok, 'it cannot be given to a service', body)
  if (boundary !== null) readAgain(outcome.value, given.value, tally)
  else must(Buffer.from(given.value.body).equals(outcome.value.message.bytes), 'other bytes than it came in', body)
}

const partsOf = ({ headers, message, attachments }: SoapPackage): readonly Part[] => [
  { headers, body: message.bytes },
  ...attachments.map((each) => ({ headers: each.headers, body: inHand(each.body) })),
]
const inHand = (body: Body): Uint8Array => (body.kind === 'bytes' ? body.bytes : new Uint8Array())
const show = (parts: readonly Part[]): string =>
  JSON.stringify(parts.map(({ headers, body }) => [headers, Buffer.from(body).toString('latin1')]))
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const newBoundary = (random: Seeded): string => `xtop${Array.from({ length: 30 }, () => random.pick([...LETTERS])).join('')}`

function transportOf(message: SoapPackage, random: Seeded): SoapTransport {
  const ocsp = Array.from({ length: random.below(3) }, () => Buffer.from([0x30, 0x01, random.below(256)]))
  const evidence = {
    signature: Buffer.from('<s/>'),
    ...(random.chance(0.5) && { chain: { result: Buffer.from('<r/>'), chain: Buffer.from(random.bytes(9)) } }),
  }
  return { ...message, ocsp, documents: evidence }
}

/** Between servers and back: the same parts, and the same bytes when written again. */
function carry(message: SoapPackage, random: Seeded, tally: Tally): void {
  const kind = random.pick(['request', 'response'] as const)
  const [sent, boundary] = [transportOf(message, random), newBoundary(random)]
  const { contentType, body } = encodeSoap(kind, sent, boundary)
  const outcome = decodeSoap(kind, contentType, { body })
  must(outcome.ok, `what we write we refuse: ${outcome.ok ? '' : outcome.fault.detail}`, body)
  must(show(partsOf(outcome.value)) === show(partsOf(message)), 'other parts arrive than were sent', body)
  must(outcome.value.ocsp.length === (kind === 'request' ? sent.ocsp.length : 0), 'other OCSP parts', body)
  must(JSON.stringify(outcome.value.documents) === JSON.stringify(sent.documents), 'another signature', body)
  must(Buffer.from(encodeSoap(kind, outcome.value, boundary).body).equals(body), 'written again it differs', body)
  tally.carried++
}

function readAgain(message: SoapPackage, given: { readonly contentType: string; readonly body: Uint8Array }, tally: Tally): void {
  const again = readPackage(given.contentType, given)
  must(again.ok && again.value.kind === 'package', 'what a service is given cannot be read', given.body)
  must(show(partsOf(again.value)) === show(partsOf(message)), 'a service is given other parts', given.body)
  tally.forwarded++
}

/** Whole, then damaged: as it comes from an information system, or from a peer. */
function damagedPackage(random: Seeded, tally: Tally): void {
  const { text, charset } = envelopeCase(random, false)
  const { contentType, body } = packageCase(random, ENCODE[charset](text))
  const whole = readPackage(contentType, { body })
  if (!whole.ok || whole.value.kind === 'fault') throw new Error('an honest package was refused')
  const sent = encodeSoap('response', transportOf(whole.value, random), newBoundary(random))
  const [type, bytes, fromPeer] = random.chance(0.5) ? [contentType, body, false] : [sent.contentType, Buffer.from(sent.body), true]
  const harmed = damaged(random, bytes)
  const outcome: Outcome<SoapPackage | SoapEnvelope> = judged(
    () => (fromPeer ? decodeSoap('response', type, { body: harmed }) : readPackage(type, { body: harmed })),
    tally,
  )
  if (!outcome.ok || outcome.value.kind !== 'package') return
  carry(outcome.value, random, tally)
  const given = forService(outcome.value, 'multipart/related; boundary=Z')
  if (given.ok) readAgain(outcome.value, given.value, tally)
  else must(codeOf(given.fault) === 'invalid_message' && harmed.includes('--Z'), 'it cannot be given to a service', harmed)
}
