import type { Outcome } from '../protocol/faults.ts'
import type { ClientId } from '../protocol/identifiers.ts'
import type { XmlElement } from '../protocol/xml.ts'
import { ANCHOR, type Anchor, readAnchorElement } from './anchor.ts'
import { form, partsOf, readForm } from './xml-form.ts'
import { readClientElement } from './xml-identifiers.ts'
import { integerOf, keyHolderOf, mustBe } from './xml-values.ts'

export type ManagementService = {
  readonly authCertRegAddress: string
  /** DER: the TLS certificate the registration service must present. */
  readonly authCertRegCertificate?: Uint8Array
  /** The subsystem that offers the management services. */
  readonly provider: ClientId
}
/** What the centre tells its own servers only. Source: X-Road PR-GCONF and the published schemas. */
export type PrivateParameters = {
  readonly instance: string
  /** Where to fetch the configurations of federated instances. */
  readonly anchors: readonly Anchor[]
  readonly managementService: ManagementService
  readonly timeStampingIntervalSeconds: number
}

const CONF = form(['instanceIdentifier', 'configurationAnchor*', 'managementService', 'timeStampingIntervalSeconds'], 'open')
const MANAGEMENT = form(['authCertRegServiceAddress', 'authCertRegServiceCert?', 'managementRequestServiceProviderId'])

/** One private-params.xml of any version. Refused with 'malformed_global_conf'. */
export function readPrivateParameters(bytes: Uint8Array): Outcome<PrivateParameters> {
  return readForm('malformed_global_conf', bytes, 'conf', (root) => {
    const conf = partsOf(root, CONF)
    return {
      instance: conf.text('instanceIdentifier'),
      anchors: conf.all('configurationAnchor').map((element) => readAnchorElement(partsOf(element, ANCHOR))),
      managementService: readManagement(conf.one('managementService')),
      timeStampingIntervalSeconds: integerOf(conf.one('timeStampingIntervalSeconds'), 1),
    }
  })
}

function readManagement(element: XmlElement): ManagementService {
  const management = partsOf(element, MANAGEMENT)
  const provider = management.one('managementRequestServiceProviderId')
  const certificate = management.maybe('authCertRegServiceCert')
  const service = {
    authCertRegAddress: management.text('authCertRegServiceAddress'),
    provider: mustBe(readClientElement(provider, 'derived'), 'managementRequestServiceProviderId'),
  }
  return certificate === undefined ? service : { ...service, authCertRegCertificate: keyHolderOf(certificate) }
}
