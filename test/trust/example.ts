import { X509Certificate } from 'node:crypto'
import type { ClientId, ServiceId } from '../../src/protocol/identifiers.ts'
import { readCertificate } from '../../src/trust/certificates.ts'
import { readSharedParameters } from '../../src/trust/read-shared-parameters.ts'
import type { ParametersVersion, SharedParameters } from '../../src/trust/shared-parameters.ts'
import { type Trust, trustOf } from '../../src/trust/trust.ts'
import { type SharedParametersDraft, writeSharedParameters } from '../../src/trust/write-shared-parameters.ts'
import { selfSigned } from '../local/self-signed.ts'

/** A certificate of its own under each name, made once: tests look at bytes, not at who issued what. */
const made = new Map<string, Uint8Array>()
export function der(name: string): Uint8Array {
  const known = made.get(name) ?? new X509Certificate(selfSigned(name).certificate).raw
  made.set(name, known)
  return known
}
export function certificate(name: string) {
  const read = readCertificate(der(name))
  if (!read.ok) throw new Error(read.fault.detail)
  return read.value
}

export const member = (memberCode: string, instance = 'LAB') => ({ instance, memberClass: 'GOB', memberCode })
export const client = (memberCode: string, subsystemCode: string, instance = 'LAB'): ClientId => ({
  ...member(memberCode, instance),
  subsystemCode,
})
export const service = (memberCode: string, subsystemCode: string, serviceCode: string): ServiceId => ({
  ...client(memberCode, subsystemCode),
  serviceCode,
})

/** Two members, one of them in maintenance; everything a version can say is said. */
export function exampleDraft(instance = 'LAB'): SharedParametersDraft {
  const ca = (name: string, url: string) => ({
    certificate: { der: der(name) },
    ocsp: [{ url, certificate: { der: der(`${name} OCSP`) }, costType: 'FREE' as const }, { url: `${url}/2` }],
  })
  return {
    instance,
    sources: [
      { address: 'centro.example', internalCertificates: [der('interna')], externalCertificates: [der('externa'), der('interna')] },
    ],
    approvedCas: [
      {
        name: 'CA de firma & más',
        authenticationOnly: false,
        profile: 'ee.ria.xroad.common.certificateprofile.impl.EjbcaSignCertificateProfileInfo',
        top: ca('CA', 'http://ca.example/ocsp'),
        intermediates: [ca('CA 2', 'http://ca.example/ocsp-2')],
        defaultCsrFormat: 'DER',
        acme: {
          directoryUrl: 'http://ca.example/acme',
          ipAddress: '192.0.2.1',
          authenticationProfileId: '1',
          signingProfileId: '2',
        },
      },
      {
        name: 'CA de TLS',
        authenticationOnly: true,
        profile: 'ee.ria.xroad.common.certificateprofile.impl.EjbcaSignCertificateProfileInfo',
        top: ca('CA TLS', 'http://ca.example/ocsp-tls'),
        intermediates: [],
      },
    ],
    approvedTsas: [{ name: 'TSA', url: 'http://tsa.example', certificate: { der: der('TSA') }, costType: 'PAID' }],
    members: [
      {
        id: member('DIF', instance),
        name: 'DIF <Querétaro>',
        classDescription: 'Gobierno',
        subsystems: [{ id: client('DIF', 'APOYOS', instance), name: 'Apoyos sociales' }, { id: client('DIF', 'PADRON', instance) }],
      },
      {
        id: member('SEDESOQ', instance),
        name: 'SEDESOQ',
        classDescription: 'Gobierno',
        subsystems: [{ id: client('SEDESOQ', 'PADRON', instance) }],
      },
    ],
    servers: [
      {
        id: { ...member('DIF', instance), serverCode: 'nodo1' },
        address: 'dif.example',
        authCertificates: [der('auth DIF'), der('auth DIF 2')],
        clients: [client('DIF', 'APOYOS', instance)],
      },
      {
        id: { ...member('SEDESOQ', instance), serverCode: 'nodo1' },
        authCertificates: [der('auth SEDESOQ')],
        clients: [client('SEDESOQ', 'PADRON', instance), member('DIF', instance)],
        maintenance: { message: 'Hasta las 5 & media' },
      },
    ],
    globalGroups: [
      { code: 'todos', description: 'Todos', members: [client('DIF', 'APOYOS', instance), member('SEDESOQ', instance)] },
      { code: 'nadie', description: '', members: [] },
    ],
    memberClasses: [{ code: 'GOB', description: 'Gobierno' }],
    ocspFreshnessSeconds: 3600,
    generation: { serial: 7, previous: 'ab'.repeat(64) },
  }
}

/** Written in one version and read back. */
export function published(draft: SharedParametersDraft, version: ParametersVersion = 6): SharedParameters {
  const read = readSharedParameters(writeSharedParameters(draft, version), version)
  if (!read.ok) throw new Error(read.fault.detail)
  return read.value
}
export const exampleTrust = (): Trust => trustOf('LAB', [published(exampleDraft())])
