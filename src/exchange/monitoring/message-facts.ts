import { decodeRecord, type EvidenceRecord } from '../../evidence/record.ts'
import type { ClientId, ServiceId } from '../../protocol/identifiers.ts'
import { decodeComponents } from '../../protocol/identifiers.ts'
import { type Header, lastValue } from '../../protocol/rest-headers.ts'
import { readRequestBlock, readResponseBlock } from '../../protocol/rest-message.ts'
import { type RepresentedParty, readSoap } from '../../protocol/soap-message.ts'

/** What a kept message says of itself, without its content. Sizes in octets. */
export type MessageFacts = Pick<EvidenceRecord, 'side' | 'direction' | 'messageId' | 'requestId' | 'at'> & {
  readonly client: ClientId
  readonly service: ServiceId
  /** '4.0' of SOAP, '1' of REST. */
  readonly protocolVersion: string
  /** Of the envelope; of a REST message with its body. */
  readonly size: number
  /** Of a SOAP message: its attachments, and their octets with the envelope's. */
  readonly attachments?: number
  readonly mimeSize?: number
  readonly userId?: string
  readonly issue?: string
  readonly party?: RepresentedParty
  /** Of a REST request, and of a REST response. */
  readonly method?: string
  readonly status?: number
}

/** undefined for octets that are no evidence of a message: they are another's to set aside. */
export function messageFacts(bytes: Uint8Array): MessageFacts | undefined {
  const record = decodeRecord(bytes)
  if (!record.ok) return undefined
  const facts = beginsAsRest(record.value.message) ? restFacts(record.value) : soapFacts(record.value)
  return facts && copied(facts)
}

/** Words cut out of a message would hold all of it in memory. */
const copied = (facts: MessageFacts): MessageFacts => JSON.parse(JSON.stringify(facts))

/** A block begins with a method or a status; no envelope in any charset begins with a letter or a digit. */
const beginsAsRest = (message: Uint8Array): boolean => /^[A-Z0-9]/.test(String.fromCharCode(message[0] ?? 0))

const ofRecord = ({ side, direction, messageId, requestId, at }: EvidenceRecord) => ({ side, direction, messageId, requestId, at })
const octetsOf = ({ message, attachments }: EvidenceRecord): number =>
  attachments.reduce((sum, each) => sum + (each.kind === 'bytes' ? each.bytes.length : each.size), message.length)

function restFacts(record: EvidenceRecord): MessageFacts | undefined {
  const common = { ...ofRecord(record), protocolVersion: '1', size: octetsOf(record) }
  if (record.direction === 'response') {
    const read = readResponseBlock(record.message, null)
    return read.ok ? { ...common, client: read.value.client, service: read.value.service, status: read.value.status } : undefined
  }
  const read = readRequestBlock(record.message, null)
  if (!read.ok) return undefined
  const { client, service, method, headers } = read.value
  return { ...common, client, service, method, ...restExtensions(headers) }
}

function restExtensions(headers: readonly Header[]): Pick<MessageFacts, 'userId' | 'issue' | 'party'> {
  const [userId, issue, party] = ['x-road-userid', 'x-road-issue', 'x-road-represented-party'].map((name) => lastValue(headers, name))
  const components = party === undefined ? undefined : decodeComponents(party)
  const [first, second] = components?.ok ? components.value : []
  return {
    ...(userId === undefined ? {} : { userId }),
    ...(issue === undefined ? {} : { issue }),
    ...(first === undefined ? {} : { party: second === undefined ? { partyCode: first } : { partyClass: first, partyCode: second } }),
  }
}

function soapFacts(record: EvidenceRecord): MessageFacts | undefined {
  const read = readSoap(record.message)
  if (!read.ok || read.value.kind === 'fault') return undefined
  const { client, service, protocolVersion, userId, issue, representedParty } = read.value
  const attachments = record.attachments.length
  return {
    ...ofRecord(record),
    ...{ client, service, protocolVersion, attachments, size: record.message.length },
    ...(attachments > 0 ? { mimeSize: octetsOf(record) } : {}),
    ...(userId === undefined ? {} : { userId }),
    ...(issue === undefined ? {} : { issue }),
    ...(representedParty === undefined ? {} : { party: representedParty }),
  }
}
