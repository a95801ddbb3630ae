import { type PublicationPorts, publish, publishedFile } from '../../src/exchange/centre/publication.ts'
import { callFromEvent, type GatewayEvent, type GatewayResult, resultFor } from '../http.ts'

/** What the schedule calls with has no request in it. */
type Scheduled = { readonly source: string }
const isScheduled = (event: GatewayEvent | Scheduled): event is Scheduled => !('requestContext' in event)

/**
 * The global configuration: the schedule publishes what is due; everybody reads what is published. Versions there are not are 404, which clients
 * take for "try an older one".
 * @param root where the published paths begin in the gateway's: '/conf'
 */
export const confHandler =
  (ports: PublicationPorts, root: string) =>
  async (event: GatewayEvent | Scheduled): Promise<GatewayResult | { readonly serial: number }> => {
    if (isScheduled(event)) return { serial: (await publish(ports))?.serial ?? 0 }
    const { method, target } = callFromEvent(event)
    const [path = '', query = ''] = target.split('?')
    const isAsked = (method === 'GET' || method === 'HEAD') && path.startsWith(`${root}/`)
    const file = isAsked ? await publishedFile(path.slice(root.length), new URLSearchParams(query).get('version'), ports) : undefined
    const headers = [
      ['Content-Type', file ? 'application/octet-stream' : 'text/plain'],
      ['Cache-Control', 'no-cache'],
    ] as const
    return resultFor(event, { status: file ? 200 : 404, headers, body: file ?? new Uint8Array() })
  }
