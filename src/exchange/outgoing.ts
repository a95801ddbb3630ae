import type { Body, LeftOut } from '../protocol/body.ts'
import type { Outcome } from '../protocol/faults.ts'
import type { ServerId } from '../protocol/identifiers.ts'
import type { SignatureDocuments } from '../protocol/signature-documents.ts'
import type { MessageLimits } from './limits.ts'
import type { Content, Message } from './message.ts'
import type { Policy } from './policy.ts'
import type { PeerAnswer, PeerMessage } from './ports.ts'

/** A member's call, read: what the consumer's node needs to know of it, whichever protocol it speaks. */
export type OutgoingRequest = Message & {
  /** The one server it is meant for. Source: X-Road PR-TARGETSS. */
  readonly targetServer?: ServerId | undefined
  readonly keepsPolicy: (policy: Policy) => Outcome<true>
  /** In the form it travels, once it is signed. */
  readonly encode: (evidence: Evidence, boundary: string) => PeerMessage
  /** Takes the provider's answer apart; nobody is believed yet. A fault of the other side is refused with `relayed`. */
  readonly open: (answer: PeerAnswer) => Outcome<OpenedAnswer>
}
/** What travels with a request to prove it: OCSP responses for our TLS chain, leaf first, and the signature. */
export type Evidence = { readonly ocsp: readonly Uint8Array[]; readonly documents: SignatureDocuments }

export type OpenedAnswer = {
  readonly content: Content
  readonly documents: SignatureDocuments
  /** What it says, once the signature holds; refused when it answers another request. */
  readonly read: () => Outcome<Answered>
}
export type Answered = Message & { readonly given: Given }

/** What the information system is given over HTTP. */
export type Given = {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Body | null
  /** Attachments of a SOAP package that are too big to hold. */
  readonly leftOut?: readonly LeftOut[]
  readonly messageId: string
}

/** What the door gives a call that says nothing about it: fresh ids, and how much it may hold. */
export type CallSetting = { readonly requestId: string; readonly newMessageId: () => string; readonly limits: MessageLimits }
