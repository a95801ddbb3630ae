import { later, MINUTE } from '../../src/base/clock.ts'
import { type PublicCertificatePorts, settlePublicCertificates } from '../../src/exchange/edge/public-certificates.ts'
import { type EnrolNodePorts, enrolNode, type Invitation } from '../../src/exchange/life/enrol-node.ts'
import { type RenewalStep, type RenewNodePorts, renewNode } from '../../src/exchange/life/renew-node.ts'
import type { FetchUrl } from '../../src/exchange/ports.ts'
import { codeOf } from '../../src/protocol/faults.ts'
import type { DoorContext } from '../door.ts'

export type EnrolPorts = Omit<EnrolNodePorts & RenewNodePorts, 'host'> & PublicCertificatePorts & { readonly fetchUrl: FetchUrl }
/** A schedule says nothing; an operator brings an invitation. */
export type EnrolEvent = { readonly invitation?: unknown }
export type Enrolled = {
  readonly node: 'enrolled' | 'already' | 'not invited'
  readonly edge: 'ready' | 'waiting'
  readonly renewal?: readonly RenewalStep[]
}

/** Kept back of a run's time. */
const SPARE = 10_000

/**
 * Lets the node in, when it is called with an invitation, and gets its names their public certificates; called by a schedule it goes on where it was, and
 * renews the node's own certificates in good time.
 * Fails with the reason when the invitation is not taken.
 */
export const enrolHandler =
  (ports: EnrolPorts) =>
  async (event: EnrolEvent, context?: DoorContext): Promise<Enrolled> => {
    const until = later(ports.now(), (context?.getRemainingTimeInMillis?.() ?? MINUTE) - SPARE)
    const node = event.invitation === undefined ? 'not invited' : await letIn(event.invitation, ports)
    const renewal = await renewNode({ ...ports, host: ports.hosts.provider })
    const edge = (await settlePublicCertificates(until, ports)) ? 'ready' : 'waiting'
    return { node, edge, ...(renewal.length > 0 ? { renewal } : {}) }
  }

async function letIn(given: unknown, ports: EnrolPorts): Promise<'enrolled' | 'already'> {
  const done = await enrolNode(readInvitation(given), { ...ports, host: ports.hosts.provider })
  if (!done.ok) throw new Error(`${codeOf(done.fault)}: ${done.fault.detail}`)
  return done.value
}

const TEXTS = ['centre', 'secret', 'server', 'fingerprint', 'zone'] as const

/** Throws with everything that is wrong, and none of what was given: it holds a secret. */
export function readInvitation(given: unknown): Invitation {
  const { systems, ...texts } = (typeof given === 'object' && given !== null ? given : {}) as Record<string, unknown>
  const missing: string[] = TEXTS.filter((name) => typeof texts[name] !== 'string' || texts[name] === '')
  const isList = Array.isArray(systems) && systems.every((each) => typeof each === 'string')
  if (!isList) missing.push('systems')
  if (typeof texts.centre === 'string' && !/^https?:\/\/[^/]+$/.test(texts.centre)) missing.push('centre (https://host)')
  if (missing.length > 0) throw new Error(`the invitation lacks: ${missing.join(', ')}`)
  const [centre, secret, server, fingerprint, zone] = TEXTS.map((name) => String(texts[name])) as [string, string, string, string, string]
  return { centre, secret, server, fingerprint, zone, systems: systems as readonly string[] }
}

/** 'provider consumer'. Throws when they are not two. */
export function hostsFrom(domains: string): PublicCertificatePorts['hosts'] {
  const [provider, consumer] = domains.split(' ')
  if (!provider || !consumer) throw new Error('NODE_DOMAINS holds two names')
  return { provider, consumer }
}
