import { ok } from '../base/result.ts'
import { type Body, bytesBody, type LeftOut, type Octets } from './body.ts'
import { boundaryOf, readContentType } from './content-type.ts'
import { sha512OfHeld } from './digests.ts'
import { type Outcome, refuse } from './faults.ts'
import { type MultipartLimits, type Part, type ReadPart, readMultipart } from './multipart.ts'
import { MULTIPART_LIMITS, PartHeadReader } from './multipart-head.ts'
import { digestOfBody } from './request-hash.ts'
import type { Header } from './rest-headers.ts'

/** What travels with an envelope: its headers (content-type first), and its body, not decoded, in hand or where it lies. */
export type Attachment = { readonly headers: readonly Header[]; readonly body: Body }

/** As many parts as a package may hold, nested ones counted with the rest. */
export const PACKAGE_LIMITS: MultipartLimits = { ...MULTIPART_LIMITS, parts: 256 }
/** Multiparts inside multiparts. */
const MOST_DEPTH = 8

/**
 * The leaves of a multipart body in order: nested multiparts and messages are flattened, their own headers lost, nothing is decoded, as stock
 * servers do with SOAP packages. Each leaf's headers begin with its content-type (lower case, the first if there are several); of others given
 * twice the last one stays. Bodies in hand are views of the message; every body that was left out of it must be that of a leaf ('internal_error').
 *
 * Refused with 'invalid_content_type' for a part without Content-Type or a multipart without boundary, 'mime_parsing_failed' for too many
 * parts or levels, or a header that unfolded is longer than a line may be; other refusals are those of MultipartReader. Source: X-Road PR-MESS.
 */
export function readLeaves(
  boundary: string,
  { body, leftOut = [] }: Octets,
  limits: Partial<MultipartLimits> = {},
): Outcome<readonly Attachment[]> {
  const gathering = { limits: { ...PACKAGE_LIMITS, ...limits }, leftOut, leaves: [] }
  const found = gather(boundary, { body, at: 0 }, MOST_DEPTH, gathering)
  if (!found.ok) return found
  const leaves: readonly Attachment[] = gathering.leaves
  return leaves.filter((leaf) => leaf.body.kind === 'stored').length === leftOut.length
    ? ok(leaves)
    : refuse('internal_error', 'a large body belongs to no part')
}

/** What is read goes by, and what was found so far. */
type Gathering = { readonly limits: MultipartLimits; readonly leftOut: readonly LeftOut[]; readonly leaves: Attachment[] }

/** @param at where the body begins, counted in octets of the whole message */
function gather(boundary: string, { body, at }: Pick<ReadPart, 'body' | 'at'>, depth: number, gathering: Gathering): Outcome<true> {
  if (depth === 0) return refuse('mime_parsing_failed', `multiparts more than ${MOST_DEPTH} deep`)
  const parts = readMultipart(boundary, body, gathering.limits)
  if (!parts.ok) return parts
  for (const part of parts.value) {
    const taken = take({ ...part, at: at + part.at }, depth, gathering)
    if (!taken.ok) return taken
  }
  return ok(true)
}

function take(part: ReadPart, depth: number, gathering: Gathering): Outcome<true> {
  const { limits, leftOut, leaves } = gathering
  const written = contentTypeIn(part)
  if (written === undefined) return refuse('invalid_content_type', `part ${leaves.length + 1} has no Content-Type`)
  const read = readContentType(written)
  if (read?.type.startsWith('multipart/')) {
    const boundary = boundaryOf(read)
    if (boundary === undefined) return refuse('invalid_content_type', `part ${leaves.length + 1} is a multipart without boundary`)
    return gather(boundary, part, depth - 1, gathering)
  }
  if (read?.type === 'message/rfc822') return takeMessage(part, depth, gathering)
  const headers = tidied(written, part.headers)
  if (headers.some(([name, value]) => name.length + value.length + 2 > limits.line))
    return refuse('mime_parsing_failed', `part ${leaves.length + 1}: a header of more than ${limits.line} bytes`)
  if (leaves.push({ headers, body: bodyOf(part, leftOut) }) > limits.parts)
    return refuse('mime_parsing_failed', `more than ${limits.parts} parts`)
  return ok(true)
}

/** Where a body was left out nothing is, and everything it was begins there. */
function bodyOf({ body, at }: ReadPart, leftOut: readonly LeftOut[]): Body {
  const elsewhere = body.length === 0 ? leftOut.find(({ offset }) => offset === at) : undefined
  return elsewhere?.body ?? bytesBody(body)
}

/** A message inside a part has a head of its own; its body is the leaf. */
function takeMessage(message: ReadPart, depth: number, gathering: Gathering): Outcome<true> {
  if (depth === 1) return refuse('mime_parsing_failed', `messages more than ${MOST_DEPTH} deep`)
  const inner = splitMessage(message.body, gathering.limits)
  return inner.ok ? take({ ...inner.value, at: message.at + inner.value.at }, depth - 1, gathering) : inner
}

function splitMessage(message: Uint8Array, limits: MultipartLimits): Outcome<ReadPart> {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength)
  const head = new PartHeadReader(limits)
  for (let at = 0; ; ) {
    const end = bytes.indexOf('\n', at)
    const line = bytes.subarray(at, end < 0 ? bytes.length : end > at && bytes[end - 1] === 0x0d ? end - 1 : end)
    const after = end < 0 ? bytes.length : end + 1
    if (line.length === 0) return ok({ headers: head.take(), body: bytes.subarray(after), at: after })
    const why = line.length > limits.line ? `a header line of more than ${limits.line} bytes` : head.line(line)
    if (why) return refuse('mime_parsing_failed', `a message in a part: ${why}`)
    at = after
  }
}

const isContentType = ([name]: Header): boolean => name.toLowerCase() === 'content-type'
/** A part's Content-Type as written: the first, when there are several. */
export const contentTypeIn = ({ headers }: Pick<Part, 'headers'>): string | undefined => headers.find(isContentType)?.[1]

/** Headers in the form they travel: content-type first, then the others in order; of one name the last value. An unfolded value may begin blank. */
export function tidied(contentType: string, headers: readonly Header[]): readonly Header[] {
  const others = new Map(headers.filter((header) => !isContentType(header)).map(([name, value]) => [name, unblanked(value)]))
  return [['content-type', unblanked(contentType)], ...others]
}
const unblanked = (value: string): string => value.replace(/^[ \t]+/, '')

/** What is signed of a SOAP package, in order: the envelope as /message.xml, each attachment as it travels as /attachment1, /attachment2, …  */
export function packageDigests(
  envelope: Uint8Array,
  attachments: readonly Attachment[],
): readonly { readonly name: string; readonly sha512: Uint8Array }[] {
  const parts = attachments.map(({ body }, index) => ({ name: `/attachment${index + 1}`, sha512: digestOfBody(body) }))
  return [{ name: '/message.xml', sha512: sha512OfHeld(envelope) }, ...parts]
}
