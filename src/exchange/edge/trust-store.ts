import type { Instant } from '../../base/clock.ts'
import { ok } from '../../base/result.ts'
import { type Digest, digestNamed, hash, hex } from '../../protocol/digests.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { type Certificate, isValidAt } from '../../trust/certificates.ts'
import { writePem } from '../../trust/pem.ts'

/** A trust store as a file that says its own content. */
export type TrustStore = { readonly name: string; readonly bytes: Uint8Array }

/** What the gateway takes at most, as people remember it; AWS's pages do not say. */
const MOST_CERTIFICATES = 1000
const MOST_BYTES = 1_000_000

/**
 * Authorities as the gateway wants them: PEM, valid now, each once, in an order that does not depend on theirs. Of two with one subject and
 * different issuers the gateway refuses both, so the later one stays. It is a coarse filter: the doors judge every certificate themselves.
 * Refused with 'incorrect_certificate' when nothing is left, for that would shut everybody out, and when there are too many.
 */
export function trustStoreOf(authorities: readonly Certificate[], at: Instant): Outcome<TrustStore> {
  const valid = authorities.filter((each) => isValidAt(each, at))
  const bySubject = Map.groupBy(valid, ({ subject }) => subject.canonical)
  const blocks = [...bySubject.values()].flatMap(withoutConflict).map(({ der }) => writePem('CERTIFICATE', der))
  const bytes = Buffer.from([...new Set(blocks)].sort().join(''))
  if (blocks.length === 0) return refuse('incorrect_certificate', 'no authority is valid now: the trust store stays as it is')
  if (blocks.length > MOST_CERTIFICATES || bytes.length > MOST_BYTES)
    return refuse('incorrect_certificate', `${blocks.length} authorities are more than a trust store holds`)
  return ok({ name: `truststore/${hex(hash(digestNamed('SHA-256') as Digest, bytes))}.pem`, bytes })
}

function withoutConflict(sameSubject: readonly Certificate[]): readonly Certificate[] {
  const issuers = new Set(sameSubject.map(({ issuer }) => issuer.canonical))
  if (issuers.size < 2) return sameSubject
  const later = sameSubject.toSorted((a, b) => b.notBefore - a.notBefore)[0] as Certificate
  return sameSubject.filter(({ issuer }) => issuer.canonical === later.issuer.canonical)
}
