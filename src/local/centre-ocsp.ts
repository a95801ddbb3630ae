import { HOUR, type Instant, instant, later, MINUTE, type Now, SECOND } from '../base/clock.ts'
import { authoritiesNow } from '../exchange/centre/authority-schedule.ts'
import type { CertificateRegister } from '../exchange/centre/certificate-register.ts'
import { answerPresigned, type PresignedPorts, presign } from '../exchange/centre/ocsp-presigned.ts'
import type { Log, Store } from '../exchange/ports.ts'
import type { Sign } from '../protocol/sign.ts'
import { type InstanceRecord, KEYS } from '../trust/registry/records.ts'

type Ports = {
  readonly store: Store
  readonly sign: Sign
  readonly register: CertificateRegister
  readonly now: Now
  readonly log: Log
}

/** What is looked through for answers that grow old: every certificate there is, so not every minute. */
const LOOKS_EVERY = HOUR

/** The centre's OCSP responder: it signs ahead of questions and answers with what lies there. */
export function centreOcsp(ports: Ports) {
  const presigned = async (): Promise<PresignedPorts> => {
    const instance = (await ports.store.get<InstanceRecord>(KEYS.instance))?.value
    if (!instance) throw new Error('the centre is not set up')
    return { ...ports, freshness: instance.policy.ocspFreshnessSeconds * SECOND }
  }
  let looked: Instant = instant(0)
  return {
    answer: async (request: Uint8Array): Promise<Uint8Array> =>
      answerPresigned(request, (await authoritiesNow(ports.store)).responders, await presigned()),
    /** What is due of it, now and then. */
    tend: async (): Promise<void> => {
      if (Math.abs(ports.now() - looked) < LOOKS_EVERY) return
      looked = ports.now()
      const done = await presign((await authoritiesNow(ports.store)).responders, later(ports.now(), MINUTE), await presigned())
      if (done.left > 0) ports.log({ level: 'warn', event: 'ocsp_presigned', ...done })
    },
  }
}
