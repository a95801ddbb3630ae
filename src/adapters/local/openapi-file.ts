import { readFile } from 'node:fs/promises'
import { type OpenApiDocument, readOpenApi } from '../../exchange/contract/openapi.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'

const LARGEST = 2 * 1024 * 1024

/**
 * An OpenAPI document from a file, YAML or JSON. The parser is loaded here and not before: no message waits for it.
 * @returns the document, or 'malformed_server_conf' with what is wrong. Throws when the file cannot be read.
 */
export async function readOpenApiFile(path: string): Promise<Outcome<OpenApiDocument>> {
  const text = await readFile(path, 'utf8')
  if (text.length > LARGEST) return refuse('malformed_server_conf', `OpenAPI: ${path} is larger than ${LARGEST} characters`)
  const { parseDocument } = await import('yaml')
  const document = parseDocument(text, { uniqueKeys: true })
  const problem = document.errors[0]
  if (problem) return refuse('malformed_server_conf', `OpenAPI: ${path}: ${problem.message.split('\n')[0]}`)
  return documentFrom(() => document.toJS({ maxAliasCount: 100 }), path)
}

/** Aliases that multiply are refused by the parser with an exception. */
function documentFrom(read: () => unknown, path: string): Outcome<OpenApiDocument> {
  try {
    return readOpenApi(read())
  } catch (problem) {
    if (!(problem instanceof ReferenceError)) throw problem
    return refuse('malformed_server_conf', `OpenAPI: ${path}: ${problem.message}`)
  }
}
