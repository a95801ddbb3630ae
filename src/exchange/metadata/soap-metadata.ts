import { ok } from '../../base/result.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { formatId, ownerOf, type ServiceId, sameService } from '../../protocol/identifiers.ts'
import { writeMultipart } from '../../protocol/multipart.ts'
import type { Header } from '../../protocol/rest-headers.ts'
import type { SoapMessage } from '../../protocol/soap-envelope.ts'
import { XROAD } from '../../protocol/soap-names.ts'
import { childrenNamed, textOf } from '../../protocol/xml-lookup.ts'
import { escapeText } from '../../protocol/xml-write.ts'
import type { Trust } from '../../trust/trust.ts'
import { writeIdentifier } from '../../trust/xml-identifiers.ts'
import { boundaryFrom } from '../between-nodes.ts'
import { withoutAddresses } from '../descriptions/wsdl-addresses.ts'
import type { NodeConfiguration, NodeService } from '../node-configuration.ts'
import type { NewId, ServiceAnswer } from '../ports.ts'
import { type DescriptionPorts, fetchDescription, unavailable } from './fetch-description.ts'
import { allowedSoapMethods, soapMethods } from './method-lists.ts'
import type { MetadataAnswer } from './rest-metadata.ts'
import { answerWithBody, callIn } from './soap-answer.ts'

export type SoapMetadataPorts = DescriptionPorts & { readonly newId: NewId }

/**
 * How a provider's node answers a SOAP call of its own: listMethods, allowedMethods and getWsdl, of any client of the node, whatever the service
 * version; no right is needed. The answer is as a service would give it, its header that of the question: what follows (request hash, signature)
 * is the flow's. undefined: it is a call to a service, or to none.
 *
 * getWsdl is refused with 'invalid_request' (no serviceCode), 'unknown_service', 'service_type' (not a SOAP service), 'internal_error' (its
 * document cannot be had). Source: X-Road PR-META.
 */
export function soapMetadata(
  request: SoapMessage,
  node: NodeConfiguration,
  trust: Trust,
  ports: SoapMetadataPorts,
): MetadataAnswer | undefined {
  const { client, service } = request
  const owner = ownerOf(service)
  if (service.serviceCode === 'listMethods') return async () => ok(listOf(request, soapMethods(owner, node)))
  if (service.serviceCode === 'allowedMethods') return async () => ok(listOf(request, allowedSoapMethods(owner, client, node, trust)))
  if (service.serviceCode === 'getWsdl') return (budgetMs) => getWsdl(request, node, budgetMs, ports)
  return undefined
}

const ENVELOPE: Header = ['Content-Type', 'text/xml; charset=UTF-8']

function listOf(request: SoapMessage, services: readonly NodeService[]): ServiceAnswer {
  const body = answerWithBody(request, services.map(({ id }) => writeIdentifier('xroad:service', id)).join(''))
  return { status: 200, reason: 'OK', headers: [ENVELOPE], body }
}

async function getWsdl(
  request: SoapMessage,
  node: NodeConfiguration,
  budgetMs: number,
  ports: SoapMetadataPorts,
): Promise<Outcome<ServiceAnswer>> {
  const [serviceCode, serviceVersion] = ['serviceCode', 'serviceVersion'].map((name) => fieldOf(request, name))
  if (!serviceCode) return refuse('invalid_request', 'serviceCode')
  const wanted: ServiceId = { ...ownerOf(request.service), serviceCode, ...(serviceVersion ? { serviceVersion } : {}) }
  const service = node.services.find(({ id }) => sameService(id, wanted))
  if (!service) return refuse('unknown_service', formatId(wanted))
  if (service.type !== 'WSDL') return refuse('service_type', `${formatId(wanted)} is no SOAP service`)
  const fetched = await fetchDescription(service, budgetMs, ports)
  if (!fetched.ok) return fetched
  const wsdl = withoutAddresses(fetched.value.bytes)
  if (!wsdl.ok) return unavailable(service, wsdl.fault.detail, ports)
  return ok(withWsdl(request, wanted, wsdl.value, ports.newId))
}

function fieldOf(request: SoapMessage, name: string): string | undefined {
  const field = childrenNamed(callIn(request), XROAD, name)[0]
  return field && textOf(field).trim()
}

/** Part headers and their order as stock servers write them. */
function withWsdl(request: SoapMessage, { serviceCode, serviceVersion }: ServiceId, wsdl: Uint8Array, newId: NewId): ServiceAnswer {
  const version = serviceVersion === undefined ? '' : `<xroad:serviceVersion>${escapeText(serviceVersion)}</xroad:serviceVersion>`
  const envelope = answerWithBody(request, `<xroad:serviceCode>${escapeText(serviceCode)}</xroad:serviceCode>${version}`)
  const boundary = boundaryFrom(newId()).replace('xtop', 'xroad')
  const attachment: readonly Header[] = [
    ['content-type', 'text/xml'],
    ['Content-Transfer-Encoding', 'binary'],
    ['Content-ID', `<wsdl=${newId()}@x-road.eu>`],
  ]
  const body = writeMultipart(boundary, [
    { headers: [['content-type', ENVELOPE[1]]], body: envelope },
    { headers: attachment, body: wsdl },
  ])
  const contentType = `multipart/related; type="text/xml"; charset=UTF-8; boundary=${boundary}`
  return { status: 200, reason: 'OK', headers: [['Content-Type', contentType]], body }
}
