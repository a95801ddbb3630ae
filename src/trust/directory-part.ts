import { ok } from '../base/result.ts'
import { type Digest, hash } from '../protocol/digests.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { type DirectoryRules, digestFor, fieldsOf } from './directory-envelope.ts'
import { type PrivateParameters, readPrivateParameters } from './private-parameters.ts'
import { readSharedParameters } from './read-shared-parameters.ts'
import type { ParametersVersion, SharedParameters } from './shared-parameters.ts'
import { type MimePart, withParameters } from './signed-directory-mime.ts'
import { readBase64 } from './xml-values.ts'

/** One file the directory names, and the digest its bytes must have. */
export type DirectoryPart = {
  /** 'PRIVATE-PARAMETERS', 'SHARED-PARAMETERS', or an optional part. */
  readonly identifier: string
  /** Whose part; always there for the two parameters. */
  readonly instance: string | null
  /** An absolute path beside the directory: '/V6/20260206100112123456000/shared-params.xml'. */
  readonly location: string
  readonly digest: Digest
  readonly hash: Uint8Array
}
export const SHARED = 'SHARED-PARAMETERS'
export const PRIVATE = 'PRIVATE-PARAMETERS'
/** Optional: who, besides its owner, may read the monitoring data of a server. */
export const MONITORING = 'MONITORING'

export function readParts(files: readonly MimePart[], rules: DirectoryRules): Outcome<readonly DirectoryPart[]> {
  const parts = new Map<string, DirectoryPart>()
  for (const file of files) {
    const part = readPart(file, rules)
    if (!part.ok) return part
    const key = `${part.value.identifier} of ${part.value.instance}`
    if (parts.has(key)) return refuse('malformed_global_conf', `${key} twice`)
    parts.set(key, part.value)
  }
  return ok([...parts.values()])
}

function readPart(file: MimePart, rules: DirectoryRules): Outcome<DirectoryPart> {
  const fields = fieldsOf(file, ['content-identifier', 'content-location', 'hash-algorithm-id'])
  if (!fields.ok) return fields
  const [identifierField, location, algorithm] = fields.value as [string, string, string]
  const { value: identifier, parameters } = withParameters(identifierField)
  const instance = parameters.get('instance') ?? null
  if (instance === null && (identifier === SHARED || identifier === PRIVATE))
    return refuse('global_conf_header_field_missing', `the instance of ${identifier}`)
  const digest = digestFor(algorithm, rules)
  if (!digest.ok) return digest
  const value = readBase64(Buffer.from(file.body).toString('latin1'))
  if (value?.length !== digest.value.bytes) return refuse('malformed_global_conf', `the digest of ${location} is no ${digest.value.name}`)
  return ok({ identifier, instance, location, digest: digest.value, hash: value })
}

/** What a part holds, when it is one of the two parameters. */
export type PartContent = { readonly shared?: SharedParameters; readonly private?: PrivateParameters }

/**
 * Is this the file the directory names? Its digest first ('global_conf_part_downloaded_file_integrity_failure'), then, for the two
 * parameters, that it reads in the directory's version and is of the instance it is labelled with ('malformed_global_conf').
 */
export function checkPart(part: DirectoryPart, version: ParametersVersion, bytes: Uint8Array): Outcome<PartContent> {
  if (!Buffer.from(hash(part.digest, bytes)).equals(part.hash))
    return refuse('global_conf_part_downloaded_file_integrity_failure', `the ${part.digest.name} of ${part.location} differs`)
  const content = contentOf(part, version, bytes)
  if (!content.ok) return content
  const instance = content.value.shared?.instance ?? content.value.private?.instance ?? part.instance
  return instance === part.instance
    ? content
    : refuse('malformed_global_conf', `${part.location} is of ${instance}, labelled ${part.instance}`)
}

function contentOf({ identifier }: DirectoryPart, version: ParametersVersion, bytes: Uint8Array): Outcome<PartContent> {
  if (identifier === SHARED) {
    const shared = readSharedParameters(bytes, version)
    return shared.ok ? ok({ shared: shared.value }) : shared
  }
  if (identifier !== PRIVATE) return ok({})
  const read = readPrivateParameters(bytes)
  return read.ok ? ok({ private: read.value }) : read
}
