import { ok } from '../base/result.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { encodeComponent } from '../protocol/identifiers.ts'
import { readMonitoring, readNextUpdate } from './optional-parts.ts'
import { readSharedParameters } from './read-shared-parameters.ts'
import type { SharedParameters } from './shared-parameters.ts'
import { type Trust, trustOf, withMonitor } from './trust.ts'

/** Files by path, '/' between folder and file. */
export type Files = ReadonlyMap<string, Uint8Array>
export const IDENTIFIER_FILE = 'instance-identifier'
export const SHARED_FILE = 'shared-params.xml'
export const NEXT_UPDATE_FILE = 'nextupdate-params.xml'
const MONITORING_FILE = 'monitoring-params.xml'
export const METADATA = '.metadata'

/**
 * The trust in a folder as stock servers keep it: `instance-identifier`, and a folder an instance (its code percent-encoded) with
 * shared-params.xml and, where the centre publishes them, nextupdate-params.xml and monitoring-params.xml. The version is in `shared-params.xml.metadata` beside it, or is
 * seen from the content. One file that cannot be read spoils all: a verifier must not go on with half of the trust.
 * Expiry is not looked at: old evidence is judged by old trust. Refused with 'malformed_global_conf' or 'malformed_optional_parts_conf'.
 */
export function trustFromFiles(files: Files): Outcome<Trust> {
  const identifier = files.get(IDENTIFIER_FILE)
  if (!identifier) return refuse('malformed_global_conf', `there is no file ${IDENTIFIER_FILE}`)
  const own = Buffer.from(identifier).toString('utf8').trim()
  const folders = new Map<string, SharedParameters>()
  for (const [path, bytes] of files) {
    const folder = /^([^/]+)\/shared-params\.xml$/.exec(path)?.[1]
    if (folder === undefined) continue
    const read = readInstance(folder, bytes, files.get(`${path}${METADATA}`))
    if (!read.ok) return refuse('malformed_global_conf', `${path}: ${read.fault.detail}`)
    folders.set(folder, read.value)
  }
  const home = [...folders].find(([, { instance }]) => instance === own)
  if (!home) return refuse('malformed_global_conf', `there is no ${SHARED_FILE} of ${own}`)
  const nextUpdate = files.get(`${home[0]}/${NEXT_UPDATE_FILE}`)
  const verifyNextUpdate = nextUpdate ? readNextUpdate(nextUpdate) : ok(true)
  if (!verifyNextUpdate.ok) return verifyNextUpdate
  const monitoring = files.get(`${home[0]}/${MONITORING_FILE}`)
  const client = monitoring ? readMonitoring(monitoring) : ok(null)
  return client.ok ? ok(withMonitor(trustOf(own, [...folders.values()], verifyNextUpdate.value), client.value)) : client
}

function readInstance(folder: string, bytes: Uint8Array, metadata: Uint8Array | undefined): Outcome<SharedParameters> {
  const read = readSharedParameters(bytes, metadata && versionIn(metadata))
  return !read.ok || isFolderOf(read.value.instance, folder)
    ? read
    : refuse('malformed_global_conf', `it is of the instance ${read.value.instance}`)
}

/** Stock servers escape a space as '+' or as '%20', by their age. */
const isFolderOf = (instance: string, folder: string): boolean =>
  folder === instance || [folder, folder.replaceAll('+', '%20')].some((each) => unescaped(each) === instance)

function unescaped(folder: string): string | undefined {
  try {
    return decodeURIComponent(folder)
  } catch {
    return undefined // no escape of UTF-8: then the name is the code itself, or it is another's folder
  }
}

/** The directory version a stock server noted when it fetched the file; undefined when it noted none, as servers before 7.4. */
function versionIn(metadata: Uint8Array): number | undefined {
  try {
    const { configurationVersion } = JSON.parse(Buffer.from(metadata).toString('utf8'))
    return configurationVersion === undefined || configurationVersion === null ? undefined : Number(configurationVersion)
  } catch {
    return undefined // metadata is a convenience: the file itself says what it holds
  }
}

/** The same folder, written: what a verifier anywhere can be given as the trust of a day. `sharedParameters` are the exact octets kept. */
export function trustFolder(own: string, instances: readonly InstanceFiles[]): Files {
  const files = new Map<string, Uint8Array>([[IDENTIFIER_FILE, Buffer.from(own)]])
  for (const { instance, version, sharedParameters, nextUpdate } of instances) {
    const path = `${instanceFolder(instance)}/${SHARED_FILE}`
    const metadata = { contentIdentifier: 'SHARED-PARAMETERS', instanceIdentifier: instance, configurationVersion: String(version) }
    files.set(path, sharedParameters)
    files.set(`${path}${METADATA}`, Buffer.from(JSON.stringify(metadata)))
    if (nextUpdate) files.set(`${instanceFolder(instance)}/${NEXT_UPDATE_FILE}`, nextUpdate)
  }
  return files
}
export type InstanceFiles = {
  readonly instance: string
  readonly version: SharedParameters['version']
  readonly sharedParameters: Uint8Array
  readonly nextUpdate?: Uint8Array
}

/** Percent-encoded, so that a code with a slash stays one folder. */
export const instanceFolder = (instance: string): string => encodeComponent(instance)
