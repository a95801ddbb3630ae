import { ok } from '../../base/result.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import type { Endpoint } from '../../trust/access.ts'
import { isObject, type Json, type JsonObject, objectAt, own, textAt } from '../contract/json.ts'
import { resolve } from '../contract/json-reference.ts'
import { brokenReference, notJson } from '../contract/openapi.ts'
import { METHODS, operationOf } from '../contract/openapi-operation.ts'
import { readSource } from './openapi-source.ts'

/** What an agency's OpenAPI document says of one REST service. `warnings`: what does not keep it from working, one sentence each. */
export type OpenApiDescription = {
  readonly version: string
  /** The URL of the first server, as written; '' when none is named. */
  readonly url: string
  /** One for each operation, in their order: a template's parameter becomes '*', as access rights are written. */
  readonly endpoints: readonly Endpoint[]
  readonly warnings: readonly string[]
}

/**
 * Reads a description, YAML or JSON, of version 3.0.x or 3.1.0. Every reference must lead within the document: nothing else is ever fetched.
 * Schemas are not looked at; a contract to hold calls against is read more strictly (see contract/openapi.ts).
 * @returns the description, or 'malformed_server_conf' with what stands in the way
 * Source: OpenAPI 3.0.3 §4.7, 3.1.0 §4.8; versions and endpoints as stock servers take them.
 */
export async function readOpenApiDescription(bytes: Uint8Array): Promise<Outcome<OpenApiDescription>> {
  const source = await readSource(bytes)
  if (!source.ok) return source
  const value = plainFrom(() => source.value.document.toJS({ maxAliasCount: 100 }))
  if (value === undefined) return malformed('its aliases multiply')
  const problem = notJson(value)
  if (problem !== undefined) return malformed(problem)
  if (!isObject(value as Json)) return malformed('it is not an object')
  return describe(value as JsonObject)
}

const malformed = (why: string) => refuse('malformed_server_conf', `OpenAPI: ${why}`)

function plainFrom(read: () => unknown): unknown {
  try {
    return read()
  } catch (problem) {
    if (problem instanceof ReferenceError || problem instanceof RangeError) return undefined
    throw problem
  }
}

function describe(document: JsonObject): Outcome<OpenApiDescription> {
  if (Object.hasOwn(document, 'swagger')) return malformed('version 2 (Swagger) is not supported; convert it to 3.0')
  const version = textAt(document, 'openapi') ?? ''
  if (!/^3\.(?:0\.\d+|1\.0)$/.test(version))
    return malformed(`version "${version.slice(0, 20)}" is not supported; 3.0.x and 3.1.0 are, and 3.1.x may say 3.1.0`)
  const reference = brokenReference(document, document)
  if (reference !== undefined) return malformed(reference)
  const paths = objectAt(document, 'paths')
  if (!paths) return malformed('it has no paths')
  const endpoints: Endpoint[] = []
  const warnings: string[] = []
  for (const [template, item] of Object.entries(paths)) {
    if (template.startsWith('x-')) continue
    const read = readPath(template, item, document)
    if (!read.ok) return read
    endpoints.push(...read.value.endpoints)
    warnings.push(...read.value.warnings)
  }
  const twice = firstTwice(endpoints.map(({ method, path }) => `${method} ${path}`))
  if (twice !== undefined) return malformed(`${twice} is described twice`)
  const server = firstServer(document)
  return ok({ version, url: server.url, endpoints, warnings: [...server.warnings, ...warnings] })
}

function readPath(template: string, item: Json, document: JsonObject): Outcome<Pick<OpenApiDescription, 'endpoints' | 'warnings'>> {
  const bare = template.replaceAll(PARAMETER, '')
  if (!template.startsWith('/') || /[{}]/.test(bare)) return malformed(`path "${template.slice(0, 200)}" is malformed`)
  const path = patternOf(template)
  const resolved = resolve(item, document)
  const methods = isObject(resolved) ? METHODS.filter((method) => isObject(own(resolved, method))) : []
  const names = [...template.matchAll(PARAMETER)].map(([, name]) => name as string)
  const warnings = methods.flatMap((method) => undeclared(names, item, method, document).map((name) => warning(template, method, name)))
  return ok({ endpoints: methods.map((method) => ({ method: method.toUpperCase(), path })), warnings })
}

const PARAMETER = /\{([^{}/]+)\}/g
/** As access rights write it: a parameter is any run without '/', a star or backslash of the address stands for itself. */
const patternOf = (template: string): string => template.replaceAll(/[*\\]/g, '\\$&').replaceAll(PARAMETER, '*')

const warning = (template: string, method: string, name: string) =>
  `${method.toUpperCase()} ${template}: the path parameter "${name}" is not declared`

function undeclared(names: readonly string[], item: Json, method: string, document: JsonObject): readonly string[] {
  const declared = operationOf(item, method, document)?.parameters.filter((parameter) => parameter.in === 'path') ?? []
  return names.filter((name) => !declared.some((parameter) => parameter.name === name))
}

function firstServer(document: JsonObject): { readonly url: string; readonly warnings: readonly string[] } {
  const servers = own(document, 'servers')
  const first = Array.isArray(servers) ? (servers as readonly Json[])[0] : undefined
  if (first === undefined || !isObject(first)) return { url: '', warnings: [] }
  const url = textAt(first, 'url') ?? ''
  const variables = objectAt(first, 'variables') ?? {}
  const unknown = [...url.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name as string).filter((name) => !Object.hasOwn(variables, name))
  return { url, warnings: unknown.map((name) => `the server URL has the variable "${name}", which is not defined`) }
}

function firstTwice(names: readonly string[]): string | undefined {
  const seen = new Set<string>()
  return names.find((name) => seen.has(name) || !seen.add(name))
}
