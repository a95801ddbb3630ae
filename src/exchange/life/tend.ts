import { HOUR, type Instant, instant, isoInstant, MINUTE } from '../../base/clock.ts'
import { codeOf } from '../../protocol/faults.ts'
import { isClockWrong } from '../clock-watch.ts'
import { type ChainHeadPorts, headIsPublished, witnessHead } from '../watch/chain-head.ts'
import { watchCentre } from '../watch/watch-centre.ts'
import { beginIdentity, keepCertificates } from './certificates.ts'
import { keepRegistration } from './registration.ts'

export type TendPorts = ChainHeadPorts & {
  /** Renews what the agency's own systems connect with. */
  readonly keepCredentials: () => Promise<void>
}
/** When each thing was last done, by this process. */
export type Tended = Map<string, Instant>

/** How often each is looked at. What a look costs decides: none of these is in a message's way. */
const EVERY = { registration: 10 * MINUTE, entries: 5 * MINUTE, certificates: HOUR, credentials: HOUR, head: HOUR } as const

/**
 * Everything a node does of itself besides messages and their evidence, whatever is due: the newest configuration, the watch over the centre, its
 * certificates, its systems' credentials, the daily head. Called every minute or so; nothing in it waits for a person. One thing that fails does not
 * keep the others.
 */
export async function tend(ports: TendPorts, tended: Tended): Promise<void> {
  const today = await ports.trust()
  if (!today.ok) {
    ports.log({ level: 'error', event: 'no_configuration', code: codeOf(today.fault), stops: 'every message' })
    return
  }
  warn(today.value.validUntil, ports)
  const configuration = await ports.configuration()
  await due('registration', ports, tended, async () => {
    const standing = configuration.address === undefined ? undefined : await registrationOf(configuration, today.value, ports)
    if (standing && (!standing.ok || standing.value.waitsFor.length > 0))
      tended.delete('registration') // looked at again at once
    else if (standing) await noteSettled(ports.store)
  })
  await due('entries', ports, tended, async () => void (await watchCentre(configuration, today.value, ports)))
  await due('certificates', ports, tended, async () => void (await keepCertificates(ports)))
  await due('credentials', ports, tended, ports.keepCredentials)
  await due('head', ports, tended, async () => {
    await witnessHead(ports)
    await headIsPublished(ports)
  })
}

const SETTLED = 'life/settled'
/** The register is as the node's file wants it: whoever set the node up can stop waiting. */
async function noteSettled({ get, put }: TendPorts['store']): Promise<void> {
  if (!(await get(SETTLED))) await put(SETTLED, true, 0)
}

async function registrationOf(...[configuration, today, ports]: Parameters<typeof keepRegistration>) {
  await beginIdentity(configuration, ports)
  const standing = await keepRegistration(configuration, today, ports)
  if (!standing.ok) ports.log({ level: 'warn', event: 'not_registered', code: codeOf(standing.fault), why: standing.fault.detail })
  return standing
}

async function due(what: keyof typeof EVERY, { now, log }: TendPorts, tended: Tended, work: () => Promise<void>): Promise<void> {
  const last = tended.get(what) ?? instant(0)
  if (Math.abs(now() - last) < EVERY[what]) return
  tended.set(what, now())
  await work().catch((problem: unknown) => log({ level: 'error', event: 'not_tended', what, why: String(problem) }))
}

const WARN_BEFORE = 72 * HOUR

/** What will stop, and when, if nobody acts. */
function warn(validUntil: Instant, { now, memory, log }: TendPorts): void {
  const left = validUntil - now()
  if (left < 0) log({ level: 'error', event: 'configuration_ended', at: isoInstant(validUntil), stops: 'every message' })
  else if (left < WARN_BEFORE - 24 * HOUR)
    log({ level: 'warn', event: 'configuration_ends', at: isoInstant(validUntil), stops: 'every message' })
  if (isClockWrong(memory, now())) log({ level: 'error', event: 'clock_wrong', stops: 'signing messages' })
}
