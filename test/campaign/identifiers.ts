import type { Outcome } from '../../src/protocol/faults.ts'
import {
  type ClientId,
  componentFault,
  formatId,
  parseClientId,
  parseServerId,
  parseServiceId,
  type ServerId,
  type ServiceId,
} from '../../src/protocol/identifiers.ts'
import { type Seeded, seeded } from './seeded.ts'

export type IdentifierFigures = {
  readonly seed: number
  readonly cases: number
  readonly accepted: number
  readonly refused: number
  readonly slowestMs: number
}

/**
 * `count` texts: half of them identifiers we wrote from random components, half with one damage or made of random pieces.
 * Written ones read back equal and write again byte for byte; whatever is accepted writes to a form that reads back equal, and agrees
 * with a decoder made for the test. Throws at the first case that breaks a rule.
 */
export async function run(count: number, seed: number): Promise<IdentifierFigures> {
  const random = seeded(seed)
  let accepted = 0
  let slowestMs = 0
  for (let index = 0; index < count; index++) {
    const where = `seed ${seed}, case ${index}`
    const id = idOf(random)
    const honest = index % 2 === 0
    const text = honest ? formatId(id) : dishonest(formatId(id), random)
    const parse = parserOf(id)
    const before = performance.now()
    const outcome = parse(text)
    slowestMs = Math.max(slowestMs, performance.now() - before)
    if (honest) mustEqual(outcome, id, text, where)
    if (outcome.ok) accepted++
    mustAgree(outcome, text, where)
  }
  return { seed, cases: count, accepted, refused: count - accepted, slowestMs: Math.round(slowestMs * 100) / 100 }
}

type Id = ClientId | ServiceId | ServerId
type Parse = (text: string) => Outcome<Id>
const parserOf = (id: Id): Parse => ('serverCode' in id ? parseServerId : 'serviceCode' in id ? parseServiceId : parseClientId)

function mustEqual(outcome: Outcome<Id>, id: Id, text: string, where: string): void {
  if (!outcome.ok) throw new Error(`${where}: ${text} was refused: ${outcome.fault.detail}`)
  if (JSON.stringify(outcome.value) !== JSON.stringify(id))
    throw new Error(`${where}: ${text} reads back as ${JSON.stringify(outcome.value)}`)
  if (formatId(outcome.value) !== text) throw new Error(`${where}: ${text} writes again as ${formatId(outcome.value)}`)
}

/** The oracle: percent-decoding byte by byte, and no opinion on how many components there must be. */
function mustAgree(outcome: Outcome<Id>, text: string, where: string): void {
  const parts = text.split('/').map(slowDecode)
  if (!outcome.ok) return
  const values = Object.values(outcome.value)
  const expected = parts.filter((part, at) => !(part === '' && at === 3 && parts.length === 6))
  if (JSON.stringify(values) !== JSON.stringify(expected)) throw new Error(`${where}: ${text} was read as ${JSON.stringify(values)}`)
  if (values.some((value) => componentFault(value))) throw new Error(`${where}: ${text} holds a component that must not be`)
}

function slowDecode(part: string): string | null {
  const bytes: number[] = []
  for (let at = 0; at < part.length; at += part[at] === '%' ? 3 : 1)
    bytes.push(part[at] === '%' ? Number.parseInt(part.slice(at + 1, at + 3), 16) : part.charCodeAt(at))
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes))
  } catch {
    return null
  }
}

const LETTERS = [...'aZ09 -._~!$&\'()*+,;=:@/%?#[]\\"<>|{}^`', 'ñ', 'é', '中', '\u{1f40e}', '\u200b', '\ufeff', '\ufffd']

function component(random: Seeded): string {
  const text = Array.from({ length: 1 + random.below(8) }, () => random.pick(LETTERS)).join('')
  return componentFault(text) ? `x${text}` : text
}

function idOf(random: Seeded): Id {
  const member = { instance: component(random), memberClass: component(random), memberCode: component(random) }
  if (random.chance(0.1)) return { ...member, serverCode: component(random) }
  const client: ClientId = random.chance(0.7) ? { ...member, subsystemCode: component(random) } : member
  if (random.chance(0.5)) return client
  const service: ServiceId = { ...client, serviceCode: component(random) }
  return random.chance(0.3) ? { ...service, serviceVersion: component(random) } : service
}

const PIECES = [
  '/',
  '//',
  '%',
  '%2',
  '%2F',
  '%00',
  '%0A',
  '%ff',
  '%C3%B1',
  '..',
  '%2e%2e',
  ' ',
  'ñ',
  '\u0000',
  '\n',
  '?',
  '#',
  '+',
  '%20',
  'a',
]

/** One damage, or a text of random pieces. Some do no harm: an escape more, another letter. */
function dishonest(text: string, random: Seeded): string {
  const at = random.below(text.length + 1)
  switch (random.below(5)) {
    case 0:
      return text.slice(0, at) + random.pick(PIECES) + text.slice(at)
    case 1:
      return text.slice(0, at) + text.slice(at + 1 + random.below(4))
    case 2:
      return text.slice(0, at)
    case 3:
      return text.replace(/[A-Za-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`)
    default:
      return Array.from({ length: random.below(12) }, () => random.pick(PIECES)).join('')
  }
}
