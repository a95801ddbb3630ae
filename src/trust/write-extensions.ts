import { EXTENSIONS, KEY_USAGES, type KeyUsage, PURPOSES } from './certificate-extensions.ts'
import { bitList, boolean, context, implicit, integer, nil, octets, oid, sequence } from './der-write.ts'
import { sha1 } from './key-hash.ts'

/** One Extension (RFC 5280 §4.1), DER. */
export type WrittenExtension = Uint8Array
const extension = (id: string, value: Uint8Array, critical = false): WrittenExtension =>
  sequence(oid(id), critical ? boolean(true) : undefined, octets(value))

export const keyUsage = (usages: readonly KeyUsage[], critical = true): WrittenExtension =>
  extension(EXTENSIONS.keyUsage, bitList(usages.map((usage) => KEY_USAGES.indexOf(usage))), critical)

export const extendedKeyUsage = (purposes: readonly (keyof typeof PURPOSES)[], critical = false): WrittenExtension =>
  extension(EXTENSIONS.extendedKeyUsage, sequence(...purposes.map((purpose) => oid(PURPOSES[purpose]))), critical)

/** Critical for an authority; an end entity's is empty. */
export const authority = (pathLength?: number): WrittenExtension =>
  extension(EXTENSIONS.basicConstraints, sequence(boolean(true), pathLength === undefined ? undefined : integer(pathLength)), true)
export const endEntity = (): WrittenExtension => extension(EXTENSIONS.basicConstraints, sequence())

/** Key identifiers are SHA-1 of the key's bits (RFC 5280 §4.2.1.2, method 1): a label, not a protection. */
export const subjectKeyIdentifier = (keyBits: Uint8Array): WrittenExtension =>
  extension(EXTENSIONS.subjectKeyIdentifier, octets(sha1(keyBits)))
export const authorityKeyIdentifier = (keyIdentifier: Uint8Array): WrittenExtension =>
  extension(EXTENSIONS.authorityKeyIdentifier, sequence(implicit(0, keyIdentifier)))

const OCSP_ACCESS = '1.3.6.1.5.5.7.48.1'
export const ocspAddress = (url: string): WrittenExtension =>
  extension(EXTENSIONS.authorityInfoAccess, sequence(sequence(oid(OCSP_ACCESS), implicit(6, Buffer.from(url, 'latin1')))))
/** RFC 6960 §4.2.2.2.1: the responder's own certificate is not looked up. */
export const ocspNoCheck = (): WrittenExtension => extension(EXTENSIONS.ocspNoCheck, nil())
export const crlNumber = (number: bigint): WrittenExtension => extension(EXTENSIONS.cRLNumber, integer(number))

/** Host names, and addresses as 4 or 16 octets (RFC 5280 §4.2.1.6). */
export type AlternativeNames = { readonly dns?: readonly string[]; readonly addresses?: readonly Uint8Array[] }
export function alternativeNames({ dns = [], addresses = [] }: AlternativeNames): WrittenExtension {
  const names = [...dns.map((name) => implicit(2, Buffer.from(name, 'latin1'))), ...addresses.map((address) => implicit(7, address))]
  return extension(EXTENSIONS.subjectAltName, sequence(...names))
}

export const extensions = (list: readonly WrittenExtension[]): Uint8Array => context(3, sequence(...list))
