import { type Instant, isoInstant } from '../base/clock.ts'
import { base64, type Digest, digestNamed, hash, hex, sha512 } from '../protocol/digests.ts'
import type { Sign, SignatureName } from '../protocol/sign.ts'
import { signatureNamed } from '../protocol/signature-algorithms.ts'
import type { ParametersVersion } from './shared-parameters.ts'

/** One file to publish: what it is, whose, and where it will lie. */
export type PublishedPart = {
  readonly identifier: string
  readonly instance: string
  /** '/V6/20260206100112123456000/shared-params.xml' */
  readonly location: string
  readonly bytes: Uint8Array
}
export type DirectoryDraft = { readonly version: ParametersVersion; readonly expires: Instant; readonly parts: readonly PublishedPart[] }
/** The configuration-signing key; `certificate` (DER) names it to consumers, who look at its key only. */
export type DirectorySigner = { readonly key: string; readonly algorithm: SignatureName; readonly certificate: Uint8Array }

/**
 * A signed configuration directory, octet for octet as stock central servers lay it out: CRLF throughout, the inner body signed up to
 * and with the line end after its last delimiter. Digests are SHA-512; an ECDSA signature stays DER, as stock servers read it.
 * The boundaries come from the content: the same publication gives the same octets (under a deterministic signature).
 * Throws when the key holder does. Source: X-Road PR-GCONF §4.
 */
export async function writeSignedDirectory(draft: DirectoryDraft, signer: DirectorySigner, sign: Sign): Promise<Uint8Array> {
  const algorithm = signatureNamed(signer.algorithm)
  if (!algorithm) throw new Error(`no signature algorithm ${signer.algorithm}`)
  const seed = hex(sha512(...draft.parts.map(({ bytes }) => sha512(bytes)), Buffer.from(isoInstant(draft.expires))))
  const [outer, inner] = [seed.slice(0, 20), seed.slice(20, 40)]
  const signed = Buffer.from(lines(...innerLines(draft, inner as string)))
  const signature = await sign(signer.key, signer.algorithm, hash(algorithm.digest, signed))
  return Buffer.concat([
    Buffer.from(
      lines(
        `Content-Type: multipart/related; charset=UTF-8; boundary=${outer}`,
        '',
        `--${outer}`,
        `Content-Type: multipart/mixed; charset=UTF-8; boundary=${inner}`,
        '',
      ),
    ),
    signed,
    Buffer.from(
      lines(
        '',
        `--${outer}`,
        'Content-Type: application/octet-stream',
        'Content-Transfer-Encoding: base64',
        `Signature-Algorithm-Id: ${algorithm.xmlUri}`,
        `Verification-certificate-hash: ${base64(sha512(signer.certificate))}; hash-algorithm-id="${SHA512.xmlUri}"`,
        '',
        base64(signature),
        `--${outer}--`,
      ),
    ),
  ])
}

const SHA512 = digestNamed('SHA-512') as Digest
const lines = (...each: readonly string[]): string => each.map((line) => `${line}\r\n`).join('')

/** Single quotes as stock servers write them, unless the code holds one. */
const quoted = (instance: string): string => (instance.includes("'") ? `"${instance}"` : `'${instance}'`)

/** Where a published file lies: the folder is its moment in UTC, year to nanoseconds, which consumers take for the age of the publication. */
export function partLocation(version: ParametersVersion, at: Instant, file: string): string {
  const digits = new Date(at).toISOString().replace(/[^0-9]/g, '')
  return `/V${version}/${digits.padEnd(23, '0')}/${file}`
}

function innerLines({ version, expires, parts }: DirectoryDraft, boundary: string): readonly string[] {
  const files = parts.flatMap(({ identifier, instance, location, bytes }) => [
    `--${boundary}`,
    'Content-type: application/octet-stream',
    'Content-transfer-encoding: base64',
    `Content-identifier: ${identifier}; instance=${quoted(instance)}`,
    `Content-location: ${location}`,
    `Hash-algorithm-id: ${SHA512.xmlUri}`,
    '',
    base64(sha512(bytes)),
  ])
  return [`--${boundary}`, `Expire-date: ${isoInstant(expires)}`, `Version: ${version}`, '', ...files, `--${boundary}--`]
}
