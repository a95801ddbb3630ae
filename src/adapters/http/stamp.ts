import { ok } from '../../base/result.ts'
import { readTimestampReply, timestampQuery } from '../../evidence/timestamp.ts'
import type { CurrentTrust, FetchUrl, Log, Stamp } from '../../exchange/ports.ts'
import type { JudgeStamp } from '../../exchange/watch/stamps.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { parametersOf } from '../../trust/trust.ts'

const STAMP_MS = 20_000

/**
 * Asks the approved time-stamping authorities, the own instance's first, until one answers and its stamp passes `judge` (RFC 3161 §3.4). Whoever uses the
 * token verifies it.
 * @param before addresses to ask before those
 */
export function stampOverHttp(
  fetchUrl: FetchUrl,
  trust: CurrentTrust,
  log: Log,
  judge: JudgeStamp = async () => ok(true),
  before: readonly string[] = [],
): Stamp {
  return async (sha512) => {
    const today = await trust()
    if (!today.ok) return today
    const urls = parametersOf(today.value.trust).flatMap(({ approvedTsas }) => approvedTsas.map(({ url }) => url))
    let trouble: Outcome<Uint8Array> = refuse('mlog.no_timestamping_provider_found', 'no time-stamping authority is approved')
    for (const url of new Set([...before, ...urls])) {
      trouble = await askOne(url, sha512, fetchUrl)
      if (trouble.ok) {
        const inTime = await judge(trouble.value, url)
        if (inTime.ok) return trouble
        trouble = inTime
      }
      log({ level: 'warn', event: 'stamp_refused', url, code: trouble.fault.path.join('.'), why: trouble.fault.detail })
    }
    return trouble
  }
}

async function askOne(url: string, sha512: Uint8Array, fetchUrl: FetchUrl): Promise<Outcome<Uint8Array>> {
  const answer = await fetchUrl(url, { type: 'application/timestamp-query', body: timestampQuery(sha512) }, STAMP_MS)
  if (!answer.ok) return answer
  if (answer.value.status !== 200) return refuse('timestamper_failed', `${url} answered ${answer.value.status}`)
  const token = readTimestampReply(answer.value.body, sha512)
  return token.ok ? ok(token.value) : token
}
