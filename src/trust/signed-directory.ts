import { type Instant, instant } from '../base/clock.ts'
import { ok } from '../base/result.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import type { Certificate } from './certificates.ts'
import { checkSignature, type DirectoryRules, partsIn, readEnvelope } from './directory-envelope.ts'
import { type DirectoryPart, readParts } from './directory-part.ts'
import { PARAMETERS_VERSIONS, type ParametersVersion } from './shared-parameters.ts'
import type { MimePart } from './signed-directory-mime.ts'

/** A directory whose signature held and which had not expired. */
export type SignedDirectory = {
  readonly version: ParametersVersion
  readonly expires: Instant
  readonly parts: readonly DirectoryPart[]
  readonly signer: Certificate
}
/**
 * Reads a signed configuration directory and checks it in the order of stock clients: the certificate its signature names is among those
 * given, the signature holds over the exact octets, and only then what it says: expiry, version, parts.
 *
 * @param verificationCertificates DER, of the one location it came from: those of its anchor or of its published source, no others.
 *   Only their keys count, not their validity
 * @param at the instant it must not have expired at
 * Refused with: 'mime_parsing_failed' · 'global_conf_header_field_missing' · 'global_conf_missing_verification_cert' ·
 *   'unsupported_sign_algorithm' · 'weak_algorithm' · 'global_conf_signature_verification_failure' · 'global_conf_outdated' · 'malformed_global_conf'.
 * Source: X-Road PR-GCONF §4.
 */
export function readSignedDirectory(
  bytes: Uint8Array,
  verificationCertificates: readonly Uint8Array[],
  at: Instant,
  rules: DirectoryRules = { weak: 'refused' },
): Outcome<SignedDirectory> {
  const envelope = readEnvelope(bytes)
  if (!envelope.ok) return envelope
  const signer = checkSignature(envelope.value, verificationCertificates, rules)
  return signer.ok ? readContent(envelope.value.signed, signer.value, at, rules) : signer
}

/** Do all parts belong to the instance whose anchor was used? A partner must not publish under our name. Refused with 'malformed_global_conf'. */
export function isAllOf(directory: SignedDirectory, instance: string): Outcome<true> {
  const stranger = directory.parts.find((part) => part.instance !== null && part.instance !== instance)
  return stranger
    ? refuse('malformed_global_conf', `${stranger.identifier} of ${stranger.instance} in a directory of ${instance}`)
    : ok(true)
}

function readContent(signed: MimePart, signer: Certificate, at: Instant, rules: DirectoryRules): Outcome<SignedDirectory> {
  const inner = partsIn(signed)
  if (!inner.ok) return inner
  const [head, ...files] = inner.value.parts
  const expire = head?.headers.get('expire-date')
  if (!head || !expire) return refuse('global_conf_header_field_missing', 'Expire-date')
  const expires = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(expire) ? Date.parse(expire) : Number.NaN
  if (Number.isNaN(expires)) return refuse('malformed_global_conf', 'Expire-date is no ISO 8601 instant')
  if (expires <= at) return refuse('global_conf_outdated', `expired at ${expire}`)
  const said = head.headers.get('version') ?? '2' // stock clients take a directory without a version for one of version 2
  const version = PARAMETERS_VERSIONS.find((each) => String(each) === said)
  if (!version) return refuse('malformed_global_conf', `version ${said.slice(0, 20)}`)
  const parts = readParts(files, rules)
  return parts.ok ? ok({ version, expires: instant(expires), parts: parts.value, signer }) : parts
}
