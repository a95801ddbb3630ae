import { gzip } from 'node:zlib'
import { DAY, instant, later } from '../../base/clock.ts'
import { ok } from '../../base/result.ts'
import type { Outcome } from '../../protocol/faults.ts'
import { type ClientId, ownerOf, sameClient } from '../../protocol/identifiers.ts'
import { writeMultipart } from '../../protocol/multipart.ts'
import type { SoapMessage } from '../../protocol/soap-message.ts'
import type { Trust } from '../../trust/trust.ts'
import { optionalElement, textElement } from '../../trust/xml-element.ts'
import { boundaryFrom } from '../between-nodes.ts'
import { answerInNamespace } from '../metadata/soap-answer.ts'
import type { NodeConfiguration } from '../node-configuration.ts'
import type { NewId, Now, ServiceAnswer } from '../ports.ts'
import { type JournalPorts, type KeptExchange, keptExchanges } from './kept-exchanges.ts'
import type { MessageFacts } from './message-facts.ts'
import { type DataQuestion, invalidRequest, OP_MONITORING, readDataQuestion } from './monitoring-question.ts'
import { operationalRecord, secondOf } from './operational-record.ts'
import { seesEverything } from './who-asks.ts'

export type OperationalPorts = { readonly journal: JournalPorts; readonly now: Now; readonly newId: NewId }

/** As stock servers: the last minute is not given, or as long as records come in late; nothing older than a week; and so many in one answer. */
const LATE = 60
const KEPT_MS = 7 * DAY
const MOST_RECORDS = 10_000

const ATTACHMENT = 'operational-monitoring-data.json.gz'
const compressed = (bytes: Uint8Array | string): Promise<Uint8Array> =>
  new Promise((resolve, reject) => gzip(bytes, (problem, zipped) => (problem ? reject(problem) : resolve(zipped))))

/**
 * getSecurityServerOperationalData: the exchanges of a time as JSON in a compressed attachment, made from the evidence when it is asked for.
 * Owner and monitoring client see all of them, others those in which they are client or service owner, without this node's address.
 * Refused with 'invalid_request' in the words of stock servers' monitoring process. Source: X-Road PR-OPMON §2.
 */
export async function operationalData(
  request: SoapMessage,
  node: NodeConfiguration,
  trust: Trust,
  ports: OperationalPorts,
): Promise<Outcome<ServiceAnswer>> {
  const asked = readDataQuestion(request)
  if (!asked.ok) return asked
  const now = Math.floor(ports.now() / 1000)
  const late = Math.max(LATE, Math.ceil((ports.journal.lateMs ?? 0) / 1000))
  if (asked.value.from >= now - late) return invalidRequest('recordsFrom is not yet available')
  const all = seesEverything(request, node, trust)
  const page = await pageOf(asked.value, now - late, all ? undefined : request.client, ports)
  const fields = asked.value.fields.filter((field) => all || field !== 'securityServerInternalIp')
  const records = page.exchanges.map((exchange) => {
    const record = operationalRecord(exchange, node, trust)
    return Object.fromEntries(fields.flatMap((field) => (record[field] === undefined ? [] : [[field, record[field]]])))
  })
  const json = await compressed(Buffer.from(JSON.stringify({ records }), 'utf8'))
  return ok(withAttachment(request, records.length, page.next, json, ports.newId))
}

type Page = { readonly exchanges: readonly KeptExchange[]; readonly next: number | undefined }

/**
 * A page ends with a whole second, so that the next one can begin with the following.
 * @param available the first second that is not given yet
 */
async function pageOf(
  { from, to, owner }: DataQuestion,
  available: number,
  only: ClientId | undefined,
  ports: OperationalPorts,
): Promise<Page> {
  const last = Math.min(to, available - 1)
  const found = await keptExchanges(
    {
      from: instant(Math.max(from * 1000, later(ports.now(), -KEPT_MS))),
      to: instant(last * 1000 + 999),
      most: MOST_RECORDS,
      end: 'oldest',
      wanted: (facts) => (!owner || sameClient(ownerOf(facts.service), owner)) && (!only || concerns(facts, only)),
    },
    ports.journal,
  )
  const searched = Math.max(from, Math.floor((found.through + 1) / 1000) - 1)
  const listed = found.exchanges.filter((each) => secondOf(each) <= searched)
  const limit = listed[MOST_RECORDS - 1]
  const exchanges = limit ? listed.filter((each) => secondOf(each) <= secondOf(limit)) : listed
  if (limit && exchanges.length < listed.length) return { exchanges, next: secondOf(limit) + 1 }
  if (searched < last) return { exchanges, next: searched + 1 }
  return { exchanges, next: to > last ? available : undefined }
}

const concerns = ({ client, service }: MessageFacts, party: ClientId): boolean =>
  sameClient(client, party) || sameClient(ownerOf(service), party)

/** Part headers as stock servers write them. */
function withAttachment(request: SoapMessage, count: number, next: number | undefined, gz: Uint8Array, newId: NewId): ServiceAnswer {
  const inside =
    textElement('om:recordsCount', count) + textElement('om:records', `cid:${ATTACHMENT}`) + optionalElement('om:nextRecordsFrom', next)
  const boundary = boundaryFrom(newId()).replace('xtop', 'xroad')
  const body = writeMultipart(boundary, [
    { headers: [['content-type', 'text/xml; charset=UTF-8']], body: answerInNamespace(request, ['om', OP_MONITORING], inside) },
    {
      headers: [
        ['content-type', 'application/gzip'],
        ['content-transfer-encoding', 'binary'],
        ['content-id', `<${ATTACHMENT}>`],
      ],
      body: gz,
    },
  ])
  const contentType = `multipart/related; type="text/xml"; charset=UTF-8; boundary=${boundary}`
  return { status: 200, reason: 'OK', headers: [['Content-Type', contentType]], body }
}
