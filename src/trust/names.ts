import { bytesOf, contentsOf, type Der, IA5_STRING, OID, PRINTABLE_STRING, SEQUENCE, UTF8_STRING } from './der.ts'
import { childrenOf, fieldsOf, membersOf, oidOf, textOf } from './der-values.ts'
import { ia5, isPrintable, oid, printable, sequence, setOf, utf8 } from './der-write.ts'

export type NameAttribute = { readonly oid: string; readonly value: string }
export type Rdn = readonly NameAttribute[]

/**
 * A distinguished name.
 * `rdns` are in the order of the DER; `text` is RFC 2253, last RDN first, letter for letter as Java's X500Principal prints it: what goes
 * into X509IssuerName. `canonical` is the same for names that RFC 5280 §7.1 calls equal.
 */
export type Name = { readonly der: Uint8Array; readonly rdns: readonly Rdn[]; readonly text: string; readonly canonical: string }

/** Attribute types by their short name. */
export const ATTRIBUTES = {
  CN: '2.5.4.3',
  serialNumber: '2.5.4.5',
  C: '2.5.4.6',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  STREET: '2.5.4.9',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  businessCategory: '2.5.4.15',
  organizationIdentifier: '2.5.4.97',
  DC: '0.9.2342.19200300.100.1.25',
  UID: '0.9.2342.19200300.100.1.1',
  emailAddress: '1.2.840.113549.1.9.1',
} as const
export type AttributeName = keyof typeof ATTRIBUTES

/** RFC 2253 §2.3 names these types; Java prints every other one as a number with the value in hexadecimal. */
const NAMED: ReadonlyMap<string, string> = new Map(
  (['CN', 'C', 'L', 'ST', 'O', 'OU', 'STREET', 'DC', 'UID'] as const).map((name) => [ATTRIBUTES[name], name]),
)
/** The text types Java writes as text: UTF8, Printable, T61, IA5, General, BMP, Universal. */
const TEXT_TAGS = new Set([UTF8_STRING, PRINTABLE_STRING, 0x14, IA5_STRING, 27, 0x1e, 0x1c])

/** Reads a Name (RFC 5280 §4.1.2.4). Throws DerMismatch when it is none. */
export function nameOf(found: Der): Name {
  const rdns = childrenOf(found, SEQUENCE, 'name').map((rdn) => membersOf(rdn, 'relative name').map(attributeOf))
  return {
    der: bytesOf(found),
    rdns: rdns.map((rdn) => rdn.map(({ oid, value }) => ({ oid, value }))),
    text: rdns
      .map((rdn) => rdn.map(textOfAttribute).join('+'))
      .reverse()
      .join(','),
    canonical: rdns.map((rdn) => rdn.map(canonicalAttribute).sort().join('+')).join(','),
  }
}

type ReadAttribute = NameAttribute & { readonly found: Der }

function attributeOf(found: Der): ReadAttribute {
  const fields = fieldsOf(found, 'attribute')
  const dotted = oidOf(fields.next(OID, 'type'))
  const value = fields.any('value')
  fields.end('an attribute')
  return {
    oid: dotted,
    value: TEXT_TAGS.has(value.tag) || value.tag === 18 || value.tag === 26 ? textOf(value) : hexOf(value),
    found: value,
  }
}

const hexOf = (found: Der): string => `#${Buffer.from(bytesOf(found)).toString('hex')}`

/** Java's AVA.toRFC2253String: octets of any text type are taken as UTF-8. */
function textOfAttribute({ oid, found }: ReadAttribute): string {
  const name = NAMED.get(oid)
  if (name === undefined || !TEXT_TAGS.has(found.tag)) return `${name ?? oid}=${hexOf(found)}`
  return `${name}=${escapeEnds(escapeInner(Buffer.from(contentsOf(found)).toString('utf8')))}`
}

const escapeInner = (text: string): string => text.replace(/[,=+<>#;"\\]/g, '\\$&').replaceAll('\0', '\\00')
const isBlank = (character: string | undefined): boolean => character === ' ' || character === '\r'

/** Every blank before the first and after the last other character. */
function escapeEnds(text: string): string {
  const characters = [...text]
  const first = characters.findIndex((character) => !isBlank(character))
  const last = characters.findLastIndex((character) => !isBlank(character))
  return characters.map((character, index) => (index < first || index > last ? `\\${character}` : character)).join('')
}

const canonicalAttribute = ({ oid, value }: NameAttribute): string => {
  const folded = value.normalize('NFKC').toLowerCase().trim().replace(/\s+/g, ' ')
  return `${oid}=${JSON.stringify(folded)}`
}

export const sameName = (a: Name, b: Name): boolean => a.canonical === b.canonical

/** The same relative names in whatever order: how stock servers (BouncyCastle) look for the responder that an OCSP answer names. */
export const sameNameInAnyOrder = (a: Name, b: Name): boolean => sameName(a, b) || sortedRdns(a) === sortedRdns(b)
const sortedRdns = ({ rdns }: Name): string =>
  rdns
    .map((rdn) => rdn.map(canonicalAttribute).sort().join('+'))
    .sort()
    .join(',')

/**
 * The value of an attribute of a subject as stock X-Road sees it: repeated, the last RDN of the DER wins (it reads the RFC 2253 text from
 * the left). undefined when there is none.
 */
export function attributeValue(name: Name, attribute: AttributeName): string | undefined {
  return name.rdns.flat().findLast(({ oid }) => oid === ATTRIBUTES[attribute])?.value
}

/**
 * Writes a name, one attribute an RDN, in the order given: C first, CN last is the custom.
 * PrintableString where the characters allow it, else UTF8String; DC and emailAddress IA5String (RFC 5280 §4.1.2.4, appendix A).
 */
export function writeName(attributes: readonly (readonly [AttributeName, string])[]): Uint8Array {
  return sequence(...attributes.map(([name, value]) => setOf(sequence(oid(ATTRIBUTES[name]), writeValue(name, value)))))
}

function writeValue(name: AttributeName, value: string): Uint8Array {
  if (name === 'DC' || name === 'emailAddress') return ia5(value)
  return isPrintable(value) ? printable(value) : utf8(value)
}
