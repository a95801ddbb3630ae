import { isObject, type Json, type JsonObject, own } from './json.ts'
import { resolve } from './json-reference.ts'

const isText = (rule: Json) => typeof rule === 'string'
const isNumber = (rule: Json) => typeof rule === 'number'
const isCount = (rule: Json) => Number.isInteger(rule) && (rule as number) >= 0
const isFlag = (rule: Json) => typeof rule === 'boolean'
const isList = (rule: Json) => Array.isArray(rule) && rule.length > 0
const areTexts = (rule: Json) => Array.isArray(rule) && rule.every(isText)
const isAnything = () => true
const isSchema = (rule: Json) => isObject(rule) || isFlag(rule)
const areSchemas = (rule: Json) => isList(rule) && (rule as readonly Json[]).every(isSchema)
const TYPES = ['string', 'number', 'integer', 'boolean', 'array', 'object', 'null']
const isType = (rule: Json) => TYPES.includes(rule as string)

/** Every keyword that is enforced or only describes, and the form its rule must have. A keyword without a row refuses the document. */
const RULES: Record<string, (rule: Json) => boolean> = Object.assign(Object.create(null), {
  $ref: isText,
  $comment: isText,
  'x-curp': isFlag,
  type: (rule: Json) => isType(rule) || (isList(rule) && (rule as readonly Json[]).every(isType)),
  nullable: isFlag,
  enum: isList,
  const: isAnything,
  minLength: isCount,
  maxLength: isCount,
  minItems: isCount,
  maxItems: isCount,
  minProperties: isCount,
  maxProperties: isCount,
  minimum: isNumber,
  maximum: isNumber,
  exclusiveMinimum: (rule: Json) => isNumber(rule) || isFlag(rule),
  exclusiveMaximum: (rule: Json) => isNumber(rule) || isFlag(rule),
  multipleOf: (rule: Json) => isNumber(rule) && (rule as number) > 0,
  pattern: (rule: Json) => isText(rule) && compiles(rule as string),
  format: isText,
  uniqueItems: isFlag,
  required: areTexts,
  properties: (rule: Json) => isObject(rule) && Object.values(rule).every(isSchema),
  additionalProperties: isSchema,
  items: isSchema,
  allOf: areSchemas,
  anyOf: areSchemas,
  oneOf: areSchemas,
  not: isSchema,
  title: isText,
  description: isText,
  default: isAnything,
  example: isAnything,
  examples: isAnything,
  deprecated: isFlag,
  readOnly: isFlag,
  writeOnly: isFlag,
  externalDocs: isObject,
  xml: isObject,
  discriminator: isObject,
})

function compiles(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u') instanceof RegExp
  } catch {
    return false
  }
}

/** Names the first keyword of a schema, or of one beneath it, that could not be enforced. undefined: all can. */
export function unsupportedIn(schema: Json, document: JsonObject, seen = new Set<Json>()): string | undefined {
  if (!isSchema(schema)) return 'a schema is neither an object nor true or false'
  if (!isObject(schema) || seen.has(schema)) return undefined
  seen.add(schema)
  for (const [name, rule] of Object.entries(schema)) {
    const holds = RULES[name]
    if (!holds && !(name.startsWith('x-') && name !== 'x-curp')) return `schema keyword "${name}" is not supported`
    if (holds?.(rule) === false) return `schema keyword "${name}" has a malformed rule`
  }
  return unsupportedAmong(schemasBeneath(schema, document), document, seen)
}

function unsupportedAmong(schemas: readonly Json[], document: JsonObject, seen: Set<Json>): string | undefined {
  for (const schema of schemas) {
    const found = unsupportedIn(schema, document, seen)
    if (found !== undefined) return found
  }
  return undefined
}

function schemasBeneath(schema: JsonObject, document: JsonObject): readonly Json[] {
  const single = ['items', 'not', 'additionalProperties'].map((name) => own(schema, name))
  const lists = ['allOf', 'anyOf', 'oneOf'].flatMap((name) => own(schema, name) ?? [])
  const properties = Object.values((own(schema, 'properties') ?? {}) as JsonObject)
  const referred = Object.hasOwn(schema, '$ref') ? [resolve(schema, document)] : []
  return [...single, ...lists, ...properties, ...referred].filter((beneath) => beneath !== undefined)
}
