import { ok } from '../base/result.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { type ClientId, ownerOf, parseClientId, parseServiceId } from '../protocol/identifiers.ts'
import { readBlock } from '../protocol/rest-block.ts'
import { lastValue } from '../protocol/rest-headers.ts'
import { checkMethod, splitTarget } from '../protocol/rest-target.ts'
import { readSoap, type SoapEnvelope } from '../protocol/soap-envelope.ts'

/**
 * Who must have signed a message: the client for a request, the owner of the service for a response.
 * SOAP when it reads as SOAP, else a REST block; a block that begins with a digit from 1 to 9 is a response.
 * Every message that names nobody is refused with 'internal_error', as the reference verifier answers.
 */
export function signerOf(message: Uint8Array): Outcome<ClientId> {
  const soap = readSoap(message)
  if (soap.ok) return signerOfSoap(soap.value)
  if (soap.fault.path[0] !== 'invalid_soap')
    return refuse('internal_error', `the SOAP message names no signer: ${soap.fault.path[0]} ${soap.fault.detail}`)
  return isResponseBlock(message) ? signerOfResponse(message) : signerOfRequest(message)
}

function signerOfSoap(envelope: SoapEnvelope): Outcome<ClientId> {
  if (envelope.kind === 'fault') return refuse('internal_error', 'a SOAP fault names no signer')
  return ok(envelope.isResponse ? ownerOf(envelope.service) : envelope.client)
}

const isResponseBlock = ([first = 0]: Uint8Array): boolean => first >= 0x31 && first <= 0x39

function signerOfRequest(block: Uint8Array): Outcome<ClientId> {
  const lines = readBlock(block)
  if (!lines.ok) return lines
  const method = checkMethod(lines.value.first)
  if (!method.ok) return method
  const target = splitTarget(lines.value.second.replace(/#.*/, ''))
  if (!target.ok) return target
  const client = parseClientId(lastValue(lines.value.headers, 'x-road-client'))
  return client.ok ? client : refuse('internal_error', `x-road-client: ${client.fault.detail}`, client.fault.reason)
}

function signerOfResponse(block: Uint8Array): Outcome<ClientId> {
  const lines = readBlock(block)
  if (!lines.ok) return lines
  const missing = ['x-road-id', 'x-road-request-hash', 'x-road-service'].find((name) => !lastValue(lines.value.headers, name))
  if (missing) return refuse('internal_error', `${missing} is missing or empty`, 'malformed_block')
  const service = parseServiceId(lastValue(lines.value.headers, 'x-road-service') ?? '')
  return service.ok ? ok(ownerOf(service.value)) : service
}
