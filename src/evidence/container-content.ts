import { Buffer } from 'node:buffer'
import { hash, hex, sha512 } from '../protocol/digests.ts'
import { ENTRY } from './asic-entries.ts'
import type { Container } from './asic-read.ts'
import type { JudgedPart } from './container-verdict.ts'
import type { PartDigest } from './hash-chain.ts'
import { ATTACHMENT, MESSAGE } from './signature-names.ts'
import { contentOf, type Profile, type SignedContent, type VerifiedSignature } from './verify.ts'

/** What a chain may look up in a container; attachments it never does. */
const LOOKED_UP = new Set(Object.values(ENTRY).map((name) => `/${name}`))

/** The parts of the message in a container: '/message.xml', then every entry that is called like an attachment, in their own order. */
export function partsOf({ message, entries }: Pick<Container, 'message' | 'entries'>): readonly PartDigest[] {
  const attachments = [...entries].filter(([name]) => `/${name}`.startsWith(ATTACHMENT))
  const first: PartDigest = { name: MESSAGE, sha512: sha512(message), octets: message }
  return [first, ...attachments.map(([name, octets]): PartDigest => ({ name: `/${name}`, sha512: sha512(octets), octets }))]
}

/**
 * What the signature is held against. The reference verifier asks for the message alone, takes the digests of attachments at the chain's
 * word, and reads the message as UTF-8 text: octets that are none verify on the wire and not from a container. Strict asks for every part.
 */
export function signedContentOf(container: Container, profile: Profile): SignedContent {
  if (profile === 'strict') return contentOf(container.documents, partsOf(container))
  const message = Buffer.from(Buffer.from(container.message).toString('utf8'), 'utf8')
  const fetch = (uri: string): Uint8Array | undefined => (uri === MESSAGE ? message : container.entries.get(uri.slice(1)))
  const looksUp = (uri: string): boolean => LOOKED_UP.has(uri) && container.entries.has(uri.slice(1))
  return {
    documents: container.documents,
    parts: partsOf({ ...container, message }),
    files: { fetch, looksUp },
    required: new Map([[MESSAGE, null]]),
  }
}

/** Each part in the container and whether it is what was signed; then the parts that the chain names and the container lacks. */
export function judgedParts(container: Container, { covered, chained }: VerifiedSignature): readonly JudgedPart[] {
  const parts = partsOf(container)
  const present = parts.map(({ name, sha512: digest, octets = new Uint8Array() }): JudgedPart => {
    const holds = chained.some((part) => part.uri === name && Buffer.from(hash(part.digest, octets)).equals(part.value))
    return { name, digest: hex(digest), covered: holds || (covered.includes(name) && !chained.some((part) => part.uri === name)) }
  })
  const absent = chained.filter(({ uri }) => uri.startsWith(ATTACHMENT) && !parts.some(({ name }) => name === uri))
  return [...present, ...absent.map(({ uri, value }): JudgedPart => ({ name: uri, digest: hex(value), covered: false }))]
}

/** The same when nothing was proved about any of them. */
export const unjudgedParts = (container: Container): readonly JudgedPart[] =>
  partsOf(container).map(({ name, sha512: digest }) => ({ name, digest: hex(digest), covered: false }))
