import { isObject, type Json, type JsonObject, textAt } from './json.ts'

/** Follows `$ref` (at most 16 in a row). undefined: it leads nowhere, or round in a circle. */
export function resolve(value: Json | undefined, document: JsonObject): Json | undefined {
  let found = value
  for (let hops = 0; hops < 16; hops++) {
    const reference = isObject(found) ? textAt(found, '$ref') : undefined
    if (reference === undefined) return found
    found = lookUp(reference, document)
  }
  return undefined
}

/** RFC 6901 in a URI fragment: '#/components/schemas/Curp'. */
function lookUp(reference: string, document: JsonObject): Json | undefined {
  let found: Json | undefined = document
  for (const step of reference.slice(2).split('/')) {
    const name = unescapeStep(step)
    if (name === undefined || typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined
    found = (found as Record<string, Json>)[name]
  }
  return found
}

function unescapeStep(step: string): string | undefined {
  try {
    return decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')
  } catch {
    return undefined
  }
}
