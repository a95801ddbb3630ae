import type { MemberId, ServerId } from '../protocol/identifiers.ts'
import { writeName } from './names.ts'

/**
 * Subjects our own authority issues, one pair for each profile it uses; `memberInCertificate` reads them back.
 * 'Ejbca' proves all three components, C being the instance; 'Basic' keeps C a country and leaves the instance to the configuration.
 */
export type OwnProfile = 'Ejbca' | 'Basic'

/** The subject of a signing certificate, DER. `name` is the member's name as people say it. */
export function signingSubject(profile: OwnProfile, member: MemberId, name: string, country = 'MX'): Uint8Array {
  const { instance, memberClass, memberCode } = member
  if (profile === 'Ejbca')
    return writeName([
      ['C', instance],
      ['O', memberClass],
      ['CN', memberCode],
    ])
  return writeName([
    ['C', country],
    ['O', name],
    ['businessCategory', memberClass],
    ['serialNumber', memberCode],
    ['CN', name],
  ])
}

/** The subject of a node's authentication certificate, DER. Peers never read it: they know the certificate by its hash. */
export function authenticationSubject(profile: OwnProfile, server: ServerId, name: string, host: string, country = 'MX'): Uint8Array {
  if (profile === 'Ejbca')
    return writeName([
      ['C', server.instance],
      ['CN', server.serverCode],
    ])
  return writeName([
    ['C', country],
    ['O', name],
    ['serialNumber', server.memberCode],
    ['CN', host],
  ])
}
