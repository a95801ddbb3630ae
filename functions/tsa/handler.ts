import { issueToken } from '../../src/evidence/timestamp-authority.ts'
import { authoritiesNow } from '../../src/exchange/centre/authority-schedule.ts'
import type { Now, Store } from '../../src/exchange/ports.ts'
import type { Sign } from '../../src/protocol/sign.ts'
import { answerDer } from '../der.ts'
import type { GatewayEvent, GatewayResult } from '../http.ts'

export type TsaPorts = {
  readonly store: Store
  readonly sign: Sign
  readonly now: Now
  /** A random serial, never twice. */
  readonly newSerial: () => bigint
  /** The OID of the policy stamps are given under. */
  readonly policy: string
}

/** What time is it, over a digest? POST application/timestamp-query (RFC 3161 §3.4). */
export const tsaHandler =
  ({ store, sign, now, newSerial, policy }: TsaPorts) =>
  async (event: GatewayEvent): Promise<GatewayResult> =>
    answerDer(event, { accepts: 'application/timestamp-query', answers: 'application/timestamp-reply' }, async (query) => {
      const { tsa } = await authoritiesNow(store)
      return issueToken(query, { ...tsa, serial: newSerial(), at: now(), policy }, sign)
    })
