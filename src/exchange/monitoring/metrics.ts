import { createHash } from 'node:crypto'
import { isoInstant } from '../../base/clock.ts'
import { ok } from '../../base/result.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { formatId } from '../../protocol/identifiers.ts'
import type { SoapMessage } from '../../protocol/soap-message.ts'
import { childElements, childrenNamed, textOf } from '../../protocol/xml-lookup.ts'
import { readCertificate } from '../../trust/certificates.ts'
import type { Trust } from '../../trust/trust.ts'
import { element, textElement } from '../../trust/xml-element.ts'
import { PROXY_VERSION } from '../between-nodes.ts'
import { answerInNamespace, callIn } from '../metadata/soap-answer.ts'
import type { NodeConfiguration } from '../node-configuration.ts'
import type { ServiceAnswer } from '../ports.ts'
import { isOwnerOrMonitor } from './who-asks.ts'

const MONITORING = 'http://x-road.eu/xsd/monitoring'
const VERSION = 'proxyVersion'
const CERTIFICATES = 'Certificates'

/**
 * getSecurityServerMetrics: the version we speak and the certificates in use. Of processes, memory, disks and packages a node says nothing: where
 * it runs, and next to what, is the runtime's. A question that names only such metrics is answered with the version.
 * Refused with 'access_denied' to all but the owner and the monitoring client. Source: X-Road PR-ENVMON.
 */
export function metrics(request: SoapMessage, node: NodeConfiguration, trust: Trust): Outcome<ServiceAnswer> {
  if (!isOwnerOrMonitor(request, node, trust)) return refuse('access_denied', `${formatId(request.client)} may not read metrics`)
  const named = namesIn(request)
  const certificates = named.length === 0 || named.includes(CERTIFICATES)
  const version = named.length === 0 || named.includes(VERSION) || !certificates
  const inside = metricSet(
    `SERVER:${formatId(node.server)}`,
    ...(version ? [text(VERSION, PROXY_VERSION)] : []),
    ...(certificates ? [metricSet('systemMetrics', metricSet(CERTIFICATES, ...certificatesOf(node)))] : []),
  )
  const body = answerInNamespace(request, ['m', MONITORING], inside)
  return ok({ status: 200, reason: 'OK', headers: [['Content-Type', 'text/xml; charset=UTF-8']], body })
}

const metricSet = (name: string, ...inside: readonly string[]): string => element('m:metricSet', textElement('m:name', name), ...inside)
const text = (name: string, value: string): string => element('m:stringMetric', textElement('m:name', name), textElement('m:value', value))

/** The metrics asked for; none: all. */
const namesIn = (request: SoapMessage): readonly string[] =>
  childrenNamed(callIn(request), MONITORING, 'outputSpec')
    .flatMap(childElements)
    .map((each) => textOf(each).trim())

/** Those the node acts with, each once. */
function certificatesOf({ authentication, clients }: NodeConfiguration): readonly string[] {
  const all = [authentication.certificate, ...clients.map(({ signing }) => signing.certificate)]
  const sets = all.flatMap((der) => {
    const read = readCertificate(der)
    if (!read.ok) return []
    const sha1 = createHash('sha1').update(der).digest('hex')
    const dates = [text('notBefore', isoInstant(read.value.notBefore)), text('notAfter', isoInstant(read.value.notAfter))]
    return [
      metricSet(`certificate-${sha1}`, text('sha1Hash', sha1), ...dates, text('certificateType', 'AUTH_OR_SIGN'), text('active', 'true')),
    ]
  })
  return [...new Set(sets)]
}
