import { DAY, HOUR, type Instant, later } from '../../../src/base/clock.ts'
import { publish } from '../../../src/exchange/centre/publication.ts'
import { approve } from '../../../src/exchange/centre/requests.ts'
import type { RenewalStep } from '../../../src/exchange/life/renew-node.ts'
import { readCertificate } from '../../../src/trust/certificates.ts'
import { serverNamed, serverOfCertificate } from '../../../src/trust/directory.ts'
import type { outside } from './outside.ts'

export type Outside = Awaited<ReturnType<typeof outside>>

/** Lets the node in, signs what it owes, and approves its registration: as it stands on its first day. */
export async function registered(world: Outside): Promise<void> {
  await world.run({ invitation: world.invitation })
  await world.pay()
  await approveAll(world)
  await publish(world.centre.ports)
}

/** A person at the centre says yes to what waits. */
export async function approveAll({ centre, requests }: Pick<Outside, 'centre' | 'requests'>): Promise<void> {
  const waiting = (await requests()).filter(({ status }) => status === 'WAITING') as unknown as readonly { readonly id: number }[]
  for (const { id } of waiting) {
    const done = await centre.rule((work, at) => approve(work, id, 'ana', at))
    if (!done.ok) throw new Error(`approving ${id}: ${done.fault.detail}`)
  }
}

export type Day = { readonly at: Instant; readonly steps: readonly RenewalStep[] }

/**
 * Days in a node's life in the cloud, one after the other: the schedule calls the enrol door, a message goes out beside which what is owed is signed, the
 * centre approves and publishes. `each` looks at the end of every day.
 */
export async function live(world: Outside, days: number, each: (day: Day) => Promise<void> | void = () => {}): Promise<readonly Day[]> {
  const lived: Day[] = []
  for (let n = 0; n < days; n++) {
    await publish(world.centre.ports)
    const { renewal = [] } = await world.run({})
    await world.pay()
    world.centre.wait(HOUR)
    await approveAll(world)
    await publish(world.centre.ports)
    const day = { at: world.centre.clock.now, steps: renewal }
    lived.push(day)
    await each(day)
    world.centre.wait(DAY - HOUR)
  }
  return lived
}

/** What the node uses now, and whether anybody who acts on what is published can judge it. */
export async function inUse(world: Outside) {
  const { configuration } = await world.node()
  const today = await world.centre.ports.currentTrust()
  if (!today.ok) throw new Error(today.fault.detail)
  const authentication = configuration.authentication.certificate
  const signing = configuration.clients[0]?.signing.certificate ?? new Uint8Array()
  const read = [authentication, signing].map((der) => readCertificate(der))
  return {
    authentication: Buffer.from(authentication).toString('base64'),
    signing: Buffer.from(signing).toString('base64'),
    signingKey: configuration.clients[0]?.signing.key,
    listed: serverOfCertificate(today.value.trust, authentication) !== undefined,
    published: serverNamed(today.value.trust, configuration.server)?.authCertHashes.length ?? 0,
    valid: read.every((each) => each.ok && each.value.notAfter > later(world.centre.clock.now, 0)),
  }
}
