/**
 * The settings a door needs, read once when it starts. Throws with the names of all that are missing.
 * @param environment usually process.env, which only index.ts touches
 */
export function readSettings<Name extends string>(
  names: readonly Name[],
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<Name, string>> {
  const missing = names.filter((name) => !environment[name])
  if (missing.length > 0) throw new Error(`missing settings: ${missing.join(', ')}`)
  return Object.fromEntries(names.map((name) => [name, environment[name]])) as Record<Name, string>
}
