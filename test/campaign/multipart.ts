import type { Outcome } from '../../src/protocol/faults.ts'
import { MultipartReader, type Part, type PartEvent, partsOf, readMultipart, writeMultipart } from '../../src/protocol/multipart.ts'
import { type Seeded, seeded } from './seeded.ts'

export type MultipartFigures = {
  readonly seed: number
  readonly cases: number
  readonly accepted: number
  readonly refused: number
  readonly slowestMs: number
  readonly refusals: Readonly<Record<string, number>>
}

/**
 * `count` messages: a quarter written by us, a quarter as other programs write them (LF, preamble, folds, blanks), half with one damage or made
 * of random pieces. Written ones read back equal and write again byte for byte; every message gives the same parts or refusal whole, in random
 * pieces, and by a slow reader made for the test. Throws at the first case that breaks a rule.
 */
export async function run(count: number, seed: number): Promise<MultipartFigures> {
  const random = seeded(seed)
  const refusals: Record<string, number> = {}
  let accepted = 0
  let slowestMs = 0
  for (let index = 0; index < count; index++) {
    const where = `seed ${seed}, case ${index}`
    const boundary = random.pick(BOUNDARIES)
    const kind = index % 4
    const parts = partsFor(boundary, random)
    const message =
      kind === 0
        ? Buffer.from(writeMultipart(boundary, parts))
        : kind === 1
          ? foreign(boundary, parts, random)
          : dishonest(boundary, parts, random)
    const before = performance.now()
    const outcome = readMultipart(boundary, message)
    slowestMs = Math.max(slowestMs, performance.now() - before)
    if (kind < 2 && !outcome.ok) throw new Error(`${where}: an honest message was refused: ${outcome.fault.detail}`)
    if (kind < 2 && outcome.ok && !sameParts(outcome.value, parts)) throw new Error(`${where}: other parts than were written`)
    if (kind === 0 && outcome.ok && !message.equals(writeMultipart(boundary, outcome.value)))
      throw new Error(`${where}: written again it differs`)
    const judged = verdict(outcome)
    if (judged !== verdict(inPieces(boundary, message, random))) throw new Error(`${where}: in pieces it is something else`)
    const slowly = slowRead(boundary, message)
    if ((slowly ? show(slowly) : 'refused') !== (outcome.ok ? show(outcome.value) : 'refused'))
      throw new Error(`${where}: the slow reader disagrees`)
    if (outcome.ok) accepted++
    else refusals[outcome.fault.path.join('.')] = (refusals[outcome.fault.path.join('.')] ?? 0) + 1
  }
  return { seed, cases: count, accepted, refused: count - accepted, slowestMs: Math.round(slowestMs * 100) / 100, refusals }
}

const BOUNDARIES = ['B', '-', '--', 'xtopAbCdEfGh', 'a b', '=_x', '0123456789'.repeat(7)]
const show = (parts: readonly Part[]): string =>
  JSON.stringify(parts.map(({ headers, body }) => [headers, Buffer.from(body).toString('latin1')]))
const sameParts = (a: readonly Part[], b: readonly Part[]): boolean => show(a) === show(b)
const verdict = (outcome: Outcome<readonly Part[]>): string => (outcome.ok ? show(outcome.value) : outcome.fault.path.join('.'))

function inPieces(boundary: string, message: Buffer, random: Seeded): Outcome<readonly Part[]> {
  const reader = new MultipartReader(boundary)
  const events: PartEvent[] = []
  const most = random.pick([1, 3, 20, 200])
  for (let at = 0; at < message.length; ) {
    const size = 1 + random.below(most)
    const pushed = reader.push(message.subarray(at, at + size))
    if (!pushed.ok) return pushed
    events.push(...pushed.value)
    at += size
  }
  const ended = reader.end()
  return ended.ok ? { ok: true, value: partsOf([...events, ...ended.value]) } : ended
}

/** The oracle: line by line over the whole text, nothing held back, no chunks. null: refused. */
function slowRead(boundary: string, message: Buffer): readonly Part[] | null {
  const parts: Part[] = []
  let headers: [string, string][] = []
  let state: 'preamble' | 'head' | 'body' = 'preamble'
  let [body, before, open] = ['', '', false]
  for (const line of message.toString('latin1').split(/(?<=\n)/)) {
    const what = delimiterKind(line, boundary)
    if (state === 'head') {
      const text = line.replace(/\r?\n$/, '')
      if (!line.endsWith('\n') || text.startsWith(`--${boundary}`) || /[\0\r]/.test(text)) return null
      if (text === '') [state, body, before] = ['body', '', '']
      else if (/^[ \t]/.test(text)) {
        if (!open) return null
        ;(headers.at(-1) as [string, string])[1] += ` ${text.trim()}`
      } else {
        open = text.indexOf(':') > 0
        if (open) headers.push([text.slice(0, text.indexOf(':')).trimEnd(), text.slice(text.indexOf(':') + 1).trim()])
      }
    } else if (what === 'none') {
      body += before + line.replace(/\r?\n$/, '')
      before = /\r?\n$/.exec(line)?.[0] ?? ''
    } else {
      if (state === 'body') parts.push({ headers, body: Buffer.from(body, 'latin1') })
      if (what === 'last') return parts
      ;[headers, state, open] = [[], 'head', false]
    }
  }
  return state === 'preamble' ? [] : null
}

function delimiterKind(line: string, boundary: string): 'none' | 'next' | 'last' {
  if (!line.startsWith(`--${boundary}`)) return 'none'
  const rest = line.slice(boundary.length + 2)
  return /^--[ \t]*\r?\n?$/.test(rest) ? 'last' : /^[ \t]*\r?\n$/.test(rest) ? 'next' : 'none'
}

const NAMES = ['content-type', 'Content-ID', 'X-A']
const VALUES = ['a/b', 'application/hash-chain', 'x; y="z"', '\u00f1', '']
const BITS = ['\r\n', '\n', '\r', '--', '-', '--B', '\r\n--B', '--xtopAbCdEfG', 'a', ' ', '\0', ':', '\r\n\r\n', 'text']

function partsFor(boundary: string, random: Seeded): Part[] {
  return Array.from({ length: random.below(5) }, () => ({
    headers: Array.from({ length: random.below(4) }, () => [random.pick(NAMES), random.pick(VALUES)] as const),
    body: bodyFor(boundary, random),
  }))
}

function bodyFor(boundary: string, random: Seeded): Uint8Array {
  const body = random.chance(0.5) ? Buffer.from(random.bytes(random.below(80))) : Buffer.from(pieces(random, 12), 'latin1')
  return body.includes(`--${boundary}`, 0, 'latin1') ? Buffer.from('plain') : body
}

const pieces = (random: Seeded, most: number): string => Array.from({ length: random.below(most) }, () => random.pick(BITS)).join('')

/** The same parts as another program may write them. */
function foreign(boundary: string, parts: readonly Part[], random: Seeded): Buffer {
  const blanks = () => random.pick(['', '', ' ', '\t '])
  const end = random.chance(0.3) ? '\n' : '\r\n'
  const preamble = random.chance(0.3) ? `a preamble${end}` : ''
  const head = (name: string, value: string) => `${name}:${blanks()}${value}${random.chance(0.1) ? `${end}` : end}`
  const written = parts.map(({ headers, body }) => {
    const junk = random.chance(0.1) ? `no colon here${end}` : ''
    // a bare LF cannot follow a body that ends in CR: it would read as CR LF
    const before = body.at(-1) === 0x0d ? '\r\n' : end
    return `--${boundary}${blanks()}${end}${headers.map(([name, value]) => head(name, value)).join('')}${junk}${end}${Buffer.from(body).toString('latin1')}${before}`
  })
  const epilogue = random.pick(['', end, `${end}an epilogue --${boundary}`])
  return Buffer.from(`${preamble}${written.join('')}--${boundary}--${random.pick(['', ' '])}${epilogue}`, 'latin1')
}

/** One damage, or random pieces. Some do no harm: a byte of a body, a header more. */
function dishonest(boundary: string, parts: readonly Part[], random: Seeded): Buffer {
  const whole = Buffer.from(writeMultipart(boundary, parts))
  const at = random.below(whole.length)
  switch (random.below(9)) {
    case 0:
    case 6:
      return whole.subarray(0, at)
    case 1:
      return Buffer.concat([whole.subarray(0, at), Buffer.from(random.pick(BITS), 'latin1'), whole.subarray(at)])
    case 2:
      return Buffer.concat([whole.subarray(0, at), whole.subarray(at + 1 + random.below(6))])
    case 3: {
      const copy = Buffer.from(whole)
      copy[at] = random.below(256)
      return copy
    }
    case 7:
      return Buffer.from(
        whole.toString('latin1').replace(/\r\n(\r\n)?/, random.pick(['\r\n \r\n', '\r\n\0\r\n', '\r\nA: \r\r\n', '\r\n'])),
        'latin1',
      )
    case 4:
    case 8:
      return Buffer.from(
        whole.toString('latin1').replace(`--${boundary}--`, random.pick(['', `--${boundary}`, `--${boundary}-`, `--${boundary}--x`])),
        'latin1',
      )
    default:
      return Buffer.from(
        Array.from({ length: random.below(9) }, () =>
          random.pick([`--${boundary}`, `--${boundary}--`, '\r\n', 'A: b', pieces(random, 4)]),
        ).join(''),
        'latin1',
      )
  }
}
