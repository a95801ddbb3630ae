import type { Node, Range, YAMLMap } from 'yaml'
import { ok } from '../../base/result.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { type OpenApiSource, readSource, type SourceForm } from './openapi-source.ts'

/** Resolving an alias goes through the whole document. */
const MOST_ALIASES = 100

/**
 * An OpenAPI document as others may see it: of every `servers[].url` the scheme and authority cut off, so that the path stays with its templates;
 * all other characters as they were. Whether the rest is sound is the reader's business.
 * Refused with 'malformed_server_conf' when it cannot be read, or is not of version 3. Source: X-Road PR-MREST, getOpenAPI.
 */
export async function withoutAuthorities(bytes: Uint8Array, form: SourceForm): Promise<Outcome<Uint8Array>> {
  const source = await readSource(bytes, form)
  if (!source.ok) return source
  if (!/^3\./.test(String(source.value.document.get('openapi')))) return refuse('malformed_server_conf', 'OpenAPI: it is not of version 3')
  const edits = await editsOf(source.value)
  if (edits === undefined) return refuse('malformed_server_conf', `OpenAPI: its servers have more than ${MOST_ALIASES} aliases`)
  const hidden = Buffer.from(edited(source.value.text, edits), 'utf8')
  const again = await readSource(hidden, form)
  const left = again.ok ? await editsOf(again.value) : undefined
  if (left?.length !== 0) return refuse('malformed_server_conf', 'OpenAPI: its servers are written in a way that cannot be changed safely')
  return ok(hidden)
}

/** Scheme and authority, templates in them included; also 'host:port' without a scheme, which people write. */
const AUTHORITY = /^(?:(?:[^/?#]*:)?\/\/[^/?#]*|[A-Za-z0-9.-]+:\d+(?=[/?#]|$))/

type Edit = { readonly from: number; readonly to: number; readonly text: string }

/** The places where a server's URL names a host, in order. undefined: too many aliases to follow. */
async function editsOf({ text, document }: OpenApiSource): Promise<readonly Edit[] | undefined> {
  const yaml = await import('yaml')
  const edits = new Map<number, Edit>()
  let aliases = 0
  const followed = (node: unknown): unknown => {
    if (!yaml.isAlias(node) || ++aliases > MOST_ALIASES) return node
    return node.resolve(document)
  }
  const editServer = (server: YAMLMap) => {
    const written = server.get('url', true) as Node | undefined
    const value = followed(written)
    if (!written?.range || !yaml.isScalar(value) || typeof value.value !== 'string') return
    const edit = editOf(written.range, value.value.trim(), text)
    if (edit) edits.set(edit.from, edit)
  }
  yaml.visit(document, {
    Pair: (_, { key, value }) => {
      const name = yaml.isScalar(key) ? key.value : undefined
      if (name === 'example' || name === 'examples') return yaml.visit.SKIP
      const list = name === 'servers' ? followed(value) : undefined
      if (yaml.isSeq(list))
        for (const item of list.items) {
          const server = followed(item)
          if (yaml.isMap(server)) editServer(server)
        }
      return undefined
    },
  })
  return aliases > MOST_ALIASES ? undefined : [...edits.values()].toSorted((a, b) => a.from - b.from)
}

/** A text in double quotes is the same in YAML and JSON. A block scalar ends with its line, and the line must still end. */
function editOf([from, to]: Range, url: string, text: string): Edit | undefined {
  const path = url.replace(AUTHORITY, '')
  if (path === url) return undefined
  return { from, to, text: JSON.stringify(path) + (text[to - 1] === '\n' ? '\n' : '') }
}

function edited(text: string, edits: readonly Edit[]): string {
  let result = ''
  let at = 0
  for (const edit of edits) {
    result += text.slice(at, edit.from) + edit.text
    at = edit.to
  }
  return result + text.slice(at)
}
