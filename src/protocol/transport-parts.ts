import { ok } from '../base/result.ts'
import { readContentType } from './content-type.ts'
import { type Outcome, refuse } from './faults.ts'
import { printable } from './identifiers.ts'
import type { Part, ReadPart } from './multipart.ts'

/** What a message between servers carries. Which of REST or SOAP is told by the HTTP header x-road-message-type. */
export type Kind = 'rest-request' | 'rest-response' | 'soap'
export type TransportParts = {
  readonly ocsp: readonly Uint8Array[]
  readonly message?: ReadPart
  /** The REST body, or the nested multipart with all SOAP attachments. */
  readonly payload?: ReadPart
  readonly result?: Uint8Array
  readonly chain?: Uint8Array
  readonly signature?: Uint8Array
  /** A SOAP Fault in place of the signature, or alone. */
  readonly fault?: Uint8Array
}

type Role = 'ocsp' | 'message' | 'payload' | 'result' | 'chain' | 'signature' | 'fault'
/** The roles a part may play after another one. Source: X-Road PR-MESST §3, and what stock servers' decoders take. */
const AFTER: Record<Role | 'start', readonly Role[]> = {
  start: ['ocsp', 'message', 'fault'],
  ocsp: ['ocsp', 'message', 'fault'],
  message: ['payload', 'result', 'chain', 'signature', 'fault'],
  payload: ['result', 'chain', 'signature', 'fault'],
  result: ['chain', 'signature', 'fault'],
  chain: ['signature', 'fault'],
  signature: [],
  fault: [],
}

/** The media type of each part, as written. */
export const PART_TYPES = {
  ocsp: 'application/ocsp-response',
  'rest-request': 'application/x-road-rest-request',
  'rest-response': 'application/x-road-rest-response',
  restBody: 'application/x-road-rest-body',
  result: 'application/hash-chain-result',
  chain: 'application/hash-chain',
  signature: 'signature/bdoc-1.0/ts',
} as const

const EVIDENCE: Record<string, Role> = {
  [PART_TYPES.ocsp]: 'ocsp',
  [PART_TYPES.result]: 'result',
  [PART_TYPES.chain]: 'chain',
  [PART_TYPES.signature]: 'signature',
}
const ROLES: Record<Kind, ReadonlyMap<string, readonly Role[]>> = {
  'rest-request': rolesWith({ [PART_TYPES['rest-request']]: ['message'], [PART_TYPES.restBody]: ['payload'], 'text/xml': ['fault'] }),
  'rest-response': rolesWith({ [PART_TYPES['rest-response']]: ['message'], [PART_TYPES.restBody]: ['payload'], 'text/xml': ['fault'] }),
  // a REST message is read too, so that its reader can say that it is no SOAP
  soap: rolesWith({
    'text/xml': ['message', 'fault'],
    'application/xop+xml': ['message'],
    'multipart/mixed': ['payload'],
    [PART_TYPES['rest-request']]: ['message'],
    [PART_TYPES['rest-response']]: ['message'],
    [PART_TYPES.restBody]: ['payload'],
  }),
}
function rolesWith(own: Record<string, readonly Role[]>): ReadonlyMap<string, readonly Role[]> {
  return new Map([...Object.entries(EVIDENCE).map(([type, role]) => [type, [role]] as const), ...Object.entries(own)])
}

/** The most one evidence part or OCSP response may measure, in bytes. */
const MOST_EVIDENCE = 10 * 1024 * 1024

/**
 * Gives every part its role. Refused with 'invalid_content_type' when a type does not fit its place, with 'invalid_message' when anything
 * follows the signature or fault, with 'io_error' for an OCSP part that is no DER. What is missing is the caller's to judge.
 */
export function orderParts(kind: Kind, parts: readonly ReadPart[]): Outcome<TransportParts> {
  const ocsp: Uint8Array[] = []
  const found: { -readonly [K in keyof TransportParts]: TransportParts[K] } = { ocsp }
  let last: Role | 'start' = 'start'
  for (const [index, part] of parts.entries()) {
    const role = roleOf(kind, part, last, index + 1)
    if (!role.ok) return role
    last = role.value
    if (last !== 'message' && last !== 'payload' && part.body.length > MOST_EVIDENCE)
      return refuse('message_too_large', `part ${index + 1} has ${part.body.length} bytes`)
    if (last === 'message' || last === 'payload') found[last] = part
    else if (last !== 'ocsp') found[last] = part.body
    else if (isOneSequence(part.body)) ocsp.push(part.body)
    else return refuse('io_error', `part ${index + 1} is not an OCSP response in DER`)
  }
  return ok(found)
}

function roleOf(kind: Kind, part: Part, last: Role | 'start', number: number): Outcome<Role> {
  const [allowed, written] = [AFTER[last], part.headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1]]
  if (allowed.length === 0) return refuse('invalid_message', `part ${number} follows the ${last}`)
  const type = written === undefined ? 'text/plain' : readContentType(written)?.type
  const role = type && ROLES[kind].get(type)?.find((each) => allowed.includes(each))
  if (role) return ok(role)
  return refuse(
    'invalid_content_type',
    `part ${number} is ${printable(written ?? 'without a content type')}; it does not fit after ${last}`,
  )
}

/** One DER SEQUENCE from the first byte to the last: enough to tell a response from rubbish. X.690 §8.1.3. */
function isOneSequence(der: Uint8Array): boolean {
  const [tag, first] = der
  if (tag !== 0x30 || first === undefined) return false
  if (first < 0x80) return der.length === 2 + first
  const octets = first & 0x7f
  if (octets === 0 || octets > 4 || der.length < 2 + octets) return false
  const length = der.subarray(2, 2 + octets).reduce((sum, octet) => sum * 256 + octet, 0)
  return der.length === 2 + octets + length
}
