import type { Document, YAMLMap } from 'yaml'
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
 * Refused with 'malformed_server_conf': too large, too deep, not well-formed, a key given twice, an alias of nothing, more than one document.
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
  const unsound = problemIn(document, yaml)
  return unsound === undefined ? ok({ text, document }) : malformed(unsound)
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

/** What the parser lets pass: a key given twice, an alias of nothing. */
function problemIn(document: Document.Parsed, yaml: typeof import('yaml')): string | undefined {
  const anchors = new Set<string>()
  let found: string | undefined
  yaml.visit(document, (_, node, path) => {
    if (path.length > 4 * DEEPEST) found = 'it is nested too deeply'
    else if (yaml.isAlias(node))
      found = anchors.has(node.source) ? undefined : `the alias "${node.source.slice(0, 100)}" has no anchor before it`
    else if (yaml.isNode(node) && node.anchor !== undefined) anchors.add(node.anchor)
    if (yaml.isMap(node)) found ??= keyGivenTwice(node, yaml)
    return found === undefined ? undefined : yaml.visit.BREAK
  })
  return found
}

function keyGivenTwice({ items }: YAMLMap, yaml: typeof import('yaml')): string | undefined {
  const seen = new Set<unknown>()
  for (const { key } of items) {
    const name = yaml.isScalar(key) ? key.value : key
    if (seen.has(name)) return `the key "${String(name).slice(0, 100)}" is given twice`
    seen.add(name)
  }
  return undefined
}
