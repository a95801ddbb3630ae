import { ok } from '../../base/result.ts'
import type { Direction } from '../../evidence/record.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { type ClientId, componentFault } from '../../protocol/identifiers.ts'

/** Which records are wanted: of this client or provider, of this message, one way or both. */
export type EvidenceQuestion = { readonly client: ClientId; readonly messageId: string; readonly direction?: Direction }

/** Whose records: 'bad_request' when a component is missing or malformed. */
export function clientIn(query: URLSearchParams): Outcome<ClientId> {
  const [instance, memberClass, memberCode] = ['xRoadInstance', 'memberClass', 'memberCode'].map((name) => query.get(name) ?? '')
  const subsystemCode = query.get('subsystemCode')
  const parts = [instance, memberClass, memberCode, ...(subsystemCode === null ? [] : [subsystemCode])] as readonly string[]
  const fault = parts.map(componentFault).find((found) => found !== undefined)
  if (fault !== undefined) return refuse('bad_request', `xRoadInstance, memberClass, memberCode, subsystemCode: ${fault}`)
  const member = { instance: parts[0] as string, memberClass: parts[1] as string, memberCode: parts[2] as string }
  return ok(subsystemCode === null ? member : { ...member, subsystemCode })
}

/** Which of them: 'bad_request' without queryId, or when both flags are up. A flag is up when it is there, whatever it says. */
export function questionIn(query: URLSearchParams, client: ClientId): Outcome<EvidenceQuestion> {
  const messageId = query.get('queryId')
  if (!messageId) return refuse('bad_request', 'queryId')
  const [request, response] = [query.has('requestOnly'), query.has('responseOnly')]
  if (request && response) return refuse('bad_request', 'requestOnly and responseOnly exclude each other')
  if (!request && !response) return ok({ client, messageId })
  return ok({ client, messageId, direction: request ? 'request' : 'response' })
}
