import { Buffer } from 'node:buffer'
import { ENTRY } from '../../src/evidence/asic-entries.ts'
import { verifyContainer } from '../../src/evidence/container-verify.ts'
import { asicManifest, openDocumentManifest } from '../../src/evidence/manifest.ts'
import { withCertificate } from '../../src/evidence/timestamp.ts'
import { readZip, writeZip } from '../../src/evidence/zip.ts'
import { type Filed, type Form, fileContainers, must, workshop } from '../evidence/containers.ts'
import { NOON } from '../trust/authority.ts'
import { type Seeded, seeded } from './seeded.ts'
import { bitFlipped, damageOf, XML_EDITS } from './tamper-edits.ts'

type Entries = ReadonlyMap<string, Uint8Array>
type Base = { readonly filed: Filed; readonly entries: Entries }
/** One change of a container: its entries afterwards, its bytes as a file, or null when this container has nothing of the kind. */
type Change = (base: Base, random: Seeded, other: Base) => Entries | Uint8Array | null
type Cell = { readonly of: string; readonly part: string; readonly change: Change }

export type TamperFigures = {
  readonly form: Form
  readonly seed: number
  readonly mutations: number
  readonly refused: number
  /** Every decoded name and byte is that of the original: of the class 'zip' only. */
  readonly same: number
  /** Form 'value' only: another OCSP response or certificate list that is as good, under no signature and no stamp. */
  readonly asGood: number
  /** By class and part: how many mutations. */
  readonly cells: Readonly<Record<string, number>>
  readonly codes: Readonly<Record<string, number>>
}

const BASES = 48
const ENTRIES = Object.values(ENTRY)
const XML_ENTRIES = ENTRIES.filter((name) => name.endsWith('.xml'))

/** The campaign: as our nodes file containers, and a quarter as many in the other form. */
export async function run(count: number, seed: number): Promise<{ readonly whole: TamperFigures; readonly value: TamperFigures }> {
  return { whole: await tamper(count, seed, 'whole'), value: await tamper(Math.ceil(count / 4), seed, 'value') }
}

/**
 * `count` single changes of containers we wrote, the same number for each class and part; the strict verdict on each must be no, unless
 * every decoded entry name and byte is that of the original. Throws at the first that passes.
 * @param form 'whole': as our nodes file them; 'value': stamped over the signature value, as stock servers do with a record alone
 */
async function tamper(count: number, seed: number, form: Form): Promise<TamperFigures> {
  const random = seeded(seed)
  const { trust } = await workshop()
  const bases: Base[] = []
  for (const filed of await fileContainers(BASES, form)) bases.push({ filed, entries: must(await readZip(filed.bytes)) })
  const cells: Record<string, number> = {}
  const codes: Record<string, number> = {}
  const tally = { mutations: 0, refused: 0, same: 0, asGood: 0 }
  const kinds = cellsOf().filter((cell) => isPossible(cell, bases))
  const share = Math.ceil(count / kinds.length)
  for (const cell of kinds) {
    const name = `${cell.of}: ${cell.part}`
    for (let done = 0; done < share; ) {
      const base = random.pick(bases)
      const changed = cell.change(base, random, random.pick(bases))
      const file = changed && (changed instanceof Map ? packed(changed as Entries) : (changed as Uint8Array))
      const same = file && (await sameEntries(file, base.entries))
      if (!file || (same && cell.of !== 'zip')) continue
      done++
      const verdict = await verifyContainer(file, trust, 'strict')
      const code = verdict.fault?.path.join('.') ?? 'valid'
      codes[code] = (codes[code] ?? 0) + 1
      if (!verdict.valid) tally.refused++
      else if (same) tally.same++
      else if (form === 'value' && (await differsInUnsignedValuesOnly(file, base.entries))) tally.asGood++
      else throw new Error(`seed ${seed}: ${name}, the ${done}th, signed by ${base.filed.signer.key}, passed the strict verifier`)
    }
    cells[name] = share
    tally.mutations += share
  }
  return { form, seed, ...tally, cells, codes }
}

/** Whether some container has what this cell changes, and some other has it differently: a mimetype is swapped for the same one. */
function isPossible(cell: Cell, bases: readonly Base[]): boolean {
  const random = seeded(1)
  return bases.some((base) => {
    const changed = cell.change(base, random, random.pick(bases))
    return changed instanceof Map ? !isSameMap(changed as Entries, base.entries) : changed !== null
  })
}

const isSameMap = (a: Entries, b: Entries): boolean => a.size === b.size && [...b].every(([name, bytes]) => isSame(a.get(name), bytes))

function cellsOf(): readonly Cell[] {
  const names = [...ENTRIES, 'attachment']
  const each = (of: string, parts: readonly string[], change: (part: string) => Change): Cell[] =>
    parts.map((part) => ({ of, part, change: change(part) }))
  return [
    ...each('bits', names, (part) => edited(part, bitFlipped)),
    ...each('octets', names, (part) => edited(part, damageOf)),
    ...each('bits inside the signature', Object.keys(STRUCTURES), (part) => insideSignature(STRUCTURES[part] as RegExp, bitFlipped)),
    ...each('removed', names, removed),
    ...each('swapped with another container', names, (part) => edited(part, (_bytes, _random, theirs) => theirs)),
    ...each('renamed', names, renamed),
    { of: 'parts', part: 'exchanged inside the container', change: exchanged },
    { of: 'parts', part: 'added', change: added },
    ...each('swapped certificates', Object.keys(STRUCTURES), swappedInside),
    { of: 'swapped certificates', part: 'of the time-stamping authority', change: authoritySwapped },
    ...each('edited XML', XML_ENTRIES, xmlEdited),
    { of: 'zip', part: 'the file itself', change: ({ filed }, random) => damageOf(filed.bytes, random) },
  ]
}

/** The entry itself, or some attachment. */
function pickName(entries: Entries, part: string, random: Seeded): string | undefined {
  const names = [...entries.keys()].filter((name) => (part === 'attachment' ? name.startsWith(part) : name === part))
  return names.length > 0 ? random.pick(names) : undefined
}

const withEntry = (entries: Entries, name: string, bytes: Uint8Array): Entries => new Map([...entries]).set(name, bytes)

function edited(part: string, edit: (bytes: Uint8Array, random: Seeded, theirs: Uint8Array) => Uint8Array): Change {
  return ({ entries }, random, other) => {
    const name = pickName(entries, part, random)
    const theirs = pickName(other.entries, part, random)
    if (name === undefined) return null
    return withEntry(entries, name, edit(entries.get(name) as Uint8Array, random, other.entries.get(theirs ?? '') ?? Buffer.from('?')))
  }
}

/** Taken out, emptied, or taken out of the manifest as well: what is left says nothing of it any more. */
function removed(part: string): Change {
  return ({ entries }, random) => {
    const name = pickName(entries, part, random)
    if (name === undefined) return null
    if (random.chance(0.2)) return withEntry(entries, name, new Uint8Array())
    const rest = new Map([...entries].filter(([each]) => each !== name))
    return random.chance(0.5) ? rest : withManifests(rest)
  }
}

function withManifests(entries: Map<string, Uint8Array>): Entries {
  if (entries.has(ENTRY.manifest)) entries.set(ENTRY.manifest, openDocumentManifest([...entries.keys()]))
  const result = entries.get(ENTRY.stampChainResult)
  if (result && entries.has(ENTRY.asicManifest)) entries.set(ENTRY.asicManifest, asicManifest(result))
  return entries
}

function renamed(part: string): Change {
  return ({ entries }, random) => {
    const name = pickName(entries, part, random)
    if (name === undefined) return null
    const other = random.pick([
      name.toUpperCase(),
      `/${name}`,
      `./${name}`,
      `${name} `,
      `x-${name}`,
      `${name}.bak`,
      name.replace(/1$/, '2'),
      'attachment9',
      `META-INF/${name}`,
    ])
    if (entries.has(other)) return null
    const moved = new Map([...entries].map(([each, bytes]) => [each === name ? other : each, bytes] as const))
    return random.chance(0.5) ? moved : withManifests(moved)
  }
}

const exchanged: Change = ({ entries }, random) => {
  const [a, b] = [random.pick([...entries.keys()]), random.pick([...entries.keys()])]
  return withEntry(withEntry(entries, a, entries.get(b) as Uint8Array), b, entries.get(a) as Uint8Array)
}

const added: Change = ({ entries }, random) => {
  const name = random.pick([
    'attachment',
    'attachment0',
    'attachment01',
    'attachment1',
    'attachment3',
    'attachment99',
    'notes.txt',
    'META-INF/',
    'META-INF/signatures2.xml',
    'META-INF/timestamp2.tst',
    'Attachment1',
    ...ENTRIES,
  ])
  if (entries.has(name)) return null
  const more = new Map(entries).set(name, random.chance(0.3) ? new Uint8Array() : (random.pick([...entries.values()]) as Uint8Array))
  return random.chance(0.5) ? more : withManifests(more)
}

/** What stands in base64 inside a signature document. */
const STRUCTURES: Readonly<Record<string, RegExp>> = {
  'the signing certificate': /(?<=<ds:X509Certificate>)[^<]+/g,
  'an OCSP response': /(?<=<xades:EncapsulatedOCSPValue[^>]*>)[^<]+/g,
  'an intermediate certificate': /(?<=<xades:EncapsulatedX509Certificate[^>]*>)[^<]+/g,
  'the signature value': /(?<=<ds:SignatureValue[^>]*>)[^<]+/g,
  'the time stamp': /(?<=<xades:EncapsulatedTimeStamp>)[^<]+/g,
}

function insideSignature(pattern: RegExp, edit: (der: Uint8Array, random: Seeded) => Uint8Array): Change {
  return ({ entries }, random) => {
    const text = signatureText(entries)
    const places = [...text.matchAll(pattern)]
    if (places.length === 0) return null
    const place = random.pick(places)
    return withSignature(entries, place, Buffer.from(edit(Buffer.from(place[0], 'base64'), random)).toString('base64'))
  }
}

function swappedInside(part: string): Change {
  const pattern = STRUCTURES[part] as RegExp
  return ({ entries }, random, other) => {
    const places = [...signatureText(entries).matchAll(pattern)]
    const theirs = [
      ...signatureText(other.entries).matchAll(random.chance(0.8) ? pattern : (STRUCTURES[random.pick(Object.keys(STRUCTURES))] as RegExp)),
    ]
    return places.length > 0 && theirs.length > 0 ? withSignature(entries, random.pick(places), random.pick(theirs)[0]) : null
  }
}

const signatureText = (entries: Entries): string => Buffer.from(entries.get(ENTRY.signature) ?? []).toString('utf8')
function withSignature(entries: Entries, place: RegExpExecArray, base64: string): Entries {
  const text = place.input
  return withEntry(entries, ENTRY.signature, Buffer.from(text.slice(0, place.index) + base64 + text.slice(place.index + place[0].length)))
}

/** Another certificate beside the authority's in its token, or in its place where the lengths allow it. */
const authoritySwapped: Change = ({ entries, filed }, random, other) => {
  const token = entries.get(ENTRY.token)
  if (!token) return null
  const foreign = random.pick([filed.signer, other.filed.signer, ...filed.signer.issuers]).certificate
  return withEntry(entries, ENTRY.token, must(withCertificate(token, foreign)))
}

function xmlEdited(part: string): Change {
  return ({ entries }, random, other) => {
    const bytes = entries.get(part)
    if (!bytes) return null
    const text = Buffer.from(bytes).toString('utf8')
    const edit = XML_EDITS[random.pick(Object.keys(XML_EDITS))]
    const result = edit?.(text, random, Buffer.from(other.entries.get(part) ?? []).toString('utf8')) ?? null
    return result === null ? null : withEntry(entries, part, Buffer.from(result, 'utf8'))
  }
}

const packed = (entries: Entries): Uint8Array =>
  writeZip(
    [...entries].map(([name, bytes]) => ({ name, bytes })),
    NOON,
  )

async function sameEntries(file: Uint8Array, entries: Entries): Promise<boolean> {
  const read = await readZip(file)
  return read.ok && isSameMap(read.value, entries)
}

const isSame = (a: Uint8Array | undefined, b: Uint8Array): boolean => a !== undefined && Buffer.from(a).equals(b)

async function differsInUnsignedValuesOnly(file: Uint8Array, entries: Entries): Promise<boolean> {
  const theirs = must(await readZip(file))
  const strip = (text: string): string =>
    text.replace(
      /<xades:CompleteCertificateRefs.*?<\/xades:CertificateValues>|<xades:SignatureTimeStamp>.*?<\/xades:SignatureTimeStamp>|<xades:RevocationValues>.*?<\/xades:RevocationValues>/gs,
      '',
    )
  return [...entries].every(([name, bytes]) =>
    name === ENTRY.signature ? strip(signatureText(theirs)) === strip(signatureText(entries)) : isSame(theirs.get(name), bytes),
  )
}
