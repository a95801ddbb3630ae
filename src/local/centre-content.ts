import { SECOND } from '../base/clock.ts'
import type { ClientId } from '../protocol/identifiers.ts'
import { profileClass } from '../trust/profiles.ts'
import type { Authorities } from './authorities.ts'
import { OCSP_FRESHNESS } from './policy.ts'
import type { Content } from './publication.ts'
import type { Registry } from './registry.ts'

export type CentreFacts = {
  readonly instance: string
  /** 'localhost:4510': where the centre answers. */
  readonly host: string
  readonly manager: ClientId
  readonly authorities: Authorities
}

/** What the configuration says, from the registry and the centre's own certificates. */
export function contentOf(registry: Registry, { instance, host, manager, authorities }: CentreFacts): Content {
  const { ca, ocsp, tsa, configuration } = authorities
  const signers = [configuration.certificate.der]
  const responder = { url: `http://${host}/ocsp`, certificate: { der: ocsp.certificate.der }, costType: 'FREE' } as const
  return {
    shared: {
      instance,
      sources: [{ address: host, internalCertificates: signers, externalCertificates: signers }],
      approvedCas: [
        {
          name: `Autoridad certificadora ${instance}`,
          authenticationOnly: false,
          profile: profileClass('Basic'),
          top: { certificate: { der: ca.certificate.der }, ocsp: [responder] },
          intermediates: [],
          defaultCsrFormat: 'DER',
        },
      ],
      approvedTsas: [
        { name: `Sello de tiempo ${instance}`, url: `http://${host}/tsa`, certificate: { der: tsa.certificate.der }, costType: 'FREE' },
      ],
      members: registry.members,
      servers: registry.servers.map(({ id, address, authenticationCertificates, clients }) => ({
        id,
        address,
        authCertificates: authenticationCertificates.map((each) => Buffer.from(each, 'base64')),
        clients,
      })),
      globalGroups: registry.groups,
      memberClasses: registry.memberClasses,
      ocspFreshnessSeconds: OCSP_FRESHNESS / SECOND,
    },
    private: {
      instance,
      anchors: [],
      managementService: { authCertRegAddress: `http://${host}/managementservice`, provider: manager },
      timeStampingIntervalSeconds: 60,
    },
  }
}
