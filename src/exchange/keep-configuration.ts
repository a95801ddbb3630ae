import type { Instant } from '../base/clock.ts'
import { hex, sha512 } from '../protocol/digests.ts'
import type { GetLocked, ListLocked, PutLocked } from './ports.ts'

/** The files of a verified configuration: shared-params.xml of every instance known, as received. */
export type ConfigurationFiles = {
  /** The own instance. */
  readonly instance: string
  readonly parameters: readonly { readonly instance: string; readonly bytes: Uint8Array }[]
  /** The signed directories that named them, as received. */
  readonly directories: readonly Uint8Array[]
}

/**
 * Puts a configuration under lock, once, before anybody acts on it: evidence is judged by the trust of its day for as long as it is kept.
 *
 * configurations/<name>/instance-identifier, …/<instance>/shared-params.xml in the layout that verifiers read, and under
 * …/directories/ the signed directories that first brought it.
 * @returns the name: SHA-512 (hex) of the own shared-params.xml when it is the only one, else over the digests of all, in order of instance
 */
export async function keepConfiguration(
  { instance, parameters, directories }: ConfigurationFiles,
  { putLocked, listLocked }: { readonly putLocked: PutLocked; readonly listLocked: ListLocked },
): Promise<string> {
  const name = configurationName(parameters)
  const folder = `configurations/${name}`
  const last = `${folder}/instance-identifier`
  if ((await listLocked(last)).includes(last)) return name
  for (const directory of directories) await putLocked(`${folder}/directories/${hex(sha512(directory))}`, directory)
  for (const each of parameters) await putLocked(`${folder}/${encodeURIComponent(each.instance)}/shared-params.xml`, each.bytes)
  await putLocked(last, Buffer.from(instance, 'utf8'))
  return name
}

export function configurationName(parameters: ConfigurationFiles['parameters']): string {
  const [only] = parameters
  if (parameters.length === 1 && only) return hex(sha512(only.bytes))
  const lines = parameters.map(({ instance, bytes }) => `${encodeURIComponent(instance)} ${hex(sha512(bytes))}\n`)
  return hex(sha512(Buffer.from(lines.toSorted().join(''), 'utf8')))
}

const IN_FORCE = 'configurations/in-force/'
const momentName = (at: Instant): string => `${IN_FORCE}${String(at).padStart(15, '0')}`

/** Notes for good since when the node acts on a configuration. Its doors may each note it, a moment apart. */
export async function noteInForce(configuration: string, at: Instant, { putLocked }: { readonly putLocked: PutLocked }): Promise<void> {
  await putLocked(`${momentName(at)}-${configuration.slice(0, 16)}`, Buffer.from(configuration, 'utf8'))
}

/** The name of the configuration the node acted on at an instant; undefined before its first. */
export async function configurationOn(
  at: Instant,
  { getLocked, listLocked }: { readonly getLocked: GetLocked; readonly listLocked: ListLocked },
): Promise<string | undefined> {
  const name = (await listLocked(IN_FORCE)).findLast((each) => each <= `${momentName(at)}~`)
  const bytes = name === undefined ? undefined : await getLocked(name)
  return bytes && Buffer.from(bytes).toString('utf8')
}
