import { ok } from '../base/result.ts'
import { type Outcome, refuse } from './faults.ts'
import { BLOCK_LIMITS, type Header, isOfTheHop } from './rest-headers.ts'

/**
 * The signed octets of a REST message: two lines (method and target, or status and reason), then 'name:value' lines.
 * UTF-8, CR LF after every line, no space after the colon, no blank line at the end.
 */
export type BlockLines = { readonly first: string; readonly second: string; readonly headers: readonly Header[] }

/** The canonical form. Never fails; what goes in was checked before. */
export function writeBlock({ first, second, headers }: BlockLines): Uint8Array {
  let text = `${first}\r\n${second}\r\n`
  for (const [name, value] of headers) text += `${name}:${value}\r\n`
  return Buffer.from(text, 'utf8')
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads a block as stock servers do: lines may end in CR, LF or CR LF, the last one without; values are not trimmed.
 * Refused with 'internal_error': no UTF-8, a blank line, a line without colon, a header that belongs to one hop.
 */
export function readBlock(block: Uint8Array): Outcome<BlockLines> {
  if (block.length > BLOCK_LIMITS.bytes)
    return refuse('internal_error', `a block of ${block.length} bytes; at most ${BLOCK_LIMITS.bytes}`, 'too_many_headers')
  const text = decodeUtf8(block)
  if (text === undefined) return refuse('internal_error', 'the block is not UTF-8', 'malformed_block')
  const lines = text.split(/\r\n|\r|\n/)
  if (lines.at(-1) === '') lines.pop()
  const [first, second, ...rest] = lines
  if (first === undefined || second === undefined)
    return refuse('internal_error', 'the block ends before its second line', 'malformed_block')
  const headers: Header[] = []
  for (const [index, line] of rest.entries()) {
    const colon = line.indexOf(':')
    if (colon <= 0) return refuse('internal_error', `line ${index + 3} of the block is not name:value`, 'malformed_block')
    const name = line.slice(0, colon)
    if (isOfTheHop(name))
      return refuse('internal_error', `the block carries the header ${name}, which belongs to one hop`, 'malformed_block')
    headers.push([name, line.slice(colon + 1)])
  }
  return ok({ first, second, headers })
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes)
  } catch {
    return undefined // the only error a fatal decoder has; the caller names it
  }
}
