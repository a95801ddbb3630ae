import type { Now } from '../../base/clock.ts'
import { ok } from '../../base/result.ts'
import { type Outcome, raisedBy, refuse } from '../../protocol/faults.ts'
import { type ClientId, printable } from '../../protocol/identifiers.ts'
import type { Header } from '../../protocol/rest-headers.ts'
import { soapFaultAnswer } from '../../protocol/soap-http.ts'
import { IDENTIFIERS, XROAD } from '../../protocol/soap-names.ts'
import type { SharedParameters } from '../../trust/shared-parameters.ts'
import { element, optionalElement, textElement, xmlDocument } from '../../trust/xml-element.ts'
import { writeIdentifier } from '../../trust/xml-identifiers.ts'
import type { CurrentTrust, NewId } from '../ports.ts'
import { trustNow } from '../trust-now.ts'
import type { LocalAnswer } from './local-answer.ts'

export type ListClientsPorts = { readonly trust: CurrentTrust; readonly now: Now; readonly newId: NewId }

/**
 * Every member of an instance and every subsystem, in the order of the configuration, for whoever asks. JSON when Accept names it, else XML.
 * Whatever is wrong is a SOAP fault under HTTP 200, as stock servers answer: an instance that is not known, a malformed Accept, a
 * configuration that has run out. Source: X-Road PR-META §2.
 */
export async function listClients(query: URLSearchParams, headers: readonly Header[], ports: ListClientsPorts): Promise<LocalAnswer> {
  const answer = await clientsFor(query.get('xRoadInstance'), headers, ports)
  return answer.ok ? answer.value : soapFaultAnswer(raisedBy('server.clientproxy', answer).fault, ports.newId())
}

async function clientsFor(instance: string | null, headers: readonly Header[], ports: ListClientsPorts): Promise<Outcome<LocalAnswer>> {
  const json = wantsJson(headers)
  if (!json.ok) return json
  const today = await trustNow(ports)
  if (!today.ok) return today
  const { instances, own } = today.value.trust
  const parameters = instances.get(instance ?? own)
  if (!parameters) return refuse('internal_error', printable(instance ?? ''), 'unknown_instance')
  const clients = clientsIn(parameters)
  return ok(json.value ? inJson(clients) : inXml(clients))
}

/** RFC 9110 §12.5.1, the media range; of its parameters nothing is read, as in stock servers. */
const RANGE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+\/[!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*(?:;.*)?$/s

function wantsJson(headers: readonly Header[]): Outcome<boolean> {
  const ranges = headers.filter(([name]) => name.toLowerCase() === 'accept').flatMap(([, value]) => value.split(','))
  const types = ranges.map((range) => range.trim()).filter((range) => range !== '')
  const read = types.map((range) => RANGE.exec(range)?.[1]?.toLowerCase())
  if (read.includes(undefined)) return refuse('internal_error', 'Accept holds what is no media type', 'malformed_header')
  return ok(read.includes('application/json'))
}

type Listed = { readonly id: ClientId; readonly name: string; readonly subsystemName?: string }

const clientsIn = ({ members }: SharedParameters): readonly Listed[] =>
  members.flatMap(({ id, name, subsystems }) => [
    { id, name },
    ...subsystems.map((subsystem) => ({
      id: subsystem.id,
      name,
      ...(subsystem.name === undefined ? {} : { subsystemName: subsystem.name }),
    })),
  ])

function inJson(clients: readonly Listed[]): LocalAnswer {
  const member = clients.map(({ id, name, subsystemName }) => ({
    id: {
      object_type: id.subsystemCode === undefined ? 'MEMBER' : 'SUBSYSTEM',
      xroad_instance: id.instance,
      member_class: id.memberClass,
      member_code: id.memberCode,
      subsystem_code: id.subsystemCode,
    },
    name,
    subsystem_name: subsystemName,
  }))
  return answer('application/json; charset=utf-8', Buffer.from(JSON.stringify({ member }), 'utf8'))
}

function inXml(clients: readonly Listed[]): LocalAnswer {
  const members = clients.map(({ id, name, subsystemName }) =>
    element(
      'xroad:member',
      writeIdentifier('xroad:id', id),
      textElement('xroad:name', name),
      optionalElement('xroad:subsystemName', subsystemName),
    ),
  )
  return answer('text/xml; charset=UTF-8', xmlDocument('xroad:clientList', { xroad: XROAD, id: IDENTIFIERS }, members))
}

const answer = (contentType: string, body: Uint8Array): LocalAnswer => ({ status: 200, headers: [['Content-Type', contentType]], body })
