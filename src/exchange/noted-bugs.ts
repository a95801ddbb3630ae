import type { Instant } from '../base/clock.ts'
import type { Store } from './ports.ts'

/** A door of messages met a bug of ours and answered internal_error: its call did not fail, so nothing of AWS's own counts it. */
export type Bug = { readonly door: string; readonly at: Instant }

/** Where doors of messages may write. */
const BUGS = 'trust/bug/'

/** Notes that a door met one, the latest. What cannot be noted is in the log all the same. */
export async function noteBug(door: string, at: Instant, store: Pick<Store, 'get' | 'put'>): Promise<void> {
  const before = await store.get<Bug>(`${BUGS}${door}`)
  await store.put(`${BUGS}${door}`, { door, at } satisfies Bug, before?.version ?? 0)
}

export const bugsIn = async ({ query }: Pick<Store, 'query'>): Promise<readonly Bug[]> => (await query<Bug>(BUGS)).map(({ value }) => value)
