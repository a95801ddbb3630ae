import { type Refused, refused } from '../base/result.ts'
import { codesIn, type Fault } from './faults.ts'
import type { XmlElement } from './xml.ts'
import { childElements, textOf } from './xml-lookup.ts'

/** A SOAP 1.1 fault, with the whole envelope as it came. Source: SOAP 1.1 §4.4. */
export type SoapFault = {
  readonly kind: 'fault'
  readonly bytes: Uint8Array
  /** As written, a prefix included: 'soap:Server', 'server.serverproxy.access_denied'. */
  readonly code: string
  readonly string: string
  readonly actor?: string
  /** The text of detail/faultDetail, else the detail's own. */
  readonly detail?: string
}

/** By local name alone, as stock servers read: some write the children in the SOAP namespace. */
const named = (element: XmlElement, local: string) => childElements(element).find((each) => each.local === local)

export function faultIn(fault: XmlElement, bytes: Uint8Array): SoapFault {
  const [code, string, actor, detail] = ['faultcode', 'faultstring', 'faultactor', 'detail'].map((local) => {
    const found = named(fault, local)
    return found && textOf((local === 'detail' && named(found, 'faultDetail')) || found).trim()
  })
  return {
    kind: 'fault',
    bytes,
    code: code ?? '',
    string: string ?? '',
    ...(actor !== undefined && { actor }),
    ...(detail !== undefined && { detail }),
  }
}

/** The fault of a peer or of a service as our refusal: its texts and its envelope are passed on untouched. */
export function relayedFault({ code, string: message, detail = '', bytes }: SoapFault): Refused<Fault> {
  return refused({ path: codesIn(code), detail: 'told by the peer', relayed: { code, message, detail, envelope: bytes } })
}
