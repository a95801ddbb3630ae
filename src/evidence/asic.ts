import { Buffer } from 'node:buffer'
import type { Instant } from '../base/clock.ts'
import type { SignatureDocuments } from '../protocol/signature-documents.ts'
import { attachmentName, ENTRY } from './asic-entries.ts'
import type { ContainerStamp } from './asic-read.ts'
import { asicManifest, MIME_TYPE, openDocumentManifest } from './manifest.ts'
import type { Direction } from './record.ts'
import { withTimestamp } from './signature-document.ts'
import { writeZip, type ZipEntry } from './zip.ts'

export { openContainer, readContainer } from './asic-read.ts'

export type ContainerContents = {
  /** The signed octets called /message.xml. */
  readonly message: Uint8Array
  readonly documents: SignatureDocuments
  /** /attachment1 … in order; null where the octets were not kept. */
  readonly attachments: readonly (Uint8Array | null)[]
  /** Without a chain the token is over this signature's value and goes inside the signature; with one it is over the chain's result. */
  readonly stamp: Omit<ContainerStamp, 'from'>
  /** When the message was sent or received: the time of every entry. */
  readonly at: Instant
}

/**
 * One message with its evidence as an ASiC-E container: the entries, their order and both manifests as stock servers write them,
 * and the same bytes for the same contents on every machine. Only `mimetype` is stored plainly in front, as ASiC asks, where stock
 * servers deflate it too.
 * Source: ETSI TS 102 918 §6.2; X-Road AsicContainer.
 */
export function packContainer({ message, documents, attachments, stamp, at }: ContainerContents): Uint8Array {
  const signature = stamp.chain ? documents.signature : withTimestamp(documents.signature, stamp.token)
  const kept = attachments.flatMap((bytes, index): ZipEntry[] => (bytes ? [{ name: attachmentName(index + 1), bytes }] : []))
  const documentsOfMessage: ZipEntry[] = [
    { name: ENTRY.message, bytes: message },
    { name: ENTRY.signature, bytes: signature },
    ...chainEntries(documents.chain, ENTRY.signatureChainResult, ENTRY.signatureChain),
    ...chainEntries(stamp.chain, ENTRY.stampChainResult, ENTRY.stampChain),
  ]
  const manifest = openDocumentManifest([...documentsOfMessage, ...kept].map((entry) => entry.name))
  const stampEntries: ZipEntry[] = stamp.chain
    ? [
        { name: ENTRY.asicManifest, bytes: asicManifest(stamp.chain.result) },
        { name: ENTRY.token, bytes: stamp.token },
      ]
    : []
  const mimetype: ZipEntry = { name: ENTRY.mimetype, bytes: Buffer.from(MIME_TYPE, 'ascii'), stored: true, bare: true }
  const entries = [mimetype, ...documentsOfMessage, { name: ENTRY.manifest, bytes: manifest }, ...stampEntries, ...kept]
  return writeZip(entries, at, `mimetype=${MIME_TYPE}`)
}

function chainEntries(chain: SignatureDocuments['chain'], resultName: string, chainName: string): ZipEntry[] {
  if (!chain) return []
  return [
    { name: resultName, bytes: chain.result },
    { name: chainName, bytes: chain.chain },
  ]
}

/**
 * 'LB-0001-request-q.asice': the message id as a web form encodes it, cut to 226 characters, and the record's number in base 32.
 * Source: X-Road AsicContainerNameGenerator.
 */
export const containerName = (messageId: string, direction: Direction, sequence: number): string =>
  `${escapedMessageId(messageId).slice(0, 226)}-${direction}-${sequence.toString(32)}.asice`

/** application/x-www-form-urlencoded as Java writes it: '*', '-', '_' and '.' stay, a blank becomes '+'. */
export const escapedMessageId = (text: string): string =>
  encodeURIComponent(text.toWellFormed())
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
