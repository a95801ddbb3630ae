import { answerManagement } from '../../src/exchange/centre/management.ts'
import { answerNode, type NodeDoorPorts } from '../../src/exchange/centre/node-door.ts'
import { bodyOf, callFromEvent, type GatewayEvent, type GatewayResult, headersOf, resultFor } from '../http.ts'

/** Where stock servers register their certificates. */
const REGISTRATION = '/managementservice'
/** Stock servers end at the same size. */
const MOST_BYTES = 100_000

/** What nodes ask of their centre: enrolment, certificates, registration. Every request proves itself; the channel proves nothing. */
export const caHandler =
  (ports: NodeDoorPorts) =>
  async (event: GatewayEvent): Promise<GatewayResult> => {
    const { method, target } = callFromEvent(event)
    const [path = '', query = ''] = target.split('?')
    const contentType = headersOf(event).find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
    const body = bodyOf(event)
    if (body.length > MOST_BYTES)
      return resultFor(event, { status: 413, headers: [['Content-Type', 'text/plain']], body: new Uint8Array() })
    const answer =
      path.replace(/\/$/, '') === REGISTRATION && method === 'POST'
        ? await answerManagement({ contentType, body, door: 'direct' }, ports)
        : await answerNode({ method, path, query: new URLSearchParams(query), contentType, body }, ports)
    return resultFor(event, { status: answer.status, headers: [['Content-Type', answer.contentType]], body: answer.body })
  }
