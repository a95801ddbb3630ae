import { DAY, type Instant, later, MINUTE } from '../../base/clock.ts'
import { ok } from '../../base/result.ts'
import type { Outcome } from '../../protocol/faults.ts'
import { formatId, ownerOf, type ServiceId, sameClient, sameService } from '../../protocol/identifiers.ts'
import type { SoapMessage } from '../../protocol/soap-message.ts'
import { element, optionalElement, textElement } from '../../trust/xml-element.ts'
import { writeIdentifier } from '../../trust/xml-identifiers.ts'
import { answerInNamespace } from '../metadata/soap-answer.ts'
import type { NodeConfiguration } from '../node-configuration.ts'
import type { Now, ServiceAnswer } from '../ports.ts'
import { type JournalPorts, type KeptExchange, keptExchanges } from './kept-exchanges.ts'
import type { MessageFacts } from './message-facts.ts'
import { OP_MONITORING, readHealthQuestion } from './monitoring-question.ts'
import { succeeded } from './operational-record.ts'

export type HealthPorts = { readonly journal: JournalPorts; readonly now: Now }

const PERIOD_MS = 10 * MINUTE
/** How far back the last success and the last failure of a service are looked for. */
const LOOK_BACK_MS = DAY

/**
 * getSecurityServerHealthData: for each service that was called of late, when it last succeeded and failed, and figures of the last ten minutes.
 * Nothing runs all the time here, so monitoringStartupTimestamp is the instant from which the records were looked through. Where records come into
 * sight late, the ten minutes are the last of which all are seen.
 * Refused as getSecurityServerOperationalData. Source: X-Road PR-OPMON §3.
 */
export async function healthData(
  request: SoapMessage,
  node: NodeConfiguration,
  { journal, now }: HealthPorts,
): Promise<Outcome<ServiceAnswer>> {
  const owner = readHealthQuestion(request)
  if (!owner.ok) return owner
  const to = later(now(), -(journal.lateMs ?? 0))
  const wanted = ({ side, service }: MessageFacts) => side === 'provider' && (!owner.value || sameClient(ownerOf(service), owner.value))
  const asked = { to, from: later(to, -LOOK_BACK_MS), most: Number.POSITIVE_INFINITY, end: 'newest', wanted } as const
  const { exchanges, since } = await keptExchanges(asked, journal)
  const services = Map.groupBy(exchanges, (each) => formatId(serviceIn(each)))
  const events = [...services.values()].map((calls) => serviceEvents(calls, later(to, -PERIOD_MS), node))
  const inside =
    textElement('om:monitoringStartupTimestamp', since) +
    textElement('om:statisticsPeriodSeconds', PERIOD_MS / 1000) +
    element('om:servicesEvents', ...events)
  const body = answerInNamespace(request, ['om', OP_MONITORING], inside)
  return ok({ status: 200, reason: 'OK', headers: [['Content-Type', 'text/xml; charset=UTF-8']], body })
}

function serviceEvents(calls: readonly KeptExchange[], since: Instant, { services }: NodeConfiguration): string {
  const [good, bad] = [calls.filter(succeeded), calls.filter((call) => !succeeded(call))]
  const id = serviceIn(calls[0] as KeptExchange)
  return element(
    'om:serviceEvents',
    writeIdentifier('om:service', id),
    optionalElement('om:lastSuccessfulRequestTimestamp', good.at(-1)?.at),
    optionalElement('om:lastUnsuccessfulRequestTimestamp', bad.at(-1)?.at),
    optionalElement('om:serviceType', services.find((each) => sameService(each.id, id))?.type),
    statistics(
      good.filter(({ at }) => at >= since),
      bad.filter(({ at }) => at >= since),
    ),
  )
}
const serviceIn = ({ request, response }: KeptExchange): ServiceId => (request ?? (response as MessageFacts)).service

function statistics(good: readonly KeptExchange[], bad: readonly KeptExchange[]): string {
  const durations = good.flatMap(({ request, response }) => (request && response ? [response.at - request.at] : []))
  const sizes = (direction: 'request' | 'response') => good.flatMap((call) => call[direction]?.mimeSize ?? call[direction]?.size ?? [])
  return element(
    'om:lastPeriodStatistics',
    textElement('om:successfulRequestCount', good.length),
    textElement('om:unsuccessfulRequestCount', bad.length),
    figures('om:request', 'Duration', durations),
    figures('om:request', 'Size', sizes('request')),
    figures('om:response', 'Size', sizes('response')),
  )
}

/** Nothing at all of nothing. The deviation is that of the whole, not of a sample. */
function figures(prefix: string, of: 'Duration' | 'Size', values: readonly number[]): string {
  if (values.length === 0) return ''
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length
  const deviation = Math.sqrt(values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / values.length)
  const [least, most] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))]
  return (
    textElement(`${prefix}Min${of}`, least) +
    textElement(`${prefix}Average${of}`, mean) +
    textElement(`${prefix}Max${of}`, most) +
    textElement(`${prefix}${of}StdDev`, deviation)
  )
}
