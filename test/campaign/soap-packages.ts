import { joinPieces } from '../../src/protocol/body.ts'
import { headerLines, multipartPieces, type Part } from '../../src/protocol/multipart.ts'
import type { Header } from '../../src/protocol/rest-headers.ts'
import type { Seeded } from './seeded.ts'

/** A package as an information system sends it, and its leaves as they must be read: headers tidied, bodies as they are. */
export type PackageCase = {
  readonly contentType: string
  readonly body: Buffer
  readonly leaves: readonly Part[]
  readonly boundary: string | null
}

const BOUNDARIES = ['OUT', '=_x', '-', 'a b', '----=_Part_1_2.3', '0123456789'.repeat(7)]
const INNER = ['IN', 'OUTer', 'x']
const TYPES = ['text/plain', 'application/octet-stream', 'image/png; name="ñ.png"', 'text/xml', 'application/hash-chain', 'blah']
const BITS = ['\r\n', '\n', '\r', '--', '-', '--IN', '\r\n--Z', 'a', ' ', '\0', ':', 'content-type: text/xml\r\n\r\n', 'text']

const otherHeaders = (random: Seeded): Header[] =>
  Array.from({ length: random.below(4) }, () => [
    random.pick(['Content-ID', 'X-A', 'x-a', 'Content-Transfer-Encoding']),
    random.pick(['<a@b>', 'base64', '\u00f1', '', 'a  b']),
  ])

function bodyFor(random: Seeded, boundaries: readonly string[]): Buffer {
  const body = random.chance(0.5)
    ? Buffer.from(random.bytes(random.below(60)))
    : Buffer.from(Array.from({ length: random.below(10) }, () => random.pick(BITS)).join(''), 'latin1')
  return boundaries.some((boundary) => body.includes(`--${boundary}`, 0, 'latin1')) ? Buffer.from('plain') : body
}

/** What must be read of a part: content-type first, of one name the last, values trimmed as they come off a line. */
export function tidy(type: string, headers: readonly Header[]): readonly Header[] {
  const names = [...new Set(headers.map(([name]) => name))]
  return [['content-type', type], ...names.map((name): Header => [name, headers.findLast(([each]) => each === name)?.[1] as string])]
}

type Made = { readonly wire: Part; readonly leaves: readonly Part[] }

function leaf(random: Seeded, type: string, body: Buffer): Made {
  const others = otherHeaders(random)
  const at = random.below(others.length + 1)
  const wire = { headers: others.toSpliced(at, 0, [random.pick(['Content-Type', 'content-type', 'CONTENT-TYPE']), type]), body }
  return { wire, leaves: [{ headers: tidy(type, others), body }] }
}

/** A delimiter may begin like a line of a part: `--OUT` and `--OUTer`. */
const packed = (boundary: string, parts: readonly Part[]): Buffer =>
  Buffer.from(
    joinPieces(
      multipartPieces(
        boundary,
        parts.map(({ headers, body }) => ({ lines: headerLines(headers), body: [body] })),
      ),
    ).body,
  )

/** Some leaves in a multipart or a message of their own, which must not be seen any more once read. */
function nested(random: Seeded, made: readonly Made[], boundary: string): Made {
  const [first] = made
  const leaves = made.flatMap((each) => each.leaves)
  if (first && made.length === 1 && random.chance(0.3)) {
    const head = first.wire.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    const body = Buffer.concat([Buffer.from(`${head}\r\n`, 'latin1'), first.wire.body])
    return { wire: { headers: [['Content-Type', 'message/rfc822']], body }, leaves }
  }
  const type = `multipart/${random.pick(['mixed', 'related', 'Alternative'])}; boundary="${boundary}"`
  return {
    wire: {
      headers: [
        ['Content-Type', type],
        ['X-Lost', '1'],
      ],
      body: packed(
        boundary,
        made.map(({ wire }) => wire),
      ),
    },
    leaves,
  }
}

export function packageCase(random: Seeded, envelope: Buffer): PackageCase {
  if (random.chance(0.3)) {
    const contentType = random.pick(['text/xml', 'Text/XML; charset="utf-8"', 'application/xop+xml; type="text/xml"'])
    return { contentType, body: envelope, leaves: [{ headers: [['content-type', contentType]], body: envelope }], boundary: null }
  }
  const boundary = random.pick(BOUNDARIES.filter((each) => !envelope.includes(`--${each}`, 0, 'latin1')))
  const all = [boundary, ...INNER]
  let parts = [leaf(random, random.pick(['text/xml', 'APPLICATION/XOP+XML', 'text/xml; charset=UTF-8']), envelope)]
  for (let left = random.below(4); left > 0; left--) parts.push(leaf(random, random.pick(TYPES), bodyFor(random, all)))
  if (!INNER.some((each) => each === boundary || envelope.includes(`--${each}`, 0, 'latin1')))
    for (const inner of INNER) if (random.chance(0.3)) parts = gathered(random, parts, inner)
  const contentType = `multipart/related; type="text/xml"; boundary="${boundary}"${random.pick(['', '; charset=UTF-8', '; start="<a>"'])}`
  const preamble = Buffer.from(random.pick(['', '', '\r\n', 'preamble\r\n']), 'latin1')
  const body = Buffer.concat([
    preamble,
    packed(
      boundary,
      parts.map(({ wire }) => wire),
    ),
    Buffer.from(random.pick(['', 'epilogue'])),
  ])
  return { contentType, body, leaves: parts.flatMap(({ leaves }) => leaves), boundary }
}

function gathered(random: Seeded, parts: readonly Made[], boundary: string): Made[] {
  if (parts.some(({ wire }) => Buffer.from(wire.body).includes(`--${boundary}`, 0, 'latin1'))) return [...parts]
  const from = random.below(parts.length)
  const to = from + 1 + random.below(parts.length - from)
  return [...parts.slice(0, from), nested(random, parts.slice(from, to), boundary), ...parts.slice(to)]
}

/** One damage to bytes that were whole. Some do no harm. */
export function damaged(random: Seeded, whole: Buffer): Buffer {
  const at = random.below(whole.length + 1)
  switch (random.below(6)) {
    case 0:
      return whole.subarray(0, at)
    case 1:
      return Buffer.concat([
        whole.subarray(0, at),
        Buffer.from(random.pick([...BITS, '\r\n--OUT\r\n', '<', '>']), 'latin1'),
        whole.subarray(at),
      ])
    case 2:
      return Buffer.concat([whole.subarray(0, at), whole.subarray(at + 1 + random.below(8))])
    case 3: {
      const copy = Buffer.from(whole)
      copy[Math.min(at, copy.length - 1)] = random.below(256)
      return copy
    }
    case 4: {
      const text = whole.toString('latin1')
      const lines = text.split('\r\n')
      return Buffer.from(
        lines.toSpliced(random.below(lines.length), 1, ...(random.chance(0.5) ? [random.pick(lines)] : [])).join('\r\n'),
        'latin1',
      )
    }
    default:
      return Buffer.from(
        whole.toString('latin1').replace(/content-type/gi, (found) => (random.chance(0.3) ? 'Cont-Type' : found)),
        'latin1',
      )
  }
}
