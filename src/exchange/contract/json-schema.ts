import { readCurp, type Sentence } from './curp.ts'
import { canonicalJson, isObject, type Json, type JsonObject, own } from './json.ts'
import { resolve } from './json-reference.ts'

/** Where a value breaks its schema ('programas[2].clave') and what is wrong with it. Never holds the value. */
export type Violation = { readonly where: string; readonly sentence: Sentence }
type Context = { readonly schema: JsonObject; readonly document: JsonObject; readonly where: string; readonly depth: number }
type Keyword = (rule: Json, value: Json, context: Context) => Violation | undefined

const DEEPEST = 64
/** A pattern runs over no longer text than this, whatever the schema allows. */
const LONGEST_MATCHED = 10_000

/**
 * Holds a value against a schema of the document: the first violation, or undefined.
 * Keywords beside a `$ref` count too, as in OpenAPI 3.1.
 * Source: JSON Schema Validation draft 2020-12 §6; OpenAPI 3.0.3 §4.7.24 for `nullable` and boolean `exclusiveMinimum`.
 */
export function violationOf(schema: Json, value: Json, document: JsonObject, where: string, depth = 0): Violation | undefined {
  if (depth > DEEPEST) return at(where, 'está anidado demasiado hondo', 'it is nested too deeply')
  if (schema === false) return at(where, 'no se admite', 'it is not allowed')
  if (!isObject(schema)) return undefined
  if (value === null && schema.nullable === true) return undefined
  if (Object.hasOwn(schema, '$ref')) {
    const referred = violationOf(resolve(schema, document) as Json, value, document, where, depth + 1)
    if (referred) return referred
  }
  const context = { schema, document, where, depth }
  for (const [name, check] of Object.entries(KEYWORDS)) {
    const violation = Object.hasOwn(schema, name) ? check(schema[name] as Json, value, context) : undefined
    if (violation) return violation
  }
  return undefined
}

const at = (where: string, es: string, en: string): Violation => ({ where, sentence: { es, en } })
const inner = (schema: Json, value: Json, { document, depth }: Context, where: string) =>
  violationOf(schema, value, document, where, depth + 1)
const fits = (schema: Json, value: Json, context: Context) => inner(schema, value, context, context.where) === undefined
const listOf = (rule: Json): readonly Json[] => (Array.isArray(rule) ? rule : [rule])
const under = (where: string, name: string) => (where === '' ? name : `${where}.${name}`)

/** A keyword that bounds a number taken from strings, arrays or numbers: what it measures, and the sentence when it fails. */
const bound =
  (
    measure: (value: Json) => number | undefined,
    holds: (found: number, limit: number, schema: JsonObject) => boolean,
    es: string,
    en: string,
  ): Keyword =>
  (rule, value, { schema, where }) => {
    const found = measure(value)
    if (found === undefined || typeof rule !== 'number' || holds(found, rule, schema)) return undefined
    return at(where, es.replace('#', `${rule}`), en.replace('#', `${rule}`))
  }
const letters = (value: Json) => (typeof value === 'string' ? [...value].length : undefined)
const items = (value: Json) => (Array.isArray(value) ? value.length : undefined)
const names = (value: Json) => (isObject(value) ? Object.keys(value).length : undefined)
const amount = (value: Json) => (typeof value === 'number' ? value : undefined)
/** 0.3 is a multiple of 0.1, whatever binary fractions say. */
const isWhole = (ratio: number) => Math.abs(ratio - Math.round(ratio)) < 1e-9
const atLeast = (found: number, limit: number) => found >= limit
const atMost = (found: number, limit: number) => found <= limit

/** In the order they are tried: the CURP rule first, so that its sentence wins over those about length. */
const KEYWORDS: Record<string, Keyword> = {
  'x-curp': (rule, value, { where }) => {
    const read = rule === true && typeof value === 'string' ? readCurp(value) : undefined
    return read?.ok === false ? { where, sentence: read.fault } : undefined
  },
  type: (rule, value, { where }) =>
    listOf(rule).some((type) => hasType(type, value))
      ? undefined
      : at(where, `debe ser de tipo ${listOf(rule).join(' o ')}`, `must be of type ${listOf(rule).join(' or ')}`),
  enum: (rule, value, { where }) =>
    listOf(rule).some((allowed) => canonicalJson(allowed) === canonicalJson(value))
      ? undefined
      : at(where, 'no es uno de los valores admitidos', 'it is none of the allowed values'),
  const: (rule, value, { where }) =>
    canonicalJson(rule) === canonicalJson(value) ? undefined : at(where, 'no es el valor admitido', 'it is not the allowed value'),
  minLength: bound(letters, atLeast, 'debe tener al menos # caracteres', 'must have at least # characters'),
  maxLength: bound(letters, atMost, 'debe tener a lo más # caracteres', 'must have at most # characters'),
  minimum: bound(
    amount,
    (found, limit, { exclusiveMinimum }) => (exclusiveMinimum === true ? found > limit : found >= limit),
    'debe ser # o más',
    'must be # or more',
  ),
  maximum: bound(
    amount,
    (found, limit, { exclusiveMaximum }) => (exclusiveMaximum === true ? found < limit : found <= limit),
    'debe ser # o menos',
    'must be # or less',
  ),
  exclusiveMinimum: bound(amount, (found, limit) => found > limit, 'debe ser más que #', 'must be more than #'),
  exclusiveMaximum: bound(amount, (found, limit) => found < limit, 'debe ser menos que #', 'must be less than #'),
  multipleOf: bound(amount, (found, limit) => isWhole(found / limit), 'debe ser múltiplo de #', 'must be a multiple of #'),
  minItems: bound(items, atLeast, 'debe tener al menos # elementos', 'must have at least # items'),
  maxItems: bound(items, atMost, 'debe tener a lo más # elementos', 'must have at most # items'),
  minProperties: bound(names, atLeast, 'debe tener al menos # campos', 'must have at least # fields'),
  maxProperties: bound(names, atMost, 'debe tener a lo más # campos', 'must have at most # fields'),
  pattern: (rule, value, { where }) =>
    typeof value !== 'string' || (value.length <= LONGEST_MATCHED && new RegExp(rule as string, 'u').test(value))
      ? undefined
      : at(where, 'no tiene la forma debida', 'it does not have the required form'),
  format: (rule, value, { where }) =>
    typeof value !== 'string' || (FORMATS[rule as string]?.test(value) ?? true)
      ? undefined
      : at(where, `no es ${rule}`, `it is not a ${rule}`),
  uniqueItems: (rule, value, { where }) =>
    rule === true && Array.isArray(value) && new Set(value.map(canonicalJson)).size < value.length
      ? at(where, 'repite elementos', 'it repeats items')
      : undefined,
  required: (rule, value, { where }) => {
    const missing = isObject(value) ? listOf(rule).find((name) => !Object.hasOwn(value, name as string)) : undefined
    return missing === undefined ? undefined : at(under(where, missing as string), 'falta', 'it is missing')
  },
  properties: (rule, value, context) =>
    first(isObject(value) ? Object.entries(value) : [], ([name, field]) =>
      inner(own(rule as JsonObject, name) ?? true, field, context, under(context.where, name)),
    ),
  additionalProperties: (rule, value, context) => {
    const known = isObject(context.schema.properties) ? context.schema.properties : {}
    const others = isObject(value) ? Object.entries(value).filter(([name]) => !Object.hasOwn(known, name)) : []
    return first(others, ([name, field]) => inner(rule, field, context, under(context.where, name)))
  },
  items: (rule, value, context) =>
    first(Array.isArray(value) ? [...(value as readonly Json[]).entries()] : [], ([place, item]) =>
      inner(rule, item, context, `${context.where}[${place}]`),
    ),
  allOf: (rule, value, context) => first(listOf(rule), (schema) => inner(schema, value, context, context.where)),
  anyOf: (rule, value, context) =>
    listOf(rule).some((schema) => fits(schema, value, context))
      ? undefined
      : at(context.where, 'no cumple ninguna de las formas admitidas', 'it fits none of the allowed forms'),
  oneOf: (rule, value, context) =>
    listOf(rule).filter((schema) => fits(schema, value, context)).length === 1
      ? undefined
      : at(context.where, 'debe cumplir exactamente una de las formas admitidas', 'it must fit exactly one of the allowed forms'),
  not: (rule, value, context) =>
    fits(rule, value, context) ? at(context.where, 'tiene una forma que no se admite', 'it has a form that is not allowed') : undefined,
}

function first<T>(list: readonly T[], check: (item: T) => Violation | undefined): Violation | undefined {
  for (const item of list) {
    const violation = check(item)
    if (violation) return violation
  }
  return undefined
}

function hasType(type: Json, value: Json): boolean {
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isObject(value)
  return typeof value === type
}

/** The formats that are checked; others only describe. RFC 9562 §4, RFC 3339 §5.6. */
const FORMATS: Record<string, RegExp> = Object.assign(Object.create(null), {
  uuid: /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i,
  date: /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/,
  'date-time': /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/i,
})
