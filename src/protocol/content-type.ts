/** A Content-Type taken apart: media type and parameter names in lower case, parameter values as written. */
export type ContentType = { readonly type: string; readonly parameters: ReadonlyMap<string, string> }

/** Two or more names: X-Road's own 'signature/bdoc-1.0/ts' has three. */
const TYPE = /^[ \t]*([A-Za-z0-9!#$&^_.+-]+(?:\/[A-Za-z0-9!#$&^_.+-]+)+)[ \t]*/y
/** A value is a quoted string or runs to the next ';' or blank; other servers leave boundaries with '=' or '/' unquoted. */
const PARAMETER = /;[ \t]*(?:([A-Za-z0-9!#$&^_.+-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))[ \t]*)?/y

/** Reads RFC 9110 §8.3; undefined when it is none, or names a parameter twice. Linear in its length. */
export function readContentType(text: string): ContentType | undefined {
  TYPE.lastIndex = 0
  const type = TYPE.exec(text)?.[1]
  if (type === undefined) return undefined
  const parameters = new Map<string, string>()
  let at = TYPE.lastIndex
  while (at < text.length) {
    PARAMETER.lastIndex = at
    const found = PARAMETER.exec(text)
    if (!found) return undefined
    at = PARAMETER.lastIndex
    if (found[1] === undefined) continue // a lone ';'
    const name = found[1].toLowerCase()
    if (parameters.has(name)) return undefined
    parameters.set(name, found[3] ?? (found[2] as string).replace(/\\(.)/g, '$1'))
  }
  return { type: type.toLowerCase(), parameters }
}

/** RFC 2046 §5.1.1: 1 to 70 characters, the last one no blank. */
const BOUNDARY = /^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/

/** The boundary of a multipart content type, or undefined. */
export function boundaryOf(contentType: ContentType): string | undefined {
  const boundary = contentType.parameters.get('boundary')
  return boundary !== undefined && BOUNDARY.test(boundary) ? boundary : undefined
}
