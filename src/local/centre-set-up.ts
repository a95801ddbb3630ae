import type { SetUp } from '../exchange/centre/set-up.ts'
import { base64 } from '../protocol/digests.ts'
import type { ClientId } from '../protocol/identifiers.ts'
import { profileClass } from '../trust/profiles.ts'
import { USUAL_POLICY } from '../trust/registry/records.ts'
import type { Authorities } from './authorities.ts'

export type CentreFacts = {
  readonly instance: string
  /** 'localhost:4510': where the centre answers. */
  readonly host: string
  readonly manager: ClientId
  readonly authorities: Authorities
}

/** A centre on one machine: its own authorities, its own address; nobody approves what its plan has written. */
export function setUpOf({ instance, host, manager, authorities }: CentreFacts): SetUp {
  const { ca, ocsp, tsa, configuration } = authorities
  const responder = { url: `http://${host}/ocsp`, certificate: base64(ocsp.certificate.der), costType: 'FREE' } as const
  return {
    instance: {
      instance,
      addresses: [host],
      provider: manager,
      registrationUrl: `http://${host}/managementservice`,
      policy: USUAL_POLICY,
      autoApprove: { authCertReg: false, clientReg: false, ownerChange: false },
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
  }
}
