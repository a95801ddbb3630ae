import { readFile } from 'node:fs/promises'
import { type OpenApiDocument, readOpenApi } from '../../exchange/contract/openapi.ts'
import { readSource } from '../../exchange/descriptions/openapi-source.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'

/**
 * An OpenAPI document from a file, YAML or JSON.
 * @returns the document, or 'malformed_server_conf' with what is wrong. Throws when the file cannot be read.
 */
export async function readOpenApiFile(path: string): Promise<Outcome<OpenApiDocument>> {
  const source = await readSource(await readFile(path))
  if (!source.ok) return refuse('malformed_server_conf', `${path}: ${source.fault.detail}`)
  return documentFrom(() => source.value.document.toJS({ maxAliasCount: 100 }), path)
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
