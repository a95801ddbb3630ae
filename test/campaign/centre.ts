import { answerManagement } from '../../src/exchange/centre/management.ts'
import { publish, publishedFile } from '../../src/exchange/centre/publication.ts'
import { setAddress } from '../../src/exchange/centre/servers.ts'
import { base64 } from '../../src/protocol/digests.ts'
import { codeOf } from '../../src/protocol/faults.ts'
import { checkPart, SHARED } from '../../src/trust/directory-part.ts'
import { readManagementRequest, type Wanted } from '../../src/trust/registry/management-request.ts'
import { readManagementReply, type WrittenRequest } from '../../src/trust/registry/write-request.ts'
import { mayFollow, publicationOf } from '../../src/trust/roll-back.ts'
import { isAllOf, readSignedDirectory } from '../../src/trust/signed-directory.ts'
import { agency, registered, requestOf, subsystem } from '../exchange/centre/management.ts'
import { centreCast, server, type TestCentre, testCentre } from '../exchange/centre/test-centre.ts'
import { type Seeded, seeded } from './seeded.ts'

export type CentreFigures = {
  readonly seed: number
  readonly configurations: Count
  readonly requests: Count
  readonly refusedWith: Readonly<Record<string, number>>
}
/** `same`: changed octets that are no part of what is said (the case of a MIME header, say), and it is read as the very original. */
type Count = {
  readonly mutations: number
  readonly accepted: number
  readonly refused: number
  readonly same: number
  readonly controls: number
}

/**
 * Mutates what a centre publishes and what it is asked, `count` in all, half and half: none may be accepted. Unchanged ones (controls) must be, and
 * after each refused request the registry must be what it was. Throws at the first mutation that gets through.
 */
export async function run(count: number, seed: number): Promise<CentreFigures> {
  const random = seeded(seed)
  const codes = new Map<string, number>()
  const note = (code: string) => void codes.set(code, (codes.get(code) ?? 0) + 1)
  const configurations = await mutateConfigurations(Math.ceil(count / 2), random, note)
  const requests = await mutateRequests(Math.floor(count / 2), random, note)
  return { seed, configurations, requests, refusedWith: Object.fromEntries([...codes].sort(([, a], [, b]) => b - a)) }
}

type Note = (code: string) => void

async function mutateConfigurations(count: number, random: Seeded, note: Note): Promise<Count> {
  const centre = await testCentre()
  await registered(centre, 'DIF')
  const { conf } = await centreCast()
  const older = await published(centre)
  centre.wait(1000)
  await centre.rule((work) => setAddress(work, server('DIF'), 'nueva.example'))
  await publish(centre.ports)
  const newer = await published(centre)
  const at = centre.clock.now
  const read = (bytes: Uint8Array, shared: Uint8Array) => {
    const directory = readSignedDirectory(bytes, [conf.certificate.der], at)
    if (!directory.ok) return directory
    const own = isAllOf(directory.value, 'LAB')
    if (!own.ok) return own
    const part = directory.value.parts.find(({ identifier }) => identifier === SHARED)
    const content = part && checkPart(part, directory.value.version, shared)
    if (!content?.ok || !content.value.shared) return content?.ok === false ? content : directory
    const current = publicationOf(newer.directory, newer.parameters)
    const allowed = mayFollow(current, publicationOf(directory.value, content.value.shared))
    return allowed.ok ? directory : allowed
  }
  const figures = { mutations: 0, accepted: 0, refused: 0, same: 0, controls: 0 }
  const said = (directory: unknown) =>
    JSON.stringify(directory, (key, value) =>
      key === 'signer' ? undefined : value instanceof Uint8Array ? base64(value) : typeof value === 'bigint' ? `${value}` : value,
    )
  while (figures.mutations < count) {
    const inPart = random.chance(0.3)
    const bytes = inPart ? newer.bytes : mutated(newer.bytes, older.bytes, random)
    const shared = inPart ? mutated(newer.shared, older.shared, random) : newer.shared
    if (Buffer.compare(bytes, newer.bytes) === 0 && Buffer.compare(shared, newer.shared) === 0) continue
    figures.mutations++
    const outcome = read(bytes, shared)
    if (!outcome.ok) {
      figures.refused++
      note(codeOf(outcome.fault))
    } else if (!inPart && said(outcome.value) === said(newer.directory)) figures.same++
    else throw new Error(`a mutated configuration was accepted: ${Buffer.from(inPart ? shared : bytes).toString('base64')}`)
    if (figures.mutations % 100 === 0 && read(newer.bytes, newer.shared).ok) figures.controls++
  }
  const rolledBack = read(older.bytes, older.shared)
  if (rolledBack.ok) throw new Error('an older configuration took the place of a newer one')
  note(codeOf(rolledBack.fault))
  return figures
}

async function published(centre: TestCentre) {
  const bytes = (await publishedFile('/internalconf', '6', centre.ports)) as Uint8Array
  const directory = readSignedDirectory(bytes, [(await centreCast()).conf.certificate.der], centre.clock.now)
  if (!directory.ok) throw new Error(codeOf(directory.fault))
  const part = directory.value.parts.find(({ identifier }) => identifier === SHARED)
  const shared = (await publishedFile(part?.location ?? '', null, centre.ports)) as Uint8Array
  const content = part && checkPart(part, 6, shared)
  if (!content?.ok || !content.value.shared) throw new Error('not readable')
  return { bytes, shared, directory: directory.value, parameters: content.value.shared }
}

async function mutateRequests(count: number, random: Seeded, note: Note): Promise<Count> {
  const centre = await testCentre()
  await registered(centre, 'DIF', [subsystem('DIF', 'APOYOS')])
  const { tls2, tls } = await agency('DIF')
  const asked: readonly Wanted[] = [
    { type: 'authCertReg', server: server('DIF'), certificate: base64(tls2.certificate.der), address: 'dif.example' },
    { type: 'authCertDeletion', server: server('DIF'), certificate: base64(tls.certificate.der) },
    { type: 'clientReg', server: server('DIF'), client: subsystem('DIF', 'PADRON') },
    { type: 'clientDeletion', server: server('DIF'), client: subsystem('DIF', 'APOYOS') },
    { type: 'addressChange', server: server('DIF'), address: 'otra.example' },
    { type: 'maintenanceModeEnable', server: server('DIF'), message: 'Hasta las 5' },
  ]
  const originals = await Promise.all(
    asked.map((wanted) => requestOf(centre, wanted, wanted.type === 'authCertReg' ? { possession: tls2 } : {})),
  )
  const copy = centre.store.copy()
  const lockedBefore = new Map(centre.locked.files)
  const registryBefore = JSON.stringify(await centre.registry())
  const reset = () => {
    centre.store.restore(copy)
    centre.locked.files.clear()
    for (const [name, bytes] of lockedBefore) centre.locked.files.set(name, bytes)
  }
  const figures = { mutations: 0, accepted: 0, refused: 0, same: 0, controls: 0 }
  while (figures.mutations < count) {
    const original = random.pick(originals)
    const sent = mutatedRequest(original, random.pick(originals), random)
    if (sent.contentType === original.contentType && Buffer.compare(sent.body, original.body) === 0) continue
    figures.mutations++
    const isDirect = original === originals[0]
    const answer = await answerManagement({ ...sent, door: isDirect ? 'direct' : 'exchange' }, centre.ports)
    const reply = readManagementReply(answer.body)
    if (reply.ok) {
      if (!originals.some((each) => saysTheSame(each, sent))) throw new Error(`a mutated request was accepted: ${base64(sent.body)}`)
      figures.same++
    } else {
      figures.refused++
      note(reply.fault.relayed?.code ?? codeOf(reply.fault))
      if (JSON.stringify(await centre.registry()) !== registryBefore) throw new Error('a refused request changed the registry')
    }
    if (reply.ok || figures.mutations % 50 === 0) reset()
    if (figures.mutations % 500 === 0) {
      const control = readManagementReply(
        (await answerManagement({ ...original, door: isDirect ? 'direct' : 'exchange' }, centre.ports)).body,
      )
      if (!control.ok) throw new Error(`an unchanged request was refused: ${codeOf(control.fault)}`)
      figures.controls++
      reset()
    }
  }
  return figures
}

/** Read as the very same message, signatures and certificates: only the wrapping differs. */
function saysTheSame(original: WrittenRequest, sent: WrittenRequest): boolean {
  const [a, b] = [readManagementRequest(original.contentType, original.body), readManagementRequest(sent.contentType, sent.body)]
  const parts = (request: typeof a) =>
    request.ok &&
    [
      request.value.soap.bytes,
      ...[request.value.signature, request.value.possession].flatMap((each) => (each ? [each.value, each.certificate] : [])),
    ]
      .map((bytes) => base64(bytes))
      .join()
  return a.ok && b.ok && parts(a) === parts(b)
}

function mutatedRequest(original: WrittenRequest, other: WrittenRequest, random: Seeded): WrittenRequest {
  if (random.chance(0.05))
    return {
      ...original,
      contentType: Buffer.from(mutated(Buffer.from(original.contentType), Buffer.from('text/xml'), random)).toString('latin1'),
    }
  if (random.chance(0.15)) return { ...original, body: partsSwapped(original, other, random) }
  return { ...original, body: mutated(original.body, other.body, random) }
}

/** Parts of two requests in each other's places, one left out, one twice. */
function partsSwapped({ body }: WrittenRequest, other: WrittenRequest, random: Seeded): Uint8Array {
  const delimiter = '--limite-de-prueba'
  const [mine, theirs] = [body, other.body].map((each) => Buffer.from(each).toString('latin1').split(delimiter)) as [string[], string[]]
  const at = 1 + random.below(mine.length - 2)
  const from = 1 + random.below(theirs.length - 2)
  const how = random.below(4)
  if (how === 0) mine[at] = theirs[from] as string
  else if (how === 1) mine.splice(at, 1)
  else if (how === 2) mine.splice(at, 0, mine[at] as string)
  else [mine[at], mine[1 + random.below(mine.length - 2)]] = [mine[1 + random.below(mine.length - 2)] as string, mine[at] as string]
  return Buffer.from(mine.join(delimiter), 'latin1')
}

const WORDS = [
  'LAB',
  'OTRA',
  'DIF',
  'SEDESOQ',
  'OPERADOR',
  'GESTION',
  'authCertReg',
  'clientReg',
  'Expire-date',
  '2026',
  '2027',
  'Version: 6',
  'Version: 2',
  'sha512',
  'sha1',
  'SHA256withRSA',
  'SHA1withRSA',
  'true',
  '\r\n',
  '--',
  '<!DOCTYPE x>',
  '<!--x-->',
]

/** One change, seldom two: a bit, octets gone, added or doubled, cut short, a word for another, a piece of another document. */
function mutated(bytes: Uint8Array, other: Uint8Array, random: Seeded): Uint8Array {
  const changed = mutatedOnce(bytes, other, random)
  return random.chance(0.1) ? mutatedOnce(changed, other, random) : changed
}

function mutatedOnce(bytes: Uint8Array, other: Uint8Array, random: Seeded): Uint8Array {
  const at = random.below(bytes.length + 1)
  const length = 1 + random.below(random.chance(0.8) ? 8 : 400)
  switch (random.below(8)) {
    case 0: {
      const flipped = Uint8Array.from(bytes)
      const place = Math.min(at, bytes.length - 1)
      flipped[place] = (flipped[place] as number) ^ (1 << random.below(8))
      return flipped
    }
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])
    case 2:
      return Buffer.concat([bytes.subarray(0, at), random.bytes(length), bytes.subarray(at)])
    case 3:
      return Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)])
    case 4:
      return bytes.subarray(0, at)
    case 5: {
      const from = random.below(other.length)
      return Buffer.concat([bytes.subarray(0, at), other.subarray(from, from + length), bytes.subarray(at + length)])
    }
    case 6:
      return Buffer.concat([bytes, random.chance(0.5) ? random.bytes(length) : other.subarray(0, length)])
    default: {
      const text = Buffer.from(bytes).toString('latin1')
      const word = random.pick(WORDS)
      const start = random.below(text.length)
      const found = text.indexOf(word, start) >= 0 ? text.indexOf(word, start) : text.indexOf(word)
      if (found < 0) return Buffer.from(`${text.slice(0, start)}${word}${text.slice(start)}`, 'latin1')
      return Buffer.from(`${text.slice(0, found)}${random.pick(WORDS)}${text.slice(found + word.length)}`, 'latin1')
    }
  }
}
