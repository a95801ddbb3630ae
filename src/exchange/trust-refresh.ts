import { type Instant, type Now, SECOND } from '../base/clock.ts'
import { ok } from '../base/result.ts'
import { hex } from '../protocol/digests.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import type { ClientId } from '../protocol/identifiers.ts'
import type { Anchor } from '../trust/anchor.ts'
import { checkPart, type DirectoryPart, MONITORING, SHARED } from '../trust/directory-part.ts'
import { anchorLocations, type ConfigurationLocation, publishedLocations } from '../trust/locations.ts'
import { readMonitoring } from '../trust/optional-parts.ts'
import { mayFollow, type Publication, publicationOf } from '../trust/roll-back.ts'
import { PARAMETERS_VERSIONS, type SharedParameters } from '../trust/shared-parameters.ts'
import { isAllOf, readSignedDirectory, type SignedDirectory } from '../trust/signed-directory.ts'
import { ownParameters, type Trust, trustOf, withMonitor } from '../trust/trust.ts'
import { trustFromFiles } from '../trust/trust-files.ts'
import { noteDate } from './clock-watch.ts'
import { keepConfiguration, noteInForce } from './keep-configuration.ts'
import type { Memory } from './memory.ts'
import type { FetchUrl, GetLocked, ListLocked, Log, PutLocked, Store, TrustInForce } from './ports.ts'

export type RefreshPorts = {
  readonly anchor: Anchor
  readonly fetchUrl: FetchUrl
  readonly store: Store
  readonly putLocked: PutLocked
  readonly getLocked: GetLocked
  readonly listLocked: ListLocked
  readonly now: Now
  readonly memory: Memory
  readonly log: Log
}

/** What the node remembers of the configuration it acts on. The stamp is a number of nanoseconds, too large for JSON. */
type Known = {
  readonly configuration: string
  readonly validUntil: Instant
  readonly publication: Omit<Publication, 'stamp'> & { readonly stamp: string | null }
}
const KEY = 'trust'
const FETCH_MS = 5 * SECOND

/** The configuration a former run of this node acted on, read from its locked files; undefined when there is none. */
export async function lastTrust({
  store,
  getLocked,
  listLocked,
}: Pick<RefreshPorts, 'store' | 'getLocked' | 'listLocked'>): Promise<TrustInForce | undefined> {
  const known = (await store.get<Known>(KEY))?.value
  if (!known) return undefined
  const trust = await trustOfDay(known.configuration, { getLocked, listLocked })
  return trust.ok ? { trust: trust.value, configuration: known.configuration, validUntil: known.validUntil } : undefined
}

/** Any configuration the node ever acted on, by its name, from its locked files. Refused with 'malformed_global_conf' when it is not there whole. */
export async function trustOfDay(
  configuration: string,
  { getLocked, listLocked }: Pick<RefreshPorts, 'getLocked' | 'listLocked'>,
): Promise<Outcome<Trust>> {
  const folder = `configurations/${configuration}/`
  const files = new Map<string, Uint8Array>()
  for (const name of await listLocked(folder)) files.set(name.slice(folder.length), (await getLocked(name)) ?? new Uint8Array())
  return trustFromFiles(files)
}

/**
 * Looks for a newer configuration at every known location until one is good: signed by a key of that location, not expired,
 * of our instance, and no step back. Its files are under lock before it is given out. The first refusal is told, or why no location could be reached.
 */
export async function refreshTrust(known: TrustInForce | undefined, ports: RefreshPorts): Promise<Outcome<TrustInForce>> {
  const published = known ? publishedLocations(ownParameters(known.trust), ports.anchor) : []
  let trouble: Outcome<TrustInForce> | undefined
  for (const location of plainFirst([...published, ...anchorLocations(ports.anchor)])) {
    const found = await refreshFrom(location, known, ports)
    if (found.ok) return found
    if (!trouble || (isOfTheWay(trouble) && !isOfTheWay(found))) trouble = found
  }
  return trouble ?? refuse('network_error', 'the anchor names no http address')
}

/** What was refused says more than what could not be reached. */
const isOfTheWay = (found: Outcome<TrustInForce>): boolean =>
  !found.ok &&
  ['network_error', 'unknown_host', 'ssl_authentication_failed', 'io_error', 'http_error', 'not_found'].includes(found.fault.path[0])

/**
 * On loopback nothing listens for https; the signature, not the channel, proves the content. Each address once, with the certificates it was named with
 * first: what was last published knows the keys of today, the anchor those of the day it was carried here, one of which may have been retired since.
 */
function plainFirst(locations: readonly ConfigurationLocation[]): readonly ConfigurationLocation[] {
  const isPlain = ({ url }: ConfigurationLocation) => url.startsWith('http:')
  const ordered = [...locations.filter(isPlain), ...locations.filter((location) => !isPlain(location))]
  return [...new Map(ordered.toReversed().map((location) => [location.url, location])).values()].toReversed()
}

async function refreshFrom(
  location: ConfigurationLocation,
  known: TrustInForce | undefined,
  ports: RefreshPorts,
): Promise<Outcome<TrustInForce>> {
  const bytes = await fetchDirectory(location.url, ports)
  if (!bytes.ok) return bytes
  const directory = readSignedDirectory(bytes.value, location.certificates, ports.now())
  if (!directory.ok) return directory
  const ours = isAllOf(directory.value, ports.anchor.instance)
  if (!ours.ok) return ours
  return adopt(directory.value, bytes.value, location, known, ports)
}

/** The newest version there is: 404 means an older one must do, any other trouble is trouble. */
async function fetchDirectory(url: string, ports: RefreshPorts): Promise<Outcome<Uint8Array>> {
  for (const version of PARAMETERS_VERSIONS.toReversed()) {
    const got = await fetchFile(`${url}?version=${version}`, ports)
    if (got.ok || got.fault.path[0] !== 'not_found') return got
  }
  return refuse('not_found', `${url}: no version from 2 to 6`)
}

async function fetchFile(url: string, { fetchUrl, now, memory, log }: RefreshPorts): Promise<Outcome<Uint8Array>> {
  const sent = now()
  const answer = await fetchUrl(url, null, FETCH_MS)
  if (!answer.ok) return answer
  noteDate({ source: new URL(url).origin, headers: answer.value.headers, sent, received: now() }, memory, log)
  if (answer.value.status === 404) return refuse('not_found', url)
  return answer.value.status === 200 ? ok(answer.value.body) : refuse('http_error', `${url} answered ${answer.value.status}`)
}

async function adopt(
  directory: SignedDirectory,
  directoryBytes: Uint8Array,
  location: ConfigurationLocation,
  known: TrustInForce | undefined,
  ports: RefreshPorts,
): Promise<Outcome<TrustInForce>> {
  const part = directory.parts.find(({ identifier }) => identifier === SHARED)
  if (!part) return refuse('malformed_global_conf', 'a directory without shared parameters')
  const found = await sharedIn(part, directory, location, known, ports)
  if (!found.ok) return found
  const { shared, bytes } = found.value
  const next = publicationOf(directory, shared)
  const stored = await ports.store.get<Known>(KEY)
  const allowed = stored ? mayFollow(readPublication(stored.value), next) : ok(true)
  if (!allowed.ok) return allowed
  const { instance } = ports.anchor
  const parameters = bytes && [{ instance, bytes }]
  const configuration = parameters ? await keepConfiguration({ instance, parameters, directories: [directoryBytes] }, ports) : shared.sha512
  const monitor = await monitorIn(directory, location, ports)
  if (!monitor.ok) return monitor
  const same = known?.configuration === configuration ? known.trust : trustOf(instance, [shared])
  const trust = withMonitor(same, monitor.value)
  const record: Known = {
    configuration,
    validUntil: directory.expires,
    publication: { ...next, stamp: next.stamp === null ? null : String(next.stamp) },
  }
  if (stored?.value.configuration !== configuration) await noteInForce(configuration, ports.now(), ports)
  if (!isSame(stored?.value, record) && !(await ports.store.put(KEY, record, stored?.version ?? 0)))
    if (!isSame((await ports.store.get<Known>(KEY))?.value, record))
      return refuse('busy', 'another process changed the configuration in force meanwhile')
  return ok({ trust, configuration, validUntil: directory.expires })
}

/**
 * The shared parameters a directory names. Those we act on are under lock and not fetched again: a directory is signed anew every few hours and looked at
 * every few minutes, and the members of a whole country are megabytes.
 */
async function sharedIn(
  part: DirectoryPart,
  { version }: SignedDirectory,
  location: ConfigurationLocation,
  known: TrustInForce | undefined,
  ports: RefreshPorts,
): Promise<Outcome<{ readonly shared: SharedParameters; readonly bytes?: Uint8Array }>> {
  const held = known && ownParameters(known.trust)
  const isHeld = held?.version === version && part.digest.name === 'SHA-512' && hex(part.hash) === known?.configuration
  if (held && isHeld && part.instance === held.instance) return ok({ shared: held })
  const bytes = await fetchFile(new URL(part.location, location.url).href, ports)
  if (!bytes.ok) return bytes
  const content = checkPart(part, version, bytes.value)
  if (!content.ok) return content
  if (!content.value.shared) throw new Error('shared parameters were checked and are not there')
  return ok({ shared: content.value.shared, bytes: bytes.value })
}

/** Whom the centre names in its optional part, if it publishes one. No evidence is judged by it, so it is not kept: a new process asks again. */
async function monitorIn(
  directory: SignedDirectory,
  location: ConfigurationLocation,
  ports: RefreshPorts,
): Promise<Outcome<ClientId | null>> {
  const part = directory.parts.find(({ identifier }) => identifier === MONITORING)
  if (!part) return ok(null)
  const bytes = await fetchFile(new URL(part.location, location.url).href, ports)
  if (!bytes.ok) return bytes
  const content = checkPart(part, directory.version, bytes.value)
  return content.ok ? readMonitoring(bytes.value) : content
}

/** Several doors of a node find the same new configuration at the same time; one of them notes it. */
const isSame = (known: Known | undefined, record: Known): boolean => JSON.stringify(known) === JSON.stringify(record)

const readPublication = ({ publication }: Known): Publication => ({
  ...publication,
  stamp: publication.stamp === null ? null : BigInt(publication.stamp),
})
