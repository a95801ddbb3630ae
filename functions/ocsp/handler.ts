import { SECOND } from '../../src/base/clock.ts'
import { authoritiesNow } from '../../src/exchange/centre/authority-schedule.ts'
import { certificateRegister } from '../../src/exchange/centre/certificate-register.ts'
import { answerAnyOcsp, type ResponderPorts } from '../../src/exchange/centre/ocsp-responder.ts'
import type { Store } from '../../src/exchange/ports.ts'
import { type InstanceRecord, KEYS } from '../../src/trust/registry/records.ts'
import { answerDer } from '../der.ts'
import type { GatewayEvent, GatewayResult } from '../http.ts'

export type OcspPorts = Pick<ResponderPorts, 'sign' | 'now'> & { readonly store: Store }

/** Is a certificate good? POST application/ocsp-request (RFC 6960 §A.1). */
export const ocspHandler =
  ({ store, sign, now }: OcspPorts) =>
  async (event: GatewayEvent): Promise<GatewayResult> =>
    answerDer(event, { accepts: 'application/ocsp-request', answers: 'application/ocsp-response' }, async (question) => {
      const instance = (await store.get<InstanceRecord>(KEYS.instance))?.value
      if (!instance) throw new Error('the centre is not set up')
      const freshness = instance.policy.ocspFreshnessSeconds * SECOND
      const { responders } = await authoritiesNow(store)
      return answerAnyOcsp(question, responders, { sign, register: certificateRegister(store), now, freshness })
    })
