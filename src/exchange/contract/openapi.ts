import type { Brand } from '../../base/brand.ts'
import { ok } from '../../base/result.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { isObject, type Json, type JsonObject, objectAt, textAt } from './json.ts'
import { resolve } from './json-reference.ts'
import { unsupportedIn } from './json-schema-support.ts'
import { METHODS, operationOf, parameterOf } from './openapi-operation.ts'

/** An OpenAPI 3.0 or 3.1 document, checked once: plain data, every reference inside it, every rule one we can enforce. */
export type OpenApiDocument = Brand<JsonObject, 'OpenApiDocument'>

const MOST_VALUES = 100_000
const DEEPEST = 64

/**
 * Takes in a parsed OpenAPI document as a contract to hold requests against.
 * A rule that could not be enforced refuses the document when it is loaded, so that nothing passes unchecked later:
 * external references, unknown schema keywords, parameter styles other than the default ones, bodies other than JSON with a schema.
 *
 * @param value what a YAML or JSON parser gave
 * @returns the document, or 'malformed_server_conf' naming the first thing that stands in the way
 * Source: OpenAPI Specification 3.0.3 §4.7, 3.1.0 §4.8
 */
export function readOpenApi(value: unknown): Outcome<OpenApiDocument> {
  const problem = notJson(value) ?? problemIn(value as Json)
  return problem === undefined ? ok(value as OpenApiDocument) : refuse('malformed_server_conf', `OpenAPI: ${problem}`)
}

function problemIn(document: Json): string | undefined {
  if (!isObject(document)) return 'the document is not an object'
  if (!/^3\.[01]\.\d+$/.test(textAt(document, 'openapi') ?? '')) return 'only versions 3.0 and 3.1 are supported'
  return brokenReference(document, document) ?? problemInPaths(document)
}

/** The first thing in a value that is no JSON, or too deep, or too much. */
export function notJson(value: unknown): string | undefined {
  const waiting: { value: unknown; depth: number }[] = [{ value, depth: 0 }]
  for (let seen = 0; waiting.length > 0; seen++) {
    const { value, depth } = waiting.pop() as { value: unknown; depth: number }
    if (seen >= MOST_VALUES) return `the document holds more than ${MOST_VALUES} values`
    if (depth > DEEPEST) return `the document is nested deeper than ${DEEPEST}`
    if (typeof value === 'object' && value !== null) {
      if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return 'the document holds something that is not JSON'
      for (const inner of Object.values(value)) waiting.push({ value: inner, depth: depth + 1 })
    } else if (!isScalar(value)) return 'the document holds something that is not JSON'
  }
  return undefined
}

const isScalar = (value: unknown) => value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value)

export function brokenReference(value: Json, document: JsonObject): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const reference = isObject(value) ? textAt(value, '$ref') : undefined
  if (reference?.startsWith('#/') === false) return `reference "${reference}" points outside the document`
  if (reference !== undefined && resolve(value, document) === undefined) return `reference "${reference}" leads nowhere`
  for (const inner of Object.values(value)) {
    const problem = brokenReference(inner, document)
    if (problem !== undefined) return problem
  }
  return undefined
}

function problemInPaths(document: JsonObject): string | undefined {
  const paths = objectAt(document, 'paths')
  if (paths === undefined) return 'it has no paths'
  const shapes = new Set<string>()
  for (const [template, item] of Object.entries(paths)) {
    if (template.startsWith('x-')) continue
    const shape = template.replaceAll(/\{[^{}/]+\}/g, '{}')
    if (!template.startsWith('/') || /[{}]/.test(shape.replaceAll('{}', ''))) return `path "${template}" is malformed`
    if (shapes.has(shape)) return `path "${template}" means the same as another`
    shapes.add(shape)
    const problem = problemInItem(item, document)
    if (problem !== undefined) return `${template}: ${problem}`
  }
  return undefined
}

function problemInItem(pathItem: Json, document: JsonObject): string | undefined {
  const item = resolve(pathItem, document)
  if (!isObject(item)) return 'it is not an object'
  for (const method of METHODS) {
    const operation = objectAt(item, method)
    const problem = operation && problemInOperation(item, operation, method, document)
    if (problem !== undefined) return `${method}: ${problem}`
  }
  return undefined
}

function problemInOperation(item: JsonObject, raw: JsonObject, method: string, document: JsonObject): string | undefined {
  for (const listed of [item.parameters, raw.parameters])
    for (const parameter of Array.isArray(listed) ? (listed as readonly Json[]) : []) {
      const problem = problemInParameter(resolve(parameter, document), document)
      if (problem !== undefined) return problem
    }
  return problemInBody(operationOf(item, method, document)?.body?.content ?? {}, document)
}

function problemInBody(content: JsonObject, document: JsonObject): string | undefined {
  for (const [type, media] of Object.entries(content)) {
    const schema = isObject(media) ? media.schema : undefined
    if (schema === undefined) continue
    if (!isJsonType(type)) return `a body of type ${type} with a schema cannot be checked`
    const problem = unsupportedIn(schema, document)
    if (problem !== undefined) return `body: ${problem}`
  }
  return undefined
}

export const isJsonType = (type: string): boolean => /^application\/([^;\s]+\+)?json$/i.test(type)

const DEFAULT_STYLES: Record<string, string> = { path: 'simple', header: 'simple', query: 'form' }

function problemInParameter(raw: Json | undefined, document: JsonObject): string | undefined {
  if (!isObject(raw)) return 'a parameter is not an object'
  const { name, in: place, schema } = parameterOf(raw)
  if (name === '' || !['path', 'query', 'header', 'cookie'].includes(place)) return 'a parameter lacks its name or place'
  if (place === 'cookie') return `parameter ${name}: cookies do not cross the exchange`
  if (raw.content !== undefined) return `parameter ${name}: "content" is not supported`
  if (raw.style !== undefined && raw.style !== DEFAULT_STYLES[place]) return `parameter ${name}: style ${raw.style} is not supported`
  const problem = unsupportedIn(schema, document)
  return problem === undefined ? undefined : `parameter ${name}: ${problem}`
}
