import { type Digest, digestNamed, hash, hex } from '../protocol/digests.ts'
import type { Outcome } from '../protocol/faults.ts'
import { element, octetsElement, optionalElement, textElement, xmlDocument } from './xml-element.ts'
import { form, type Parts, partsOf, readForm, XROAD } from './xml-form.ts'
import { keyHolderOf } from './xml-values.ts'

/** Where to download a configuration, and the certificates (DER) whose keys may have signed it. Only the keys count. */
export type AnchorSource = { readonly url: string; readonly certificates: readonly Uint8Array[] }
/** What an operator carries by hand to a new node: whose configuration, from where, signed by whom. Source: X-Road PR-GCONF. */
export type Anchor = {
  readonly instance: string
  /** When it was made, as written; shown to people, never compared. */
  readonly generatedAt?: string
  readonly sources: readonly AnchorSource[]
}

export const ANCHOR = form(['generatedAt?', 'instanceIdentifier', 'source+'])
const SOURCE = form(['downloadURL', 'verificationCert+'])

/** A configuration anchor file. Refused with 'malformed_anchor'. */
export const readAnchor = (bytes: Uint8Array): Outcome<Anchor> =>
  readForm('malformed_anchor', bytes, 'configurationAnchor', (root) => readAnchorElement(partsOf(root, ANCHOR)))

/** The same inside private-params.xml. */
export function readAnchorElement(anchor: Parts): Anchor {
  const generatedAt = anchor.maybeText('generatedAt')
  const sources = anchor.all('source').map((element) => {
    const source = partsOf(element, SOURCE)
    return { url: source.text('downloadURL').trim(), certificates: source.all('verificationCert').map(keyHolderOf) }
  })
  return { instance: anchor.text('instanceIdentifier'), ...(generatedAt !== undefined && { generatedAt }), sources }
}

/** All certificates of all sources. */
export const anchorCertificates = (anchor: Anchor): readonly Uint8Array[] => anchor.sources.flatMap((source) => source.certificates)

/** http first: stock clients drop https addresses from an anchor and make their own from the http ones. */
export const writeAnchor = (anchor: Anchor): Uint8Array => xmlDocument('x:configurationAnchor', { x: XROAD }, anchorElements(anchor))

export function anchorElements({ generatedAt, instance, sources }: Anchor): readonly string[] {
  const isSecure = (source: AnchorSource) => source.url.startsWith('https:')
  const ordered = [...sources.filter((source) => !isSecure(source)), ...sources.filter(isSecure)]
  return [
    optionalElement('generatedAt', generatedAt),
    textElement('instanceIdentifier', instance),
    ...ordered.map(({ url, certificates }) =>
      element('source', textElement('downloadURL', url), ...certificates.map((der) => octetsElement('verificationCert', der))),
    ),
  ]
}

/** What people compare by telephone: SHA-224 of the file, upper-case pairs with colons between. */
export const anchorFingerprint = (bytes: Uint8Array): string =>
  (
    hex(hash(digestNamed('SHA-224') as Digest, bytes))
      .toUpperCase()
      .match(/../g) ?? []
  ).join(':')
