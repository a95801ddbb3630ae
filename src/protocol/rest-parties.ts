import { ok } from '../base/result.ts'
import { type Outcome, refuse } from './faults.ts'
import { type ClientId, ownerOf, parseClientId, parseServiceId, type ServiceId } from './identifiers.ts'
import { readBlock } from './rest-block.ts'
import { type Header, lastValue } from './rest-headers.ts'
import { checkMethod, splitTarget } from './rest-target.ts'

/** Who speaks to whom in a kept block. `signer` is the client of a request and the owner of the service of a response. */
export type BlockParties = {
  readonly direction: 'request' | 'response'
  readonly signer: ClientId
  readonly client?: ClientId
  readonly service: ServiceId
  readonly messageId: string
  readonly requestId?: string
}

/**
 * Reads old evidence as stock verifiers do: no stricter than they are, so that a verdict on a kept block never hangs on our own rules
 * for live calls (a `#fragment`, dot steps in the path, a request id in another letter case or missing).
 * A block is a response when its first byte is '1' to '9'. Refused with 'internal_error'.
 */
export function partiesOfBlock(block: Uint8Array): Outcome<BlockParties> {
  const first = block[0] ?? 0
  return first >= 0x31 && first <= 0x39 ? ofResponse(block) : ofRequest(block)
}

function ofRequest(block: Uint8Array): Outcome<BlockParties> {
  const lines = readBlock(block)
  if (!lines.ok) return lines
  const method = checkMethod(lines.value.first)
  if (!method.ok) return method
  const target = splitTarget(lines.value.second.replace(/#.*$/, ''))
  if (!target.ok) return target
  const { headers } = lines.value
  const text = lastValue(headers, 'x-road-client')
  if (!text) return refuse('internal_error', 'the block has no x-road-client', 'malformed_block')
  const client = parseClientId(text)
  if (!client.ok) return client
  return ok({ direction: 'request', signer: client.value, client: client.value, service: target.value.service, ...idsIn(headers) })
}

function ofResponse(block: Uint8Array): Outcome<BlockParties> {
  const lines = readBlock(block)
  if (!lines.ok) return lines
  const { headers } = lines.value
  const missing = ['x-road-id', 'x-road-request-hash', 'x-road-service'].find((name) => !lastValue(headers, name))
  if (missing) return refuse('internal_error', `the block has no ${missing}`, 'malformed_block')
  const service = parseServiceId(lastValue(headers, 'x-road-service') as string)
  if (!service.ok) return service
  const parties = { direction: 'response', signer: ownerOf(service.value), service: service.value, ...idsIn(headers) } as const
  const text = lastValue(headers, 'x-road-client')
  if (!text) return ok(parties)
  const client = parseClientId(text)
  return client.ok ? ok({ ...parties, client: client.value }) : client
}

function idsIn(headers: readonly Header[]): { messageId: string; requestId?: string } {
  const requestId = lastValue(headers, 'x-road-request-id')
  const messageId = lastValue(headers, 'x-road-id') ?? ''
  return requestId === undefined ? { messageId } : { messageId, requestId }
}
