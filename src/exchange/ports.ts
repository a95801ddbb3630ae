import type { Instant, Now } from '../base/clock.ts'
import type { EvidenceRecord } from '../evidence/record.ts'
import type { LeftOut, Octets, StoredBody } from '../protocol/body.ts'
import type { Outcome } from '../protocol/faults.ts'
import type { Trust } from '../trust/trust.ts'
import type { NodeConfiguration, ServiceTls } from './node-configuration.ts'

/** Signature over a digest with a named key. `algorithm` is a row of protocol/signature-algorithms; ECDSA comes back as DER. */
export type { Sign } from '../protocol/sign.ts'

/** Holds one evidence record durably before we go on. Saying it twice is harmless. Throws when it cannot: nothing goes on. */
export type Keep = (record: EvidenceRecord) => Promise<void>

/** The node's configuration as it stands now. Cheap: called for every exchange. */
export type CurrentConfiguration = () => Promise<NodeConfiguration>
/**
 * The trust in force now. Cheap: called for every exchange. `configuration` names its files under configurations/ in the archive, where they
 * must be before it is given out (see exchange/keep-configuration). The flows refuse with 'global_conf_outdated' past `validUntil`.
 */
export type CurrentTrust = () => Promise<Outcome<TrustInForce>>
export type TrustInForce = { readonly trust: Trust; readonly configuration: string; readonly validUntil: Instant }

/** Up to `most` kept records and about `mostBytes` bytes (at least one record), oldest first, each with the receipt that acknowledges it. */
export type Drain = (most: number, mostBytes: number) => Promise<readonly Drained[]>
export type Drained = { readonly receipt: string; readonly bytes: Uint8Array }
/**
 * Records that are kept and not secured yet, oldest first, up to so many and about so many bytes; none is taken. A place that cannot show them,
 * like a queue, gives none.
 */
export type Peek = (most: number, mostBytes: number) => Promise<readonly Uint8Array[]>
/** Forgets records that are secured. Called only after their segment is written. */
export type Acknowledge = (receipts: readonly string[]) => Promise<void>

/** Writes once. The same name and bytes again: 'already'. Other bytes under a taken name: an incident, thrown. */
export type PutLocked = (name: string, bytes: Uint8Array) => Promise<'kept' | 'already'>
export type GetLocked = (name: string) => Promise<Uint8Array | undefined>
/** Names that begin with a prefix, in ascending order of their bytes; with `after`, only those that come after that name. */
export type ListLocked = (prefix: string, after?: string) => Promise<readonly string[]>

/** A small record by key. `version` counts up by one with every change, from 1. */
export type Stored<T = unknown> = { readonly key: string; readonly value: T; readonly version: number }
export type Store = {
  readonly get: <T>(key: string) => Promise<Stored<T> | undefined>
  readonly query: <T>(prefix: string) => Promise<readonly Stored<T>[]>
  /** Puts when the stored version is `ifVersion` (0: there is none yet). false: somebody was faster. */
  readonly put: (key: string, value: unknown, ifVersion: number) => Promise<boolean>
  /** All or nothing. */
  readonly transact: (puts: readonly { key: string; value: unknown; ifVersion: number }[]) => Promise<boolean>
  /** One holder at a time, for `ms` from `now`. false: another holds it. */
  readonly lease: (name: string, holder: string, now: Instant, ms: number) => Promise<boolean>
}

/** RFC 3161: the DER TimeStampToken over a SHA-512 digest. Tries the approved authorities in order. */
export type Stamp = (sha512: Uint8Array) => Promise<Outcome<Uint8Array>>

/** One whole HTTP answer. Header names as received, in order, duplicates kept. */
export type HttpAnswer = {
  readonly status: number
  readonly reason: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Uint8Array
}
/** One whole HTTP request, headers in order. */
export type HttpCall = {
  readonly method: string
  readonly url: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Uint8Array | null
  /** What is too big to hold, of `body` or all of it. */
  readonly leftOut?: readonly LeftOut[]
  /** Whether the answer may be a SOAP package, whose attachments are stored one by one where they are too big to hold. */
  readonly packaged?: boolean
}

/** One message to a peer's node; header names in lower case, in order. */
export type PeerMessage = {
  readonly headers: readonly (readonly [string, string])[]
} & Octets
/** A peer's whole answer; its REST body or its attachments may be left out, when they are too big to hold. */
export type PeerAnswer = HttpAnswer & Octets

/**
 * Sends a message to a peer's node over mutual TLS, to the address that connects first and whose certificate `accepts` takes; after that
 * there is no second try, and every fault says `outcome: 'unknown'`.
 * @param addresses 'host' or 'host:port'; without a port it is 5500.
 * @param accepts judges the peer's certificate (DER), presented at one of the addresses, before a byte of the message is sent.
 * @param budgetMs milliseconds until the answer must be whole.
 */
export type CallPeer = (
  addresses: readonly string[],
  message: PeerMessage,
  accepts: (certificate: Uint8Array, address: string) => Promise<Outcome<true>>,
  budgetMs: number,
) => Promise<Outcome<PeerAnswer>>

/**
 * Calls an agency's service. Never follows a redirect, never retries. A fault after the request began to leave says `outcome: 'unknown'`.
 * @param mostBytes a larger answer is read to its end but not held: its size and digest take the place of the body. Where bodies can be stored,
 * one that is within it and still too big to hold is.
 */
export type CallService = (call: HttpCall, tls: ServiceTls, budgetMs: number, mostBytes: number) => Promise<Outcome<ServiceAnswer>>
export type ServiceAnswer = Omit<HttpAnswer, 'body'> & {
  readonly body: Uint8Array | StoredBody | { readonly size: number; readonly sha512: Uint8Array }
  /** Attachments of a package that are too big to hold. */
  readonly leftOut?: readonly LeftOut[]
}
/** A plain HTTP GET or POST to the centre: OCSP, configuration. */
export type FetchUrl = (
  url: string,
  post: { readonly type: string; readonly body: Uint8Array } | null,
  budgetMs: number,
) => Promise<Outcome<HttpAnswer>>

/** A fresh random id (UUID v4). */
export type NewId = () => string

/** One line for the operator: a code, ids, sizes. Never a body, never a header's value, nothing of a person. */
export type Log = (entry: LogEntry) => void
export type LogEntry = {
  readonly level: 'info' | 'warn' | 'error'
  readonly event: string
  readonly [fact: string]: string | number | undefined
}
export type { Now, ServiceTls }
