import type { Instant } from '../base/clock.ts'
import type { Sign } from '../protocol/sign.ts'
import { SEQUENCE } from './der.ts'
import { context, integer, sequence, time, tlv } from './der-write.ts'
import { sha1 } from './key-hash.ts'
import { type Authority, identifierOf, signedStructure } from './sign-der.ts'
import { authorityKeyIdentifier, crlNumber } from './write-extensions.ts'

export type RevocationList = {
  /** Counts up with every list. */
  readonly number: bigint
  readonly thisUpdate: Instant
  readonly nextUpdate: Instant
  readonly revoked: readonly { readonly serial: bigint; readonly at: Instant }[]
}

/** A certificate revocation list (RFC 5280 §5.1, version 2), DER. X-Road reads none; it is there for everybody else. */
export function issueCrl({ number, thisUpdate, nextUpdate, revoked }: RevocationList, by: Authority, sign: Sign): Promise<Uint8Array> {
  const entries = revoked.map(({ serial, at }) => sequence(integer(serial), time(at)))
  const { subject, subjectKeyIdentifier, keyBits } = by.certificate
  const tbs = sequence(
    integer(1),
    identifierOf(by),
    subject.der,
    time(thisUpdate),
    time(nextUpdate),
    entries.length > 0 ? tlv(SEQUENCE, Buffer.concat(entries)) : undefined,
    context(0, sequence(authorityKeyIdentifier(subjectKeyIdentifier ?? sha1(keyBits)), crlNumber(number))),
  )
  return signedStructure(tbs, by, sign)
}
