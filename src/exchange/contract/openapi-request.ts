import { ok } from '../../base/result.ts'
import type { Body } from '../../protocol/body.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import type { Header } from '../../protocol/rest-message.ts'
import { isObject, type Json, type JsonObject, nestingOf, objectAt, own } from './json.ts'
import { resolve } from './json-reference.ts'
import { type Violation, violationOf } from './json-schema.ts'
import { isJsonType, type OpenApiDocument } from './openapi.ts'
import { type Operation, operationOf, type Parameter } from './openapi-operation.ts'

/** What of a request a contract speaks about. `servicePath` and `query` are raw: percent-encoded, as they will be sent. */
export type ContractedRequest = {
  readonly method: string
  readonly servicePath: string
  readonly query: string | null
  readonly headers: readonly Header[]
  readonly body: Body | null
}

const DEEPEST_BODY = 64

/**
 * Holds a request against a contract: path, method, parameters, body.
 *
 * @returns true, or 'openapi_violation'. Its detail says where and what, in Spanish and English, and never repeats a value that was sent.
 * A body that is not in hand cannot be checked, and is refused.
 */
export function keepsContract(document: OpenApiDocument, request: ContractedRequest): Outcome<true> {
  const violation = violationIn(document, request)
  return violation === undefined ? ok(true) : refuse('openapi_violation', sentenceOf(violation))
}

const sentenceOf = ({ where, sentence: { es, en } }: Violation) => `${where}: ${es} / ${where}: ${en}`
const broken = (where: string, es: string, en: string): Violation => ({ where, sentence: { es, en } })

function violationIn(document: OpenApiDocument, request: ContractedRequest): Violation | undefined {
  const found = findPath(document, request.servicePath)
  if (!found) return broken('ruta', 'el contrato del servicio no la tiene', 'the service contract does not have it')
  const operation = operationOf(found.item, request.method, document)
  if (!operation)
    return broken(request.method, 'el contrato no admite este método en esta ruta', 'the contract does not allow this method on this path')
  for (const parameter of operation.parameters) {
    const violation = violationInParameter(parameter, textsOf(parameter, request, found.values), document)
    if (violation) return violation
  }
  return violationInBody(operation.body, request, document)
}

type Found = { readonly item: Json; readonly values: ReadonlyMap<string, string> }

/** The path item whose template fits; one with more literal steps wins (OpenAPI 3.0.3 §4.7.8.2). */
function findPath(document: OpenApiDocument, servicePath: string): Found | undefined {
  const steps = (servicePath === '' ? '/' : servicePath).split('/')
  const fitting = Object.entries(objectAt(document, 'paths') ?? {}).flatMap(([template, item]) => {
    const values = matched(template.split('/'), steps)
    return values ? [{ item, values }] : []
  })
  return fitting.sort((a, b) => a.values.size - b.values.size)[0]
}

/** The values of a template's names, percent-decoded, or undefined when the path does not fit. */
function matched(template: readonly string[], steps: readonly string[]): ReadonlyMap<string, string> | undefined {
  if (template.length !== steps.length) return undefined
  const values = new Map<string, string>()
  for (const [place, expected] of template.entries()) {
    const step = decoded(steps[place] as string)
    const wanted = expected.split(/[{}]/) // 'a{b}c' → a, b, c: literals at even places, names at odd ones
    const parts =
      step === undefined ? null : new RegExp(`^${wanted.map((text, at) => (at % 2 ? '(.+?)' : escaped(text))).join('')}$`, 'su').exec(step)
    if (!parts) return undefined
    for (const [at, value] of parts.slice(1).entries()) values.set(wanted[at * 2 + 1] as string, value)
  }
  return values
}

const escaped = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')

function decoded(step: string): string | undefined {
  try {
    return decodeURIComponent(step)
  } catch {
    return undefined
  }
}

/** Everything sent under a parameter's name; empty when nothing was. OpenAPI leaves these three headers to other rules. */
function textsOf({ name, in: place }: Parameter, request: ContractedRequest, path: ReadonlyMap<string, string>): readonly string[] {
  if (place === 'path') return [path.get(name)].filter((value) => value !== undefined)
  if (place === 'query') return new URLSearchParams(request.query ?? '').getAll(name)
  return headersNamed(request.headers, name)
}
const headersNamed = (headers: readonly Header[], name: string) =>
  headers.filter(([found]) => found.toLowerCase() === name.toLowerCase()).map(([, value]) => value.trim())
const LEFT_TO_OTHERS = ['accept', 'content-type', 'authorization']

function violationInParameter(parameter: Parameter, texts: readonly string[], document: JsonObject): Violation | undefined {
  const { name, in: place, required, schema } = parameter
  if (place === 'header' && LEFT_TO_OTHERS.includes(name.toLowerCase())) return undefined
  if (texts.length === 0) return required ? broken(name, 'falta', 'it is missing') : undefined
  const value = typedValue(parameter, texts, document)
  return value === undefined ? broken(name, 'está repetido', 'it is repeated') : violationOf(schema, value, document, name)
}

/** Texts as the value their schema speaks of: OpenAPI styles `simple` and `form`. undefined: one was wanted, several came. */
function typedValue({ in: place, explode, schema }: Parameter, texts: readonly string[], document: JsonObject): Json | undefined {
  const shape = resolve(schema, document)
  if (isObject(shape) && shape.type === 'array') {
    const parts = place === 'query' && explode ? texts : texts.flatMap((text) => text.split(',').map((part) => part.trim()))
    return parts.map((part) => scalarOf(part, resolve(shape.items, document)))
  }
  return texts.length === 1 ? scalarOf(texts[0] as string, shape) : undefined
}

function scalarOf(text: string, shape: Json | undefined): Json {
  const type = isObject(shape) ? shape.type : undefined
  if ((type === 'integer' || type === 'number') && /^-?\d{1,300}(\.\d{1,300})?$/.test(text)) return Number(text)
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

function violationInBody(expected: Operation['body'], { headers, body }: ContractedRequest, document: JsonObject): Violation | undefined {
  if (body?.kind === 'stored') return broken('cuerpo', 'es demasiado grande para revisarlo', 'it is too large to be checked')
  const bytes = body?.bytes ?? new Uint8Array()
  if (!expected) return bytes.length > 0 ? broken('cuerpo', 'esta operación no lleva cuerpo', 'this operation takes no body') : undefined
  if (bytes.length === 0) return expected.required ? broken('cuerpo', 'falta', 'it is missing') : undefined
  const type = (headersNamed(headers, 'content-type')[0] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  const media = mediaFor(expected.content, type)
  if (media === undefined)
    return broken('Content-Type', 'el contrato no admite este tipo de cuerpo', 'the contract does not allow this type of body')
  const schema = isObject(media) ? own(media, 'schema') : undefined
  return schema === undefined ? undefined : violationInJson(schema, type, bytes, document)
}

/** The most exact of the media types and ranges that the contract names. */
function mediaFor(content: JsonObject, type: string): Json | undefined {
  const byType = new Map(Object.entries(content).map(([name, media]) => [(name.split(';')[0] as string).trim().toLowerCase(), media]))
  return byType.get(type) ?? byType.get(`${type.split('/')[0]}/*`) ?? byType.get('*/*')
}

function violationInJson(schema: Json, type: string, bytes: Uint8Array, document: JsonObject): Violation | undefined {
  const value = isJsonType(type) ? parsed(bytes) : undefined
  return value === undefined
    ? broken('cuerpo', 'no es JSON, o está anidado demasiado hondo', 'it is not JSON, or is nested too deeply')
    : violationOf(schema, value, document, '')
}

function parsed(bytes: Uint8Array): Json | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return nestingOf(text) > DEEPEST_BODY ? undefined : (JSON.parse(text) as Json)
  } catch {
    return undefined
  }
}
