import type { Store } from '../ports.ts'

/** What this node has asked the centre to publish about it: everything else there is not of its doing. */
export type Asked = {
  readonly address?: string
  /** DER, base64, of TLS certificates: asked for, and not yet known to be withdrawn. */
  readonly certificates: readonly string[]
  /** Those it asked to withdraw: they may still be listed for a while. */
  readonly withdrawn: readonly string[]
  /** 'QRO/GOB/DIF/APOYOS': clients it asked to be registered, on this server. */
  readonly clients: readonly string[]
}
export type AskedNow = {
  readonly address?: string
  readonly certificate?: string
  readonly withdrawn?: string
  readonly client?: string
  readonly left?: string
}

const KEY = 'watch/asked'
const NOTHING: Asked = { certificates: [], withdrawn: [], clients: [] }

export const askedIn = async (store: Pick<Store, 'get'>): Promise<Asked | undefined> => (await store.get<Asked>(KEY))?.value

/** Noted before it is asked, so that what the centre then publishes is never a surprise. */
export async function noteAsked(store: Pick<Store, 'get' | 'put'>, now: AskedNow): Promise<Asked> {
  for (;;) {
    const stored = await store.get<Asked>(KEY)
    const before = stored?.value ?? NOTHING
    const after = askedAfter(before, now)
    if (JSON.stringify(after) === JSON.stringify(stored?.value) || (await store.put(KEY, after, stored?.version ?? 0))) return after
  }
}

function askedAfter(before: Asked, { address, certificate, withdrawn, client, left }: AskedNow): Asked {
  const plus = (list: readonly string[], one: string | undefined) => (one === undefined || list.includes(one) ? list : [...list, one])
  const minus = (list: readonly string[], one: string | undefined) => list.filter((each) => each !== one)
  return {
    ...before,
    ...(address === undefined ? {} : { address }),
    certificates: minus(plus(before.certificates, certificate), withdrawn),
    withdrawn: minus(plus(before.withdrawn, withdrawn), certificate),
    clients: minus(plus(before.clients, client), left),
  }
}
