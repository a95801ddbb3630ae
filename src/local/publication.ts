import type { LockedFiles } from '../adapters/local/locked-files.ts'
import { type Instant, instant, later, type Now } from '../base/clock.ts'
import type { Store } from '../exchange/ports.ts'
import { hex, sha512 } from '../protocol/digests.ts'
import type { Sign } from '../protocol/sign.ts'
import { PRIVATE, SHARED } from '../trust/directory-part.ts'
import type { PrivateParameters } from '../trust/private-parameters.ts'
import { PARAMETERS_VERSIONS, type ParametersVersion } from '../trust/shared-parameters.ts'
import { writePrivateParameters } from '../trust/write-private-parameters.ts'
import { type SharedParametersDraft, writeSharedParameters } from '../trust/write-shared-parameters.ts'
import { type DirectorySigner, type PublishedPart, partLocation, writeSignedDirectory } from '../trust/write-signed-directory.ts'
import { CONFIGURATION_LIFE } from './policy.ts'

export type PublicationPorts = {
  readonly store: Store
  readonly files: LockedFiles
  readonly sign: Sign
  readonly signer: DirectorySigner
  readonly now: Now
}
/** What is to be published: all that may change but the generation, which is counted here. */
export type Content = { readonly shared: Omit<SharedParametersDraft, 'generation'>; readonly private: PrivateParameters }

/** What lies where. `content` tells whether anything changed; `contentAt` and `signedAt` name the folders of parts and directories. */
type Published = {
  readonly serial: number
  readonly content: string
  readonly contentAt: Instant
  readonly signedAt: Instant
  /** SHA-512 (hex) of shared-params.xml, by version. */
  readonly digests: Readonly<Record<string, string>>
  readonly previous?: Readonly<Record<string, string>>
}
const KEY = 'published'

/**
 * Publishes the content in every version, internal and external, when it changed, when half of the last directory's life is over, or when
 * the store is behind what was published (it was restored from a copy): nodes would refuse to go back.
 * Every file is kept for good under a name of its own; a changed content gets the next serial and names its predecessor.
 */
export async function publish(content: Content, ports: PublicationPorts): Promise<void> {
  const stored = await ports.store.get<Published>(KEY)
  const before = stored?.value
  if (before) await noteGeneration(before, ports.files) // in case we were stopped between the two
  const digest = hex(sha512(Buffer.from(JSON.stringify(content, asBase64))))
  const last = await lastGeneration(ports.files)
  const changed = before?.content !== digest || (last?.serial ?? 0) > before.serial
  const age = before ? ports.now() - before.signedAt : 0
  if (before && !changed && age < CONFIGURATION_LIFE / 2) return
  const at = before ? laterThan(before, ports.now()) : ports.now()
  const next = changed ? await writeContent(content, digest, at, last ?? before, ports) : { ...before, signedAt: at }
  for (const version of PARAMETERS_VERSIONS) await writeDirectories(version, content.shared.instance, next, ports)
  await ports.store.put(KEY, next, stored?.version ?? 0)
  await noteGeneration(next, ports.files)
}

/** The chain of generations as files of their own: which content was in force, and what it followed. */
async function noteGeneration({ serial, contentAt, digests, previous }: Published, files: LockedFiles): Promise<void> {
  const note = JSON.stringify({ serial, at: contentAt, digests, previous: previous ?? null })
  await files.putLocked(`generations/${String(serial).padStart(9, '0')}.json`, Buffer.from(note))
}

/** The last generation under lock: ahead of the store when that was restored from a copy, and then the one to follow. */
async function lastGeneration({ listLocked, getLocked }: LockedFiles): Promise<Pick<Published, 'serial' | 'digests'> | undefined> {
  const name = (await listLocked('generations/')).at(-1)
  const bytes = name === undefined ? undefined : await getLocked(name)
  return bytes && (JSON.parse(Buffer.from(bytes).toString('utf8')) as Pick<Published, 'serial' | 'digests'>)
}

/** Folders are moments; a clock that stands still or was set back must not name one twice. */
const laterThan = ({ contentAt, signedAt }: Published, now: Instant): Instant => instant(Math.max(now, contentAt + 1, signedAt + 1))

async function writeContent(
  content: Content,
  digest: string,
  at: Instant,
  before: Pick<Published, 'serial' | 'digests'> | undefined,
  { files }: PublicationPorts,
): Promise<Published> {
  const serial = (before?.serial ?? 0) + 1
  const digests: Record<string, string> = {}
  for (const version of PARAMETERS_VERSIONS) {
    const previous = before?.digests[version]
    const generation = { serial, ...(previous ? { previous } : {}) }
    const shared = writeSharedParameters({ ...content.shared, generation }, version)
    digests[version] = hex(sha512(shared))
    await files.putLocked(nameOf(partLocation(version, at, 'shared-params.xml')), shared)
    await files.putLocked(nameOf(partLocation(version, at, 'private-params.xml')), writePrivateParameters(content.private))
  }
  return { serial, content: digest, contentAt: at, signedAt: at, digests, ...(before ? { previous: before.digests } : {}) }
}

async function writeDirectories(
  version: ParametersVersion,
  instanceCode: string,
  published: Published,
  ports: PublicationPorts,
): Promise<void> {
  const part = async (identifier: string, file: string): Promise<PublishedPart> => {
    const location = partLocation(version, published.contentAt, file)
    const bytes = await ports.files.getLocked(nameOf(location))
    if (!bytes) throw new Error(`${location} was published and is gone`)
    return { identifier, instance: instanceCode, location, bytes }
  }
  const shared = await part(SHARED, 'shared-params.xml')
  const secret = await part(PRIVATE, 'private-params.xml')
  for (const [name, parts] of [
    ['internalconf', [secret, shared]],
    ['externalconf', [shared]],
  ] as const) {
    const draft = { version, expires: later(published.signedAt, CONFIGURATION_LIFE), parts }
    await ports.files.putLocked(
      nameOf(partLocation(version, published.signedAt, name)),
      await writeSignedDirectory(draft, ports.signer, ports.sign),
    )
  }
}

/**
 * A published file by the path a client asks for: '/internalconf' in a version (2 when none is named), or a part by its location.
 * undefined, which clients take for "try an older version", when there is none.
 */
export async function publishedFile(
  path: string,
  version: string | null,
  { store, files }: Pick<PublicationPorts, 'store' | 'files'>,
): Promise<Uint8Array | undefined> {
  if (/^\/V[2-6]\/\d{23}\/[a-z-]+(\.xml|conf)$/.test(path)) return files.getLocked(nameOf(path))
  const name = /^\/(internalconf|externalconf)$/.exec(path)?.[1]
  const wanted = PARAMETERS_VERSIONS.find((each) => String(each) === (version ?? '2'))
  const published = name && wanted ? await store.get<Published>(KEY) : undefined
  return published && files.getLocked(nameOf(partLocation(wanted as ParametersVersion, published.value.signedAt, name as string)))
}

const nameOf = (location: string): string => location.slice(1)
const asBase64 = (_key: string, value: unknown): unknown => (value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value)
