import { anchorElements } from './anchor.ts'
import type { PrivateParameters } from './private-parameters.ts'
import { element, octetsElement, textElement, xmlDocument } from './xml-element.ts'
import { XROAD } from './xml-form.ts'
import { IDENTIFIERS, writeIdentifier } from './xml-identifiers.ts'

/** private-params.xml. All versions from 2 to 6 write the same elements. Source: X-Road PR-GCONF and the published schemas. */
export function writePrivateParameters({
  instance,
  anchors,
  managementService: management,
  timeStampingIntervalSeconds,
}: PrivateParameters): Uint8Array {
  const certificate = management.authCertRegCertificate
  return xmlDocument('x:conf', { x: XROAD, id: IDENTIFIERS }, [
    textElement('instanceIdentifier', instance),
    ...anchors.map((anchor) => element('configurationAnchor', ...anchorElements(anchor))),
    element(
      'managementService',
      textElement('authCertRegServiceAddress', management.authCertRegAddress),
      certificate ? octetsElement('authCertRegServiceCert', certificate) : '',
      writeIdentifier('managementRequestServiceProviderId', management.provider),
    ),
    textElement('timeStampingIntervalSeconds', timeStampingIntervalSeconds),
  ])
}
