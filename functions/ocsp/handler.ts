import { type Instant, later, MINUTE, type Now, SECOND } from '../../src/base/clock.ts'
import { authoritiesNow } from '../../src/exchange/centre/authority-schedule.ts'
import { certificateRegister } from '../../src/exchange/centre/certificate-register.ts'
import { answerPresigned, type Presigned, type PresignedPorts, presign } from '../../src/exchange/centre/ocsp-presigned.ts'
import type { GetLocked, Log, PutLocked, Store } from '../../src/exchange/ports.ts'
import type { Sign } from '../../src/protocol/sign.ts'
import { type InstanceRecord, KEYS } from '../../src/trust/registry/records.ts'
import { answerDer } from '../der.ts'
import type { DoorContext } from '../door.ts'
import type { GatewayEvent, GatewayResult } from '../http.ts'

export type OcspPorts = {
  readonly store: Store
  readonly sign: Sign
  readonly now: Now
  /** Where a register that lost its store finds what was issued and revoked. */
  readonly locked?: { readonly putLocked: PutLocked; readonly getLocked: GetLocked }
}

/** Is a certificate good? POST application/ocsp-request (RFC 6960 §A.1). */
export const ocspHandler =
  (ports: OcspPorts) =>
  async (event: GatewayEvent): Promise<GatewayResult> =>
    answerDer(event, { accepts: 'application/ocsp-request', answers: 'application/ocsp-response' }, async (question) => {
      const { responders } = await authoritiesNow(ports.store)
      return answerPresigned(question, responders, await presignedPorts(ports))
    })

/** Kept back of a run's time. */
const SPARE = 5 * SECOND

/** The schedule's call: signs answers before anybody asks. Fails when some are left, after what it could do is done. */
export const presignHandler =
  (ports: OcspPorts & { readonly log: Log }) =>
  async (_event: unknown, context?: DoorContext): Promise<Presigned> => {
    const until: Instant = later(ports.now(), (context?.getRemainingTimeInMillis?.() ?? MINUTE) - SPARE)
    const { responders } = await authoritiesNow(ports.store)
    const done = await presign(responders, until, await presignedPorts(ports))
    ports.log({ level: done.left > 0 ? 'warn' : 'info', event: 'ocsp_presigned', ...done })
    if (done.left > 0) throw new Error(`${done.left} answers are left for the next run`)
    return done
  }

async function presignedPorts({ store, sign, now, locked }: OcspPorts): Promise<PresignedPorts> {
  const instance = (await store.get<InstanceRecord | null>(KEYS.instance))?.value
  if (!instance) throw new Error('the centre is not set up')
  return { store, sign, now, register: certificateRegister(store, locked), freshness: instance.policy.ocspFreshnessSeconds * SECOND }
}
