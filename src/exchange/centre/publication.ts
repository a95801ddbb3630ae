import { HOUR, type Instant, instant, later } from '../../base/clock.ts'
import { hex, sha512 } from '../../protocol/digests.ts'
import type { Sign, SignatureName } from '../../protocol/sign.ts'
import { PRIVATE, SHARED } from '../../trust/directory-part.ts'
import { type Content, contentOf, type Records } from '../../trust/registry/content.ts'
import { stampOf } from '../../trust/roll-back.ts'
import { PARAMETERS_VERSIONS, type ParametersVersion } from '../../trust/shared-parameters.ts'
import { writePrivateParameters } from '../../trust/write-private-parameters.ts'
import { writeSharedParameters } from '../../trust/write-shared-parameters.ts'
import { type DirectorySigner, type PublishedPart, partLocation, writeSignedDirectory } from '../../trust/write-signed-directory.ts'
import type { ListLocked, Store } from '../ports.ts'
import { type ChangeLogPorts, caughtUp } from '../register/change-log.ts'
import { readRecords } from './read-records.ts'

export type PublicationPorts = ChangeLogPorts & { readonly listLocked: ListLocked; readonly sign: Sign }

/**
 * What lies where. `content` tells whether anything changed, `signer` by which key (its certificate's SHA-512, hex) the directories are signed;
 * `contentAt` and `signedAt` name the folders of parts and directories.
 */
export type Published = {
  readonly serial: number
  /** The line of the registry's log it was made after: while that is the last, nothing can have changed. */
  readonly line: number
  readonly content: string
  readonly signer: string
  readonly contentAt: Instant
  readonly signedAt: Instant
  readonly expires: Instant
  /** SHA-512 (hex) of shared-params.xml, by version. */
  readonly digests: Readonly<Record<string, string>>
  readonly previous?: Readonly<Record<string, string>>
}
/** Signed anew so often that a node which has the last one before an outage has nearly its whole life before it. */
const SIGNED_ANEW = 32
/** Whether the directories are young enough to stay. */
export const isFresh = ({ signedAt, expires }: Pick<Published, 'signedAt' | 'expires'>, now: Instant): boolean =>
  now - signedAt < (expires - signedAt) / SIGNED_ANEW
const KEY = 'publication/current'
export const publishedNow = async (store: Store): Promise<Published | undefined> => (await store.get<Published>(KEY))?.value

/**
 * Publishes what the registry says, in every version, internal and external: when it changed, when another key signs, when a thirty-second part of the
 * last directory's life is over, or when the store is behind what was published (it was restored from a copy): nodes would refuse to go back.
 * Every file is kept for good under a name of its own; a changed content gets the next serial and names its predecessor. All or nothing: what
 * is served changes in one step, after all files of it lie there. Nothing is published before the centre is set up and has a key that signs.
 */
export async function publish(ports: PublicationPorts): Promise<Published | undefined> {
  const line = (await caughtUp(ports)).value.number // an old copy of the registry must not be published: it may name who was shut out since
  const stored = await ports.store.get<Published>(KEY)
  const before = stored?.value
  const now = ports.now()
  const last = await generationAfter(before, ports)
  if (before && !last && before.line === line && isFresh(before, now)) return before
  const records = await readRecords(ports.store)
  const signer = records && signerOf(records)
  if (!records || !signer) return undefined
  const life = records.instance.policy.configurationHours * HOUR
  if (before) await noteGeneration(before, ports) // in case we were stopped between the two
  const content = contentOf(records)
  const digest = hex(sha512(Buffer.from(JSON.stringify([content, life], asBase64))))
  const changed = before?.content !== digest || last !== undefined
  const signedBy = hex(sha512(signer.certificate))
  if (before && !changed && before.signer === signedBy && now - before.signedAt < life / SIGNED_ANEW)
    return noteLine(before, line, stored.version, ports)
  const at = await freeMoment(before ? laterThan(before, now) : now, ports)
  const written = changed || !before ? await writeContent(content, digest, at, last ?? before, ports) : before
  const next: Published = { ...written, line, signer: signedBy, signedAt: at, expires: later(at, life) }
  for (const version of PARAMETERS_VERSIONS) await writeDirectories(version, content.shared.instance, next, signer, ports)
  if (!(await ports.store.put(KEY, next, stored?.version ?? 0))) return publish(ports) // another published meanwhile: look again
  await noteGeneration(next, ports)
  return next
}

export function signerOf({ signingKeys }: Records): DirectorySigner | undefined {
  const found = signingKeys.find(({ state }) => state === 'signing')
  return found && { key: found.key, algorithm: found.algorithm as SignatureName, certificate: Buffer.from(found.certificate, 'base64') }
}

/** The chain of generations as files of their own: which content was in force, and what it followed. */
async function noteGeneration({ serial, contentAt, digests, previous }: Published, { putLocked }: PublicationPorts): Promise<void> {
  const note = JSON.stringify({ serial, at: contentAt, digests, previous: previous ?? null })
  await putLocked(generationName(serial), Buffer.from(note))
}

/** The last generation under lock that the store knows nothing of, because it was restored from a copy: then the one to follow. */
async function generationAfter(
  before: Published | undefined,
  { listLocked, getLocked }: PublicationPorts,
): Promise<Pick<Published, 'serial' | 'digests'> | undefined> {
  if (before && !(await getLocked(generationName(before.serial + 1)))) return undefined // mostly so, and a look costs less than a list
  const name = (await listLocked('generations/', before && generationName(before.serial))).at(-1)
  const bytes = name === undefined ? undefined : await getLocked(name)
  return bytes && (JSON.parse(Buffer.from(bytes).toString('utf8')) as Pick<Published, 'serial' | 'digests'>)
}
const generationName = (serial: number): string => `generations/${String(serial).padStart(9, '0')}.json`

/** Acts that the configuration says nothing of make no new one; that they were looked at is noted. */
async function noteLine(before: Published, line: number, version: number, { store }: PublicationPorts): Promise<Published> {
  const noted = { ...before, line }
  await store.put(KEY, noted, version) // another who was faster noted as much
  return noted
}

/** Folders are moments; a clock that stands still or was set back must not name one twice. */
const laterThan = ({ contentAt, signedAt }: Published, now: Instant): Instant => instant(Math.max(now, contentAt + 1, signedAt + 1))

/** Later than every folder there is: a store restored from a copy does not know them all, and a clock may have been set back since. */
async function freeMoment(at: Instant, { listLocked }: PublicationPorts): Promise<Instant> {
  const last = (await listLocked('V6/', nameOf(partLocation(6, at, '')))).at(-1)
  const stamp = last === undefined ? null : stampOf(`/${last}`)
  return stamp === null ? at : instant(Number(stamp / 1_000_000n) + 1)
}

type Written = Pick<Published, 'serial' | 'content' | 'contentAt' | 'digests' | 'previous'>

async function writeContent(
  content: Content,
  digest: string,
  at: Instant,
  before: Pick<Published, 'serial' | 'digests'> | undefined,
  { putLocked }: PublicationPorts,
): Promise<Written> {
  const serial = (before?.serial ?? 0) + 1
  const digests: Record<string, string> = {}
  for (const version of PARAMETERS_VERSIONS) {
    const previous = before?.digests[version]
    const generation = { serial, ...(previous ? { previous } : {}) }
    const shared = writeSharedParameters({ ...content.shared, generation }, version)
    digests[version] = hex(sha512(shared))
    await putLocked(nameOf(partLocation(version, at, 'shared-params.xml')), shared)
    await putLocked(nameOf(partLocation(version, at, 'private-params.xml')), writePrivateParameters(content.private))
  }
  return { serial, content: digest, contentAt: at, digests, ...(before ? { previous: before.digests } : {}) }
}

async function writeDirectories(
  version: ParametersVersion,
  instanceCode: string,
  published: Published,
  signer: DirectorySigner,
  { putLocked, getLocked, sign }: PublicationPorts,
): Promise<void> {
  const part = async (identifier: string, file: string): Promise<PublishedPart> => {
    const location = partLocation(version, published.contentAt, file)
    const bytes = await getLocked(nameOf(location))
    if (!bytes) throw new Error(`${location} was published and is gone`)
    return { identifier, instance: instanceCode, location, bytes }
  }
  const shared = await part(SHARED, 'shared-params.xml')
  const secret = await part(PRIVATE, 'private-params.xml')
  for (const [name, parts] of [
    ['internalconf', [secret, shared]],
    ['externalconf', [shared]],
  ] as const) {
    const draft = { version, expires: published.expires, parts }
    await putLocked(nameOf(partLocation(version, published.signedAt, name)), await writeSignedDirectory(draft, signer, sign))
  }
}

/**
 * A published file by the path a client asks for: '/internalconf' in a version (2 when none is named), or a part by its location.
 * undefined, which clients take for "try an older version", when there is none.
 */
export async function publishedFile(
  path: string,
  version: string | null,
  { store, getLocked }: Pick<PublicationPorts, 'store' | 'getLocked'>,
): Promise<Uint8Array | undefined> {
  if (/^\/V[2-6]\/\d{23}\/[a-z-]+(\.xml|conf)$/.test(path)) return getLocked(nameOf(path))
  const name = /^\/(internalconf|externalconf)$/.exec(path)?.[1]
  const wanted = PARAMETERS_VERSIONS.find((each) => String(each) === (version ?? '2'))
  const published = name && wanted ? await publishedNow(store) : undefined
  return published && getLocked(nameOf(partLocation(wanted as ParametersVersion, published.signedAt, name as string)))
}

/** The name under lock of a published location. */
export const nameOf = (location: string): string => location.slice(1)
const asBase64 = (_key: string, value: unknown): unknown => (value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value)
