import type { Instant } from '../base/clock.ts'
import type { SetUp } from '../exchange/centre/set-up.ts'
import { base64 } from '../protocol/digests.ts'
import type { ClientId } from '../protocol/identifiers.ts'
import type { Authority } from '../trust/issue.ts'
import { profileClass } from '../trust/profiles.ts'
import { type AuthorityRecord, USUAL_POLICY } from '../trust/registry/records.ts'
import type { Authorities } from './authorities.ts'

export type CentreFacts = {
  readonly instance: string
  /** 'localhost:4510': where the centre answers. */
  readonly host: string
  readonly manager: ClientId
  readonly authorities: Authorities
  readonly at: Instant
}

/** A centre on one machine: its own authorities, its own address; nobody approves what its plan has written. */
export function setUpOf({ instance, host, manager, authorities, at }: CentreFacts): SetUp {
  const { ca, ocsp, tsa, configuration } = authorities
  const responder = { url: `http://${host}/ocsp`, certificate: base64(ocsp.certificate.der), costType: 'FREE' } as const
  return {
    instance: {
      instance,
      addresses: [host],
      provider: manager,
      registrationUrl: `http://${host}/managementservice`,
      policy: USUAL_POLICY,
      autoApprove: { authCertReg: false, clientReg: false, ownerChange: false, renewal: true },
    },
    signingKey: { key: configuration.key, algorithm: configuration.algorithm, certificate: configuration.certificate.der },
    ca: {
      name: `Autoridad certificadora ${instance}`,
      authenticationOnly: false,
      profile: profileClass('Basic'),
      top: { certificate: base64(ca.certificate.der), ocsp: [responder] },
      intermediates: [],
      defaultCsrFormat: 'DER',
    },
    tsa: { name: `Sello de tiempo ${instance}`, url: `http://${host}/tsa`, certificate: base64(tsa.certificate.der), costType: 'FREE' },
    authorities: firstAuthorities(authorities, at),
  }
}

function firstAuthorities({ ca, ocsp, tsa, configuration, prepared }: Authorities, at: Instant): readonly AuthorityRecord[] {
  const record = (
    role: AuthorityRecord['role'],
    { key, algorithm, certificate }: Authority,
    more: Partial<AuthorityRecord>,
  ): AuthorityRecord => ({
    role,
    number: 1,
    key,
    algorithm,
    certificate: base64(certificate.der),
    state: 'working',
    since: at,
    ...more,
  })
  return [
    record('ca', ca, {}),
    record('ocsp', ocsp, { ca: ca.key }),
    record('tsa', tsa, { ca: ca.key }),
    record('configuration', configuration, {}),
    ...prepared.map((each, index) => record('ca', each, { number: index + 2, state: 'prepared' })),
  ]
}
