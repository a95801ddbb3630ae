import { ok, type Result, refused } from '../../base/result.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { printable } from '../../protocol/identifiers.ts'
import { parseXml, type XmlElement } from '../../protocol/xml.ts'
import { attribute, child, childElements, childrenNamed, textOf } from '../../protocol/xml-lookup.ts'
import { codeFault } from './service-codes.ts'

/** One SOAP service as its agency describes it. `url` is the address of its port, as written. */
export type WsdlService = { readonly code: string; readonly version?: string; readonly url: string }
/** `warnings`: what does not keep a service from working, one sentence each. */
export type WsdlDescription = { readonly services: readonly WsdlService[]; readonly warnings: readonly string[] }

const WSDL = 'http://schemas.xmlsoap.org/wsdl/'
const WSDL2 = 'http://www.w3.org/ns/wsdl'
export const SOAP11 = 'http://schemas.xmlsoap.org/wsdl/soap/'
export const WSDL_LIMITS = { bytes: 4 * 1024 * 1024, depth: 64, nodes: 200_000 }

/**
 * The services in a WSDL 1.1 document: one for each operation of a binding that a port with a SOAP 1.1 address is bound to. The operation's name
 * is the service code; an element called `version` beside it, of any namespace but WSDL's own, the service version.
 *
 * Nothing outside the document is ever read: a document type or a `wsdl:import` is refused, a schema's import is passed over.
 * @returns the services, or 'malformed_server_conf' with what stands in the way
 * Source: WSDL 1.1 §2, §3; X-Road PR-MESS §2.7; WS-I Basic Profile 1.1 R2718 for the warning.
 */
export function readWsdl(bytes: Uint8Array): Outcome<WsdlDescription> {
  const document = parseXml(bytes, WSDL_LIMITS)
  if (!document.ok) return malformed(document.fault.detail)
  const { root } = document.value
  if (root.uri === WSDL2) return malformed('WSDL 2.0 is not supported; describe the service in WSDL 1.1')
  if (root.uri !== WSDL || root.local !== 'definitions') return malformed('the root is not definitions of WSDL 1.1')
  if (child(root, WSDL, 'import')) return malformed('it imports another document; put everything into one, nothing else is ever fetched')
  const services = servicesIn(root)
  return services.ok ? ok({ services: services.value, warnings: leftOut(root) }) : malformed(services.fault)
}

const malformed = (why: string) => refuse('malformed_server_conf', `WSDL: ${why}`)

type Found<T> = Result<T, string>

function servicesIn(root: XmlElement): Found<readonly WsdlService[]> {
  const bindings = named(root, 'binding')
  const services: WsdlService[] = []
  const seen = new Set<string>()
  for (const port of childrenNamed(root, WSDL, 'service').flatMap((service) => childrenNamed(service, WSDL, 'port'))) {
    const address = child(port, SOAP11, 'address')
    if (!address) continue
    const described = servicesAt(port, attribute(address, 'location')?.trim() ?? '', bindings)
    if (!described.ok) return described
    for (const service of described.value) {
      const key = `${service.code}\n${service.version ?? ''}`.toLowerCase()
      if (seen.has(key)) return refused(`${nameOf(service)} is described twice`)
      seen.add(key)
      services.push(service)
    }
  }
  return services.length > 0 ? ok(services) : refused('it describes no service with a SOAP 1.1 address')
}

function servicesAt(port: XmlElement, url: string, bindings: ReadonlyMap<string, XmlElement>): Found<readonly WsdlService[]> {
  const portName = printable(attribute(port, 'name') ?? '')
  const binding = bindings.get(localPart(attribute(port, 'binding')))
  if (!binding) return refused(`port "${portName}" is bound to nothing in the document`)
  if (url === '') return refused(`port "${portName}" has no address`)
  const services = childrenNamed(binding, WSDL, 'operation').map((operation) => serviceOf(operation, url))
  const fault = services.flatMap(({ code, version }) => codeFault(code) ?? (version && codeFault(version)) ?? [])[0]
  return fault === undefined ? ok(services) : refused(fault)
}

function serviceOf(operation: XmlElement, url: string): WsdlService {
  const code = attribute(operation, 'name') ?? ''
  const marked = childElements(operation).find(({ local, uri }) => local === 'version' && uri !== WSDL && uri !== SOAP11)
  const version = marked && textOf(marked).trim()
  return version ? { code, version, url } : { code, url }
}

const nameOf = ({ code, version }: WsdlService): string => (version === undefined ? code : `${code}.${version}`)

/** Definitions of one kind by name. Without imports every name is of the document's own namespace, so the prefix of a reference says nothing. */
const named = (root: XmlElement, kind: string): ReadonlyMap<string, XmlElement> =>
  new Map(childrenNamed(root, WSDL, kind).map((each) => [attribute(each, 'name') ?? '', each]))
const localPart = (reference: string | undefined): string => reference?.slice(reference.indexOf(':') + 1).trim() ?? ''

/** Operations of a port type that its binding does not offer. */
function leftOut(root: XmlElement): readonly string[] {
  const portTypes = named(root, 'portType')
  return childrenNamed(root, WSDL, 'binding').flatMap((binding) => {
    const portType = portTypes.get(localPart(attribute(binding, 'type')))
    const bound = new Set(operationsOf(binding))
    const missing = portType ? operationsOf(portType).filter((name) => !bound.has(name)) : []
    return missing.map((name) => `binding "${printable(attribute(binding, 'name') ?? '')}" leaves out the operation "${printable(name)}"`)
  })
}

const operationsOf = (element: XmlElement): readonly string[] =>
  childrenNamed(element, WSDL, 'operation').map((operation) => attribute(operation, 'name') ?? '')
