import { base64, type Digest, digestNamed, hash, hex } from '../protocol/digests.ts'
import type { Outcome } from '../protocol/faults.ts'
import { escapeText } from '../protocol/xml-write.ts'
import { form, type Parts, partsOf, readForm, XROAD } from './xml-form.ts'
import { base64Of } from './xml-values.ts'

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
    return { url: source.text('downloadURL').trim(), certificates: source.all('verificationCert').map(base64Of) }
  })
  return { instance: anchor.text('instanceIdentifier'), ...(generatedAt !== undefined && { generatedAt }), sources }
}

/** All certificates of all sources. */
export const anchorCertificates = (anchor: Anchor): readonly Uint8Array[] => anchor.sources.flatMap((source) => source.certificates)

/** http first: stock clients drop https addresses from an anchor and make their own from the http ones. */
export function writeAnchor(anchor: Anchor): Uint8Array {
  const name = 'x:configurationAnchor'
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns:x="${XROAD}">\n${anchorContent(anchor, '  ')}</${name}>\n`)
}

export function anchorContent({ generatedAt, instance, sources }: Anchor, indent: string): string {
  const isSecure = (source: AnchorSource) => source.url.startsWith('https:')
  const ordered = [...sources.filter((source) => !isSecure(source)), ...sources.filter(isSecure)]
  const line = (text: string) => `${indent}${text}\n`
  return [
    generatedAt === undefined ? '' : line(`<generatedAt>${escapeText(generatedAt)}</generatedAt>`),
    line(`<instanceIdentifier>${escapeText(instance)}</instanceIdentifier>`),
    ...ordered.map(({ url, certificates }) => {
      const inside = certificates.map((der) => `<verificationCert>${base64(der)}</verificationCert>`).join('')
      return line(`<source><downloadURL>${escapeText(url)}</downloadURL>${inside}</source>`)
    }),
  ].join('')
}

/** What people compare by telephone: SHA-224 of the file, upper-case pairs with colons between. */
export const anchorFingerprint = (bytes: Uint8Array): string =>
  (
    hex(hash(digestNamed('SHA-224') as Digest, bytes))
      .toUpperCase()
      .match(/../g) ?? []
  ).join(':')
