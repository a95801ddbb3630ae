import { ok } from '../../base/result.ts'
import { hex, sha512 } from '../../protocol/digests.ts'
import { encodeFault } from '../../protocol/fault-xml.ts'
import { type Fault, type Outcome, refuse } from '../../protocol/faults.ts'
import { formatId } from '../../protocol/identifiers.ts'
import { escapeText } from '../../protocol/xml-write.ts'
import { type ManagementRequest, readManagementRequest } from '../../trust/registry/management-request.ts'
import { KEYS, type RequestRecord } from '../../trust/registry/records.ts'
import { verifyManagementRequest } from '../../trust/registry/verify-request.ts'
import { octetsElement, optionalElement, textElement } from '../../trust/xml-element.ts'
import { writeIdentifier } from '../../trust/xml-identifiers.ts'
import { answerWithBody } from '../metadata/soap-answer.ts'
import type { CurrentTrust, NewId } from '../ports.ts'
import { act, type ChangeLogPorts } from '../register/change-log.ts'
import { instanceOf } from './members.ts'
import { submit } from './requests.ts'

export type ManagementPorts = ChangeLogPorts & {
  /** What the centre itself last published: by it requests are judged. */
  readonly currentTrust: CurrentTrust
  readonly newId: NewId
}
/** An HTTP request of a node: over the exchange, or at the centre's own door for registering a certificate. */
export type ManagementCall = { readonly contentType: string; readonly body: Uint8Array; readonly door: 'direct' | 'exchange' }
export type ManagementAnswer = { readonly status: 200; readonly contentType: string; readonly body: Uint8Array }

/**
 * The management services: one function for both ways in. It answers a SOAP message, or a SOAP fault; a refusal changes nothing and is in the log.
 * Only the registration of a certificate, and the question how it stands, are taken at the direct door: before it nobody speaks for the node. Source: X-Road PR-MSERV.
 */
export async function answerManagement(call: ManagementCall, ports: ManagementPorts): Promise<ManagementAnswer> {
  const answer = await manage(call, ports)
  if (answer.ok) return { status: 200, contentType: 'text/xml; charset=UTF-8', body: answer.value }
  const { contentType, body } = encodeFault(answer.fault, ports.newId())
  return { status: 200, contentType, body }
}

async function manage({ contentType, body, door }: ManagementCall, ports: ManagementPorts): Promise<Outcome<Uint8Array>> {
  const request = readManagementRequest(contentType, body)
  if (!request.ok) return refused(request.fault, 'managementRequest', 'unknown', ports)
  const { wanted, client } = request.value
  const what = wanted.type
  if (door === 'direct' && what !== 'authCertReg' && what !== 'requestStatus')
    return refused(refuse('invalid_request', `${what} goes over the exchange`).fault, what, formatId(client), ports)
  const trust = await ports.currentTrust()
  if (!trust.ok) return refused(trust.fault, what, formatId(client), ports)
  if (trust.value.validUntil <= ports.now())
    return refused(refuse('global_conf_outdated', 'the centre has not published for too long').fault, what, formatId(client), ports)
  return act(ports, { who: { kind: 'node', id: formatId(wanted.server) }, what }, async (work, at) => {
    const { provider } = await instanceOf(work)
    const verified = verifyManagementRequest(request.value, { trust: trust.value.trust, provider }, at)
    if (!verified.ok) return verified
    if (wanted.type === 'requestStatus') {
      const found = await work.get<RequestRecord>(KEYS.request(wanted.requestId))
      const isTheirs = found && formatId(found.server) === formatId(wanted.server)
      return isTheirs ? ok(statusAnswer(request.value, found)) : refuse('not_found', `request ${wanted.requestId} of that server`)
    }
    if (request.value.dryRun) return ok(answerTo(request.value, 0))
    const taken = KEYS.taken(hex(sha512(request.value.soap.bytes)))
    if ((await work.get(taken)) !== undefined) return refuse('replayed_request', 'this very message was taken in before')
    const done = await submit(work, wanted, { origin: 'SECURITY_SERVER', askedBy: formatId(wanted.server), at })
    if (!done.ok) return done
    work.put(taken, done.value.id)
    return ok(answerTo(request.value, done.value.id))
  })
}

/** A refusal that was met before there was anything to decide on is in the log as well. */
async function refused(fault: Fault, what: string, id: string, ports: ManagementPorts): Promise<Outcome<never>> {
  return act(ports, { who: { kind: 'node', id }, what }, async () => ({ ok: false, fault }))
}

/** The question's own content and the number it was given. */
function answerTo({ soap, wanted, dryRun }: ManagementRequest, id: number): Uint8Array {
  if (wanted.type === 'requestStatus') throw new Error('a question has no number')
  const { server, client, address, certificate, name, message } = wanted
  const inside = [
    writeIdentifier('xroad:server', server),
    client ? writeIdentifier('xroad:client', client) : '',
    optionalElement('xroad:address', address),
    certificate === undefined ? '' : octetsElement('xroad:authCert', Buffer.from(certificate, 'base64')),
    optionalElement('xroad:subsystemName', name),
    optionalElement('xroad:message', message),
    dryRun ? textElement('xroad:dryRun', true) : '',
    textElement('xroad:requestId', id),
  ]
  return answerWithBody(soap, inside.join(''))
}

const statusAnswer = ({ soap }: ManagementRequest, { id, server, status, reason }: RequestRecord): Uint8Array =>
  answerWithBody(
    soap,
    [
      writeIdentifier('xroad:server', server),
      textElement('xroad:requestId', id),
      textElement('xroad:status', status),
      reason === undefined ? '' : `<xroad:reason>${escapeText(reason)}</xroad:reason>`,
    ].join(''),
  )
