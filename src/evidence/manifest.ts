import { Buffer } from 'node:buffer'
import { base64, sha512 } from '../protocol/digests.ts'
import { escapeAttribute } from '../protocol/xml-write.ts'

export const MIME_TYPE = 'application/vnd.etsi.asic-e+zip'

/** How stock servers order these files in a manifest: by the hash of their names, which for these names is always this. */
const STOCK_ORDER = ['sig-hashchain.xml', 'message.xml', 'ts-hashchainresult.xml', 'sig-hashchainresult.xml', 'ts-hashchain.xml']

/**
 * META-INF/manifest.xml for a container with these entries, byte for byte as stock servers write it.
 * Entries in META-INF and `mimetype` are not listed; nothing signs this file.
 * Source: OpenDocument 1.2 part 3 §4; X-Road OpenDocumentManifestBuilder.
 */
export function openDocumentManifest(names: readonly string[]): Uint8Array {
  const documents = STOCK_ORDER.filter((name) => names.includes(name))
  const attachments = names.filter((name) => name.startsWith('attachment'))
  const lines = [
    fileEntry(MIME_TYPE, '/'),
    ...documents.map((name) => fileEntry('text/xml', name)),
    ...attachments.map((name) => fileEntry('application/octet-stream', name)),
  ]
  const root = 'manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2"'
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n<${root}>\n${lines.join('')}</manifest:manifest>\n`, 'utf8')
}

const fileEntry = (mediaType: string, path: string): string =>
  `    <manifest:file-entry manifest:media-type="${mediaType}" manifest:full-path="${escapeAttribute(path)}"/>\n`

/**
 * META-INF/ASiCManifest.xml: says that the time stamp is over the hash chain result. The namespace has no leading zero here,
 * other than in the signature. Source: ETSI TS 102 918 §6.2.2; X-Road AsicManifestBuilder.
 */
export function asicManifest(timestampChainResult: Uint8Array): Uint8Array {
  return Buffer.from(
    `<?xml version="1.0" encoding="utf-8"?>\n` +
      `<asic:ASiCManifest xmlns:asic="http://uri.etsi.org/2918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#">\n` +
      `<asic:SigReference URI="META-INF/timestamp.tst" MimeType="vnd.etsi.timestamp-token"/>\n` +
      `<asic:DataObjectReference URI="ts-hashchainresult.xml" MimeType="text/xml">\n` +
      `<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha512" />\n` +
      `<ds:DigestValue>${base64(sha512(timestampChainResult))}</ds:DigestValue>\n` +
      `</asic:DataObjectReference>\n</asic:ASiCManifest>`,
    'utf8',
  )
}
