import { BOOLEAN, contentsOf, type Der, decode, INTEGER, mismatch, OCTET_STRING, OID, parseDer, SEQUENCE, SLOPPY } from './der.ts'
import { bitListOf, booleanOf, childrenOf, fieldsOf, octetsOf, oidOf, smallOf } from './der-values.ts'

export const EXTENSIONS = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  cRLNumber: '2.5.29.20',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  ocspNoCheck: '1.3.6.1.5.5.7.48.1.5',
} as const

/** RFC 5280 §4.2.1.12. */
export const PURPOSES = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  OCSPSigning: '1.3.6.1.5.5.7.3.9',
} as const

/** RFC 5280 §4.2.1.3, in the order of the bits. */
export const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const
export type KeyUsage = (typeof KEY_USAGES)[number]

export type Extension = { readonly critical: boolean; readonly value: Uint8Array }
export type Extensions = ReadonlyMap<string, Extension>

/** Extensions (RFC 5280 §4.2), by OID. Throws DerMismatch; also for one that stands there twice. */
export function extensionsOf(found: Der): Extensions {
  const extensions = new Map<string, Extension>()
  for (const entry of childrenOf(found, SEQUENCE, 'extensions')) {
    const fields = fieldsOf(entry, 'extension')
    const dotted = oidOf(fields.next(OID, 'identifier'))
    const critical = fields.optional(BOOLEAN)
    const value = octetsOf(fields.next(OCTET_STRING, 'value'))
    fields.end('an extension')
    if (extensions.has(dotted)) mismatch(`extension ${dotted} twice`)
    extensions.set(dotted, { critical: critical !== undefined && booleanOf(critical), value })
  }
  return extensions
}

const read = <T>(extensions: Extensions, oid: string, take: (root: Der) => T): T | null => {
  const extension = extensions.get(oid)
  return extension ? take(parseDer(extension.value, SLOPPY)) : null
}

/** An extension nothing is decided by: what cannot be read counts as not there. */
function readable<T>(extensions: Extensions, oid: string, take: (root: Der) => T): T | null {
  const found = decode(() => read(extensions, oid, take))
  return found.ok ? found.value : null
}

/** null: no such extension, the key may do anything. */
export const keyUsageOf = (extensions: Extensions): ReadonlySet<KeyUsage> | null =>
  read(extensions, EXTENSIONS.keyUsage, (root) => new Set(bitListOf(root).flatMap((bit) => KEY_USAGES[bit] ?? [])))

/** OIDs of purposes; null: no such extension. */
export const extendedKeyUsageOf = (extensions: Extensions): ReadonlySet<string> | null =>
  read(extensions, EXTENSIONS.extendedKeyUsage, (root) => new Set(childrenOf(root, SEQUENCE, 'purposes').map(oidOf)))

/** `pathLength`: how many intermediate certificates may follow; null: any number. */
export function basicConstraintsOf(extensions: Extensions): { readonly ca: boolean; readonly pathLength: number | null } {
  const found = read(extensions, EXTENSIONS.basicConstraints, (root) => {
    const fields = fieldsOf(root, 'basic constraints')
    const ca = fields.optional(BOOLEAN)
    const pathLength = fields.optional(INTEGER)
    fields.end('basic constraints')
    return { ca: ca !== undefined && booleanOf(ca), pathLength: pathLength ? smallOf(pathLength) : null }
  })
  return found ?? { ca: false, pathLength: null }
}

export const subjectKeyIdentifierOf = (extensions: Extensions): Uint8Array | null =>
  read(extensions, EXTENSIONS.subjectKeyIdentifier, (root) => octetsOf(root))

const DNS_NAME = 0x82
/** The dNSNames of the subject's alternative names (RFC 5280 §4.2.1.6). None when the extension cannot be read. */
export const dnsNamesOf = (extensions: Extensions): readonly string[] =>
  readable(extensions, EXTENSIONS.subjectAltName, (root) =>
    childrenOf(root, SEQUENCE, 'alternative names')
      .filter(({ tag }) => tag === DNS_NAME)
      .map((name) => Buffer.from(contentsOf(name)).toString('latin1')),
  ) ?? []

const OCSP_ACCESS = '1.3.6.1.5.5.7.48.1'
const URI_NAME = 0x86
/** Addresses of OCSP responders that the certificate itself names (RFC 5280 §4.2.2.1). None when the extension cannot be read. */
export const ocspAddressesOf = (extensions: Extensions): readonly string[] =>
  readable(extensions, EXTENSIONS.authorityInfoAccess, (root) =>
    childrenOf(root, SEQUENCE, 'information access').flatMap((entry) => {
      const fields = fieldsOf(entry, 'access description')
      const method = oidOf(fields.next(OID, 'method'))
      const location = fields.any('location')
      return method === OCSP_ACCESS && location.tag === URI_NAME ? [Buffer.from(contentsOf(location)).toString('latin1')] : []
    }),
  ) ?? []
