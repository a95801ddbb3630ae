import { type Instant, later, SECOND } from '../base/clock.ts'
import { refuse } from '../protocol/faults.ts'
import type { OcspPorts } from './ocsp-at-hand.ts'
import type { CurrentConfiguration, CurrentTrust, Store } from './ports.ts'
import { ocspOfChain, ownChain } from './signing.ts'
import { trustNow } from './trust-now.ts'

export type HealthPorts = OcspPorts & { readonly configuration: CurrentConfiguration; readonly trust: CurrentTrust; readonly store: Store }
/** 200 and no text: all is well. 500: what is wrong first. 503: whoever runs the node has taken it out of service, in their own words. */
export type Health = { readonly status: 200 | 500 | 503; readonly text: string }

const GOOD_LASTS = 2 * SECOND
const BAD_LASTS = 30 * SECOND

/** How the node is, for a load balancer: asked as often as one likes, looked into every two seconds, after trouble every thirty. */
export function healthOf(ports: HealthPorts): () => Promise<Health> {
  let known: { readonly health: Promise<Health>; until: Instant } | undefined
  return async () => {
    const { outOfService } = await ports.configuration()
    if (outOfService !== undefined) return { status: 503, text: outOfService }
    const now = ports.now()
    if (known && now < known.until) return known.health
    const looking = { health: look(ports), until: later(now, BAD_LASTS) }
    known = looking
    if ((await looking.health).status === 200) looking.until = later(ports.now(), GOOD_LASTS)
    return looking.health
  }
}

/** In the order of stock servers: configuration, TLS certificate, database. */
async function look(ports: HealthPorts): Promise<Health> {
  const today = await trustNow(ports)
  if (!today.ok) return ill('global configuration', today.fault.path)
  const { authentication } = await ports.configuration()
  const chain = ownChain([authentication.certificate, ...authentication.intermediates], today.value, ports)
  const good = chain.ok ? await ocspOfChain(chain.value, today.value, ports) : chain
  if (!good.ok) return ill('authentication certificate', good.fault.path)
  const stored = await ports.store.get('health').then(
    () => null,
    (problem: unknown) => {
      ports.log({ level: 'error', event: 'store_unreachable', why: String(problem) })
      return refuse('database_error').fault.path
    },
  )
  return stored ? ill('database', stored) : { status: 200, text: '' }
}

const ill = (what: string, path: readonly string[]): Health => ({ status: 500, text: `${what}: ${path.join('.')}` })
