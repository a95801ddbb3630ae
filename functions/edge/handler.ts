import { type Instant, later, MINUTE } from '../../src/base/clock.ts'
import { type EdgePlace, type EdgePorts, type EdgeRun, reconcileEdge } from '../../src/exchange/edge/reconcile.ts'
import type { DoorContext } from '../door.ts'

/** What a run has when nobody says. */
const USUAL = 4 * MINUTE

/**
 * The schedule's call: brings the node's two domains to where they should be.
 * @param holder names this process to others that may run at the same time
 */
export const edgeHandler =
  (ports: EdgePorts, holder: string) =>
  async (_event: unknown, context?: DoorContext): Promise<EdgeRun> =>
    reconcileEdge(holder, endOf(ports.now(), context), ports)

const endOf = (now: Instant, context: DoorContext | undefined): Instant => later(now, context?.getRemainingTimeInMillis?.() ?? USUAL)

/** The two places from the door's settings: 'provider consumer', an HTTP API's id, 'api/stage'. Throws when they are not whole. */
export function placesFrom(domains: string, providerApi: string, consumerApi: string): EdgePorts['places'] {
  const [provider, consumer] = domains.split(' ')
  const [api, stage] = consumerApi.split('/')
  if (!provider || !consumer || !api || !stage) throw new Error('NODE_DOMAINS holds two names, CONSUMER_API an id and a stage')
  const place = (name: string, of: string, at: string): EdgePlace => ({ name, api: of, stage: at })
  return { provider: place(provider, providerApi, '$default'), consumer: place(consumer, api, stage) }
}
