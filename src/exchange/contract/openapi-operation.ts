import { isObject, type Json, type JsonObject, objectAt, textAt } from './json.ts'
import { resolve } from './json-reference.ts'

export const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const

export type Parameter = {
  readonly name: string
  readonly in: string
  readonly required: boolean
  readonly explode: boolean
  readonly schema: Json
}
export type Operation = {
  readonly parameters: readonly Parameter[]
  readonly body?: { readonly required: boolean; readonly content: JsonObject }
}

/** What the contract says of one method of one path, with its references followed. undefined: nothing. */
export function operationOf(pathItem: Json, method: string, document: JsonObject): Operation | undefined {
  const item = resolve(pathItem, document)
  if (!isObject(item) || !METHODS.includes(method.toLowerCase() as (typeof METHODS)[number])) return undefined
  const operation = objectAt(item, method.toLowerCase())
  if (operation === undefined) return undefined
  const body = resolve(operation.requestBody, document)
  const parameters = parametersOf(item, operation, document)
  if (!isObject(body)) return { parameters }
  return { parameters, body: { required: body.required === true, content: objectAt(body, 'content') ?? {} } }
}

/** The operation's parameters, and those of its path that it does not restate. */
function parametersOf(item: JsonObject, operation: JsonObject, document: JsonObject): readonly Parameter[] {
  const byKey = new Map<string, Parameter>()
  for (const listed of [item.parameters, operation.parameters])
    for (const raw of Array.isArray(listed) ? (listed as readonly Json[]) : []) {
      const read = resolve(raw, document)
      if (!isObject(read)) continue
      const parameter = parameterOf(read)
      byKey.set(`${parameter.in} ${parameter.name}`, parameter)
    }
  return [...byKey.values()]
}

export function parameterOf(raw: JsonObject): Parameter {
  const [name, place] = [textAt(raw, 'name') ?? '', textAt(raw, 'in') ?? '']
  const explode = raw.explode === undefined ? place === 'query' : raw.explode === true
  return { name, in: place, required: raw.required === true, explode, schema: raw.schema ?? true }
}
