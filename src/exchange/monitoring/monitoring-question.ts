import { ok, refused } from '../../base/result.ts'
import { messageOf } from '../../protocol/fault-sentence.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import type { ClientId } from '../../protocol/identifiers.ts'
import type { SoapMessage } from '../../protocol/soap-envelope.ts'
import type { XmlElement } from '../../protocol/xml.ts'
import { childElements, childrenNamed, textOf } from '../../protocol/xml-lookup.ts'
import { readClientElement } from '../../trust/xml-identifiers.ts'
import { callIn } from '../metadata/soap-answer.ts'
import { FIELDS, type Field } from './operational-record.ts'

export const OP_MONITORING = 'http://x-road.eu/xsd/op-monitoring.xsd'

/** Seconds; the service's owner, and the fields, when only those are asked for. */
export type DataQuestion = { readonly from: number; readonly to: number; readonly owner?: ClientId; readonly fields: readonly Field[] }

/** Stock servers leave this to another process, whose name stands in the code; a proxy passes it on as it is. */
const CODE = 'server.serverproxy.opmonitor.client.invalid_request'
export function invalidRequest(detail: string): Outcome<never> {
  const { fault } = refuse('invalid_request', detail)
  return refused({ ...fault, relayed: { code: CODE, message: `${messageOf(fault)} (${detail})`, detail: '' } })
}

/** The body of getSecurityServerOperationalData. Refused: what the schema does not allow, a time before 1970, an end before its beginning. */
export function readDataQuestion(message: SoapMessage): Outcome<DataQuestion> {
  const parts = sequence(callIn(message), ['searchCriteria', 'outputSpec?'])
  if (!parts.ok) return parts
  const [criteria, spec] = parts.value
  const inside = sequence(criteria as XmlElement, ['recordsFrom', 'recordsTo', 'client?'])
  if (!inside.ok) return inside
  const [from, to] = inside.value.map((element) => (element ? secondsIn(element) : Number.NaN)) as [number, number]
  if (!(from >= 0) || !(to >= 0)) return invalidRequest('recordsFrom and recordsTo must be seconds since 1970')
  if (to < from) return invalidRequest('recordsTo is before recordsFrom')
  const owner = partyIn(inside.value[2])
  if (!owner.ok) return owner
  const fields = fieldsIn(spec)
  return fields.ok ? ok({ from, to, fields: fields.value, ...(owner.value ? { owner: owner.value } : {}) }) : fields
}

/** The body of getSecurityServerHealthData: the owner whose services are asked for, or all. */
export function readHealthQuestion(message: SoapMessage): Outcome<ClientId | undefined> {
  const parts = sequence(callIn(message), ['filterCriteria?'])
  if (!parts.ok || !parts.value[0]) return parts.ok ? ok(undefined) : parts
  const inside = sequence(parts.value[0], ['client?'])
  return inside.ok ? partyIn(inside.value[0]) : inside
}

/** These children in this order and no others; one whose name ends in '?' may be missing. */
function sequence(element: XmlElement, names: readonly string[]): Outcome<readonly (XmlElement | undefined)[]> {
  const left = childElements(element)
  const found: (XmlElement | undefined)[] = []
  for (const each of names) {
    const name = each.replace('?', '')
    const [first] = left
    if (first?.uri === OP_MONITORING && first.local === name) found.push(left.shift())
    else if (each.endsWith('?')) found.push(undefined)
    else return invalidRequest(`<${element.local}> has no ${name}`)
  }
  return left.length === 0 ? ok(found) : invalidRequest(`<${element.local}> holds what it should not`)
}

/** Schema type long. */
function secondsIn(element: XmlElement): number {
  const text = textOf(element).trim()
  return /^[+-]?\d{1,19}$/.test(text) ? Number(text) : Number.NaN
}

function partyIn(element: XmlElement | undefined): Outcome<ClientId | undefined> {
  if (!element) return ok(undefined)
  const read = readClientElement(element)
  return read.ok ? read : invalidRequest(read.fault.detail)
}

/** All of them when none is named. */
function fieldsIn(spec: XmlElement | undefined): Outcome<readonly Field[]> {
  if (!spec) return ok(FIELDS)
  const named = childrenNamed(spec, OP_MONITORING, 'outputField').map((each) => textOf(each).trim())
  if (named.length !== childElements(spec).length) return invalidRequest('<outputSpec> holds what it should not')
  if (named.some((name) => !(FIELDS as readonly string[]).includes(name))) return invalidRequest('an outputField that there is not')
  return ok(named.length === 0 ? FIELDS : FIELDS.filter((field) => named.includes(field)))
}
