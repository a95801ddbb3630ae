import { ok } from '../base/result.ts'
import { base64, sha512 } from './digests.ts'
import { type Outcome, refuse, under } from './faults.ts'
import { sameClient, sameService } from './identifiers.ts'
import { asciiIn } from './soap-charset.ts'
import type { Range, SoapMessage } from './soap-envelope.ts'
import { idTag } from './soap-id-tag.ts'

const ALGORITHM = 'http://www.w3.org/2001/04/xmlenc#sha512'

/** What an answer must say of its question: base64 of SHA-512 of the request's envelope as it was sent, byte order mark included, attachments not. */
export const soapRequestHash = (request: Uint8Array): string => base64(sha512(request))

/**
 * A service's answer with the hash of its question: a requestHash element right after the header's id, with the id's prefix and a copy of its
 * attributes, in the answer's own charset. An older requestHash is cut out; no other byte changes. Source: X-Road PR-MESS.
 */
export function withRequestHash(response: SoapMessage, hash: string): SoapMessage {
  const { bytes, charset, places } = response
  const { prefix, attributes } = idTag(response)
  const ascii = (text: string) => asciiIn(text, charset)
  const element = [
    ...[ascii('<'), prefix, ascii('requestHash'), ...attributes],
    ...[ascii(` algorithmId="${ALGORITHM}">${hash}</`), prefix, ascii('requestHash>')],
  ]
  const [, after] = places.id
  const [cutFrom, cutTo] = places.requestHash ?? [after, after]
  const kept = (from: number, to: number) => [bytes.subarray(from, Math.min(to, cutFrom)), bytes.subarray(Math.max(from, cutTo), to)]
  const before = kept(0, after)
  const written = Buffer.concat([...before, ...element, ...kept(after, bytes.length)])
  const [start, size] = [lengthOf(before), lengthOf(element)]
  const moved = ([from, to]: Range): Range => [from + start - after, to + start - after]
  return {
    ...response,
    bytes: written,
    requestHash: hash,
    places: { id: moved(places.id), idTag: moved(places.idTag), requestHash: [start, start + size] },
  }
}

const lengthOf = (pieces: readonly Uint8Array[]): number => pieces.reduce((sum, { length }) => sum + length, 0)

/**
 * Whether a response belongs to a request: 'service_failed.inconsistent_response' when client, service, userId, issue, id or represented party
 * differ ('' is not absent), then 'inconsistent_response' when the request hash is missing or another. Refusals carry their whole path.
 * Not compared, as in stock servers: the target server, the protocol version, unknown headers.
 */
export function soapAnswers(response: SoapMessage, request: SoapMessage): Outcome<true> {
  const other = FIELDS.find(([, same]) => !same(response, request))
  if (other) return under('service_failed', refuse('inconsistent_response', `the answer has another ${other[0]} than the request`))
  return response.requestHash === soapRequestHash(request.bytes)
    ? ok(true)
    : refuse(
        'inconsistent_response',
        response.requestHash === undefined ? 'the answer has no requestHash' : 'the answer belongs to other bytes',
      )
}

type Same = (a: SoapMessage, b: SoapMessage) => boolean
const FIELDS: readonly (readonly [name: string, same: Same])[] = [
  ['client', (a, b) => sameClient(a.client, b.client)],
  ['service', (a, b) => sameService(a.service, b.service)],
  ['userId', (a, b) => a.userId === b.userId],
  ['issue', (a, b) => a.issue === b.issue],
  ['id', (a, b) => a.id === b.id],
  ['representedParty.partyClass', (a, b) => a.representedParty?.partyClass === b.representedParty?.partyClass],
  ['representedParty.partyCode', (a, b) => a.representedParty?.partyCode === b.representedParty?.partyCode],
]
