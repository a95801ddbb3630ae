import type { Document } from 'yaml'
import { ok } from '../../base/result.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { nestingOf } from '../contract/json.ts'

/** A description as its text and as a tree whose nodes know where in the text they stand. */
export type OpenApiSource = { readonly text: string; readonly document: Document.Parsed }
/** 'json' holds the text to JSON's own rules first. */
export type SourceForm = 'json' | 'yaml'

/** The largest descriptions of public services have about one megabyte and 200,000 tokens. */
export const MOST_DESCRIPTION = 2 * 1024 * 1024
const MOST_TOKENS = 300_000
const DEEPEST = 64

/**
 * Reads YAML or JSON in UTF-8. The parser is loaded when the first description is read and not before: no message waits for it.
 * Refused with 'malformed_server_conf': too large, too deep, not well-formed, a key given twice, more than one document.
 */
export async function readSource(bytes: Uint8Array, form: SourceForm = 'yaml'): Promise<Outcome<OpenApiSource>> {
  if (bytes.length > MOST_DESCRIPTION) return malformed(`it is larger than ${MOST_DESCRIPTION} octets`)
  const text = decoded(bytes)
  if (text === undefined) return malformed('it is not in UTF-8')
  if (form === 'json' && !isJson(text)) return malformed('it is not JSON')
  const yaml = await import('yaml')
  if (hasMore(new yaml.Lexer().lex(text), MOST_TOKENS)) return malformed(`it has more than ${MOST_TOKENS} tokens`)
  // Equal keys are looked for below: the parser's own way takes the square of their number.
  const options = { uniqueKeys: false, prettyErrors: false, merge: true, logLevel: 'silent' } as const
  const document = withoutOverflow(() => yaml.parseDocument(text, options))
  if (!document) return malformed('it is nested too deeply')
  const [problem] = document.errors
  if (problem) return malformed(`${problem.message.split('\n', 1)[0]}, character ${problem.pos[0]}`)
  const twice = keyGivenTwice(document, yaml)
  return twice === undefined ? ok({ text, document }) : malformed(twice)
}

const malformed = (why: string) => refuse('malformed_server_conf', `OpenAPI: ${why}`)

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined // the only error a fatal decoder has; the caller names it
  }
}

function isJson(text: string): boolean {
  if (nestingOf(text) > DEEPEST) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false // not JSON: the caller says so
  }
}

function hasMore(tokens: Iterable<string>, most: number): boolean {
  let count = 0
  for (const _ of tokens) if (++count > most) return true
  return false
}

/** undefined when the text nests deeper than the parser's stack: a text of brackets, not a description. */
function withoutOverflow<T>(parse: () => T): T | undefined {
  try {
    return parse()
  } catch (problem) {
    if (problem instanceof RangeError) return undefined
    throw problem
  }
}

function keyGivenTwice(document: Document.Parsed, yaml: typeof import('yaml')): string | undefined {
  let found: string | undefined
  yaml.visit(document, {
    Map: (_, map, path) => {
      if (path.length > 4 * DEEPEST) found = 'it is nested too deeply'
      const seen = new Set<unknown>()
      for (const { key } of map.items) {
        const name = yaml.isScalar(key) ? key.value : key
        if (seen.has(name)) found = `the key "${String(name).slice(0, 100)}" is given twice`
        seen.add(name)
      }
      return found === undefined ? undefined : yaml.visit.BREAK
    },
  })
  return found
}
