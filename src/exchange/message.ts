import type { PartDigest } from '../evidence/hash-chain.ts'
import type { KeptBody } from '../evidence/record.ts'
import type { Octets } from '../protocol/body.ts'
import { sha512OfHeld } from '../protocol/digests.ts'
import type { ClientId, ServiceId } from '../protocol/identifiers.ts'
import { digestOfBody } from '../protocol/request-hash.ts'
import type { Header } from '../protocol/rest-headers.ts'

/** What the messages of both protocols have in common: who speaks with whom, under which ids, and what is signed. */
export type Message = {
  readonly client: ClientId
  readonly service: ServiceId
  /** X-Road-Id, or the id of a SOAP header. */
  readonly messageId: string
  /** x-road-request-id: unique per exchange. */
  readonly requestId: string
  readonly content: Content
}

/** What is signed, in order: /message.xml, then /attachment1, /attachment2, …; a REST body is the one attachment. */
export type Content = { readonly message: Uint8Array; readonly attachments: readonly DigestedBody[] }

/** A body with its digest, counted once: it is signed or verified by it, and kept by it. */
export type DigestedBody = { readonly body: KeptBody; readonly sha512: Uint8Array }

export const digested = (body: KeptBody): DigestedBody => ({ body, sha512: body.kind === 'digest' ? body.sha512 : digestOfBody(body) })

/** The parts by the names and digests that a signature covers. */
export const partsOf = ({ message, attachments }: Content): readonly PartDigest[] => [
  { name: '/message.xml', sha512: sha512OfHeld(message) },
  ...attachments.map((each, index) => ({ name: `/attachment${index + 1}`, sha512: each.sha512 })),
]

/** What goes back to a peer, with HTTP 200. Header names in lower case, as stock servers insist. */
export type Reply = Octets & { readonly headers: readonly Header[] }
