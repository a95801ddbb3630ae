import { ok } from '../../base/result.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { readSharedParameters } from '../../trust/read-shared-parameters.ts'
import { type Trust, trustOf } from '../../trust/trust.ts'
import { partLocation } from '../../trust/write-signed-directory.ts'
import type { CurrentTrust } from '../ports.ts'
import { nameOf, type PublicationPorts, publishedNow } from './publication.ts'

/** What the centre itself last published, read back: by it, and nothing newer, it judges who asks. Read once for each publication. */
export function ownTrust({ store, getLocked }: Pick<PublicationPorts, 'store' | 'getLocked'>): CurrentTrust {
  let known: { readonly sha512: string; readonly trust: Trust } | undefined
  return async () => {
    const published = await publishedNow(store)
    if (!published) return refuse('global_conf_outdated', 'nothing is published yet')
    const configuration = published.digests[6] as string
    if (known?.sha512 !== configuration) {
      const bytes = await getLocked(nameOf(partLocation(6, published.contentAt, 'shared-params.xml')))
      const read = bytes ? trustIn(bytes) : refuse('malformed_global_conf', 'what was published is gone')
      if (!read.ok) return read
      known = { sha512: configuration, trust: read.value }
    }
    return ok({ trust: known.trust, configuration, validUntil: published.expires })
  }
}

function trustIn(bytes: Uint8Array): Outcome<Trust> {
  const shared = readSharedParameters(bytes, 6)
  return shared.ok ? ok(trustOf(shared.value.instance, [shared.value])) : shared
}
