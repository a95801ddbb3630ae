/** One thing wrong in the configuration: where, and what to do about it, in both languages. */
export type Problem = { readonly at: string; readonly es: string; readonly en: string }
export type Tell = (at: string, es: string, en: string) => undefined

/** Every problem at once, as the operator reads them. */
export function problemLines(problems: readonly Problem[]): readonly string[] {
  const many = problems.length
  return [
    `exchange.config.ts: ${many} ${many === 1 ? 'error' : 'errores'}; no se creó nada. / ${many} ${many === 1 ? 'error' : 'errors'}; nothing was made.`,
    ...problems.flatMap(({ at, es, en }) => [`  ${at}`, `    ${es}`, `    ${en}`]),
  ]
}

type Fields = Readonly<Record<string, unknown>>

/** The settings of one object; an unknown name is told, for a misspelt setting is a setting that does nothing. */
export function fieldsOf(value: unknown, at: string, known: readonly string[], tell: Tell): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    tell(at || 'export default', 'debe ser un objeto con ajustes', 'must be an object of settings')
    return {}
  }
  for (const name of Object.keys(value).filter((each) => !known.includes(each)))
    tell(under(at, name), `ajuste desconocido; los que hay: ${known.join(', ')}`, `unknown setting; there are: ${known.join(', ')}`)
  return value as Fields
}

export const under = (at: string, name: string | number): string =>
  typeof name === 'number' ? `${at}[${name}]` : at === '' ? name : `${at}.${name}`

/** A text of a certain form; `fallback` when it is left out and may be. */
export function textOf(
  fields: Fields,
  at: string,
  name: string,
  { form, es, en, fallback }: { readonly form: RegExp; readonly es: string; readonly en: string; readonly fallback?: string },
  tell: Tell,
): string {
  const value = fields[name] ?? fallback
  if (typeof value === 'string' && form.test(value)) return value
  tell(under(at, name), value === undefined ? `falta: ${es}` : es, value === undefined ? `missing: ${en}` : en)
  return ''
}

/** A whole number between two bounds; `fallback` when it is left out. */
export function numberOf(
  fields: Fields,
  at: string,
  name: string,
  [least, most]: readonly [number, number],
  fallback: number,
  tell: Tell,
): number {
  const value = fields[name] ?? fallback
  if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most) return Number(value)
  tell(under(at, name), `debe ser un número entero de ${least} a ${most}`, `must be a whole number from ${least} to ${most}`)
  return fallback
}

/** What stands more than once, told at its later places. */
export function tellTwins(values: readonly string[], at: string, name: string, tell: Tell): void {
  for (const [index, value] of values.entries())
    if (value !== '' && values.indexOf(value) < index)
      tell(
        under(under(at, index), name),
        `«${value}» ya está en ${under(at, values.indexOf(value))}`,
        `'${value}' stands already in ${under(at, values.indexOf(value))}`,
      )
}
