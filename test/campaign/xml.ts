import { Buffer, isUtf8 } from 'node:buffer'
import { type CanonicalForm, canonicalize } from '../../src/evidence/canonical.ts'
import { parseXml, type XmlDocument } from '../../src/protocol/xml.ts'
import { descendants } from '../../src/protocol/xml-lookup.ts'
import { libxml2Accepts, libxml2Canonical } from '../evidence/libxml2.ts'
import { type Seeded, seeded } from './seeded.ts'
import { hostile, mutated, wellFormed } from './xml-documents.ts'
import { saxesEvents, treeEvents } from './xml-saxes.ts'

export type XmlFigures = {
  readonly seed: number
  readonly cases: number
  readonly accepted: number
  readonly refused: number
  readonly slowestMs: number
  /** Documents whose every event was compared with saxes, and verdicts in which saxes differed and libxml2 sided with us. */
  readonly sameAsSaxes: number
  readonly libxml2AgainstSaxes: number
  /** Documents canonicalized by libxml2 too, whole and every element, in three forms. */
  readonly canonicalized: number
  /** Refusals by their detail, numbers taken out. */
  readonly refusals: Readonly<Record<string, number>>
}

type Tally = { -readonly [Key in keyof XmlFigures]: XmlFigures[Key] } & { refusals: Record<string, number> }

/**
 * `count` documents: a quarter well-formed in every freedom of form, a quarter of those with edits, a quarter meant to hurt, a quarter
 * encoded in all encodings and damaged. What we accept must be the tree that saxes sees and read back from its canonical form as the
 * same bytes; where saxes judges otherwise, libxml2 must side with us. Throws at the first case that breaks a rule.
 */
export async function run(count: number, seed: number): Promise<XmlFigures> {
  const random = seeded(seed)
  const tally: Tally = {
    seed,
    cases: count,
    accepted: 0,
    refused: 0,
    slowestMs: 0,
    sameAsSaxes: 0,
    libxml2AgainstSaxes: 0,
    canonicalized: 0,
    refusals: {},
  }
  const kinds = [caseWellFormed, caseMutated, caseHostile, caseEncoded]
  for (let index = 0; index < count; index++) {
    try {
      kinds[index % kinds.length]?.(random, tally, index)
    } catch (problem) {
      throw new Error(`seed ${seed}, case ${index}: ${(problem as Error).message}`, { cause: problem })
    }
  }
  return tally
}

function caseWellFormed(random: Seeded, tally: Tally, index: number): void {
  const text = wellFormed(random)
  const document = judged(text, tally)
  if (!document) throw new Error(`a well-formed document was refused: ${JSON.stringify(text)}`)
  sameTree(text, document, tally)
  roundTrip(document)
  if (index % 40 === 0) sameCanonicalForms(text, document, tally)
}

function caseMutated(random: Seeded, tally: Tally): void {
  const text = mutated(random)
  const document = judged(text, tally)
  sameVerdict(text, document, tally)
  if (document) roundTrip(document)
}

function sameVerdict(text: string, document: XmlDocument | null, tally: Tally): void {
  const saxes = saxesEvents(text)
  if ((saxes !== null) !== (document !== null)) {
    if (libxml2Accepts(text) !== (document !== null)) throw new Error(`saxes and libxml2 both judge otherwise: ${JSON.stringify(text)}`)
    tally.libxml2AgainstSaxes++
  } else if (document) sameTree(text, document, tally)
}

function caseHostile(random: Seeded, tally: Tally): void {
  const { text, accepted, what } = hostile(random)
  const document = judged(text, tally)
  if ((document !== null) !== accepted) throw new Error(`${what} of ${text.length} characters was ${accepted ? 'refused' : 'accepted'}`)
}

function caseEncoded(random: Seeded, tally: Tally): void {
  const text = wellFormed(random).replace(/^<\?xml[^>]*\?>/, '')
  const [label, encode] = random.pick(ENCODINGS)
  const bytes = encode(text)
  if (random.chance(0.5)) {
    bytes[random.below(bytes.length)] = random.below(256)
    const damaged = judged(bytes, tally)
    if (label === 'UTF-8' && isUtf8(bytes)) sameVerdict(bytes.toString('utf8'), damaged, tally)
    else if (label === 'UTF-8' && damaged) throw new Error('accepted what is no UTF-8')
    return
  }
  const document = judged(bytes, tally)
  const plain = parseXml(text)
  if (!document || !plain.ok || treeEvents(document) !== treeEvents(plain.value))
    throw new Error(`${label} is read otherwise: ${JSON.stringify(text)}`)
}

/** Characters an encoding lacks can stand as references in text and values only: elsewhere the document goes as UTF-8. */
const narrow = (label: string, most: number, text: string): Buffer =>
  [...text].every((character) => (character.codePointAt(0) as number) <= most)
    ? Buffer.from(`<?xml version="1.0" encoding="${label}"?>${text}`, 'latin1')
    : Buffer.from(text, 'utf8')

const ENCODINGS: readonly (readonly [string, (text: string) => Buffer])[] = [
  ['UTF-8', (text) => Buffer.from(text, 'utf8')],
  ['UTF-8 with a mark', (text) => Buffer.from(`\ufeff${text}`, 'utf8')],
  ['UTF-16LE', (text) => Buffer.from(`\ufeff<?xml version="1.0" encoding="UTF-16"?>${text}`, 'utf16le')],
  ['UTF-16BE', (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
  ['ISO-8859-1', (text) => narrow('ISO-8859-1', 0xff, text)],
  ['US-ASCII', (text) => narrow('us-ascii', 0x7f, text)],
]

function judged(input: Uint8Array | string, tally: Tally): XmlDocument | null {
  const before = performance.now()
  const outcome = parseXml(input)
  tally.slowestMs = Math.max(tally.slowestMs, performance.now() - before)
  if (outcome.ok) {
    tally.accepted++
    return outcome.value
  }
  tally.refused++
  if (outcome.fault.path.join('.') !== 'invalid_xml') throw new Error(`refused with ${outcome.fault.path.join('.')}`)
  const why = outcome.fault.detail.replace(/, character \d+$/, '')
  tally.refusals[why] = (tally.refusals[why] ?? 0) + 1
  return null
}

function sameTree(text: string, document: XmlDocument, tally: Tally): void {
  if (saxesEvents(text) !== treeEvents(document)) throw new Error(`saxes sees another document: ${JSON.stringify(text)}`)
  tally.sameAsSaxes++
}

/** Canonical form → read → canonical form, byte for byte; and offsets that cut each element out of the text. */
function roundTrip(document: XmlDocument): void {
  const once = canonicalize(document, { comments: true })
  const again = parseXml(once)
  if (!again.ok || !Buffer.from(once).equals(canonicalize(again.value, { comments: true })))
    throw new Error(`not the same after a round trip: ${Buffer.from(once)}`)
  for (const { name, start, startEnd, endStart, end } of descendants(document.root)) {
    const { text } = document
    const cut = text.startsWith(`<${name}`, start) && text[startEnd - 1] === '>' && text[end - 1] === '>'
    if (!cut || (endStart < end && !text.startsWith(`</${name}`, endStart)))
      throw new Error(`offsets of ${name} in ${JSON.stringify(text)}`)
  }
}

const FORMS: readonly CanonicalForm[] = [
  { comments: true },
  { exclusive: true },
  { exclusive: true, inclusivePrefixes: ['#default', 'p', 'é'] },
]

function sameCanonicalForms(text: string, document: XmlDocument, tally: Tally): void {
  for (const form of FORMS) {
    const oracle = libxml2Canonical(text, form)
    const ours = [document, ...descendants(document.root)].map((node) => Buffer.from(canonicalize(node, form)).toString('utf8'))
    if (JSON.stringify(ours) !== JSON.stringify([oracle.whole, ...oracle.subtrees]))
      throw new Error(`libxml2 has another canonical form: ${JSON.stringify(text)}`)
  }
  tally.canonicalized++
}
