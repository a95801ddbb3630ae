import type { Instant } from '../../base/clock.ts'
import { ok } from '../../base/result.ts'
import { base64 } from '../../protocol/digests.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { type ClientId, parseClientId } from '../../protocol/identifiers.ts'
import type { Sign } from '../../protocol/sign.ts'
import { type Certificate, readCertificate } from '../../trust/certificates.ts'
import type { Authority } from '../../trust/issue.ts'
import { profileClass } from '../../trust/profiles.ts'
import { type AuthorityRecord, type InstanceRecord, KEYS, USUAL_POLICY } from '../../trust/registry/records.ts'
import { act, type ChangeLogPorts } from '../register/change-log.ts'
import { AUTHORITY_ALGORITHM, certifyAuthority } from './authority-certificate.ts'
import { authorityRecords } from './authority-schedule.ts'
import { setUp } from './set-up.ts'

/** What a centre in the cloud is set up with, once. Its keys are there already; the root's never was. */
export type Ceremony = {
  /** 'QRO/GOB/OPERADOR/GESTION': the subsystem that offers the management services. */
  readonly manager: string
  /** The issuing authority's certificates, by the offline root: DER, base64. The first works now, each of the others when its turn comes. */
  readonly authorities: readonly string[]
  /** The certificate of the key that signs the configuration, as its own door made it: DER, base64. */
  readonly configuration: string
  /** The keys of a former ceremony are lost: the register stays, and whoever signs and stamps is new. */
  readonly again?: true
}
export type CeremonyPorts = ChangeLogPorts & {
  readonly instance: string
  /** 'https://centro.example' */
  readonly url: string
  readonly sign: Sign
  /** SubjectPublicKeyInfo of the key that a name stands for, DER. */
  readonly makeKey: (name: string) => Promise<Uint8Array>
  readonly newSerial: () => bigint
}

const RULE = { kind: 'rule', id: 'ceremony' } as const

/**
 * Sets the centre up: its name, its authorities, where it answers. 'already': it is, and nothing was done.
 * Refused with 'bad_request' when a certificate is not of the key it must be of, or the manager is of another instance.
 */
export async function holdCeremony(given: Ceremony, ports: CeremonyPorts): Promise<Outcome<'held' | 'already'>> {
  if (!given.again && (await ports.store.get<InstanceRecord | null>(KEYS.instance))?.value) return ok('already')
  const manager = parseClientId(given.manager)
  if (!manager.ok) return refuse('bad_request', `the manager: ${manager.fault.detail}`)
  if (manager.value.instance !== ports.instance || manager.value.subsystemCode === undefined)
    return refuse('bad_request', `the manager is a subsystem of ${ports.instance}`)
  const cas = await certificatesFor(given.authorities, 'ca', ports)
  if (!cas.ok) return cas
  const configuration = readCertificate(Buffer.from(given.configuration, 'base64'))
  if (!configuration.ok) return configuration
  const at = ports.now()
  const records = await firstAuthorities(cas.value, configuration.value, at, ports)
  const facts = setUpOf(records, manager.value, ports)
  const done = await act(ports, { who: RULE, what: 'setUp' }, (work) => setUp(work, facts))
  return done.ok ? ok('held') : done
}

/** Further certificates of the issuing authority for later, from a new ceremony with the root; how many were new. Refused with 'bad_request'. */
export async function prepareAuthorities(given: readonly string[], ports: CeremonyPorts): Promise<Outcome<number>> {
  const certificates = await certificatesFor(given, 'ca', ports)
  if (!certificates.ok) return certificates
  return act(ports, { who: RULE, what: 'prepareAuthorities' }, async (work) => {
    const known = (await work.list<AuthorityRecord>('registry/authority/')).map(({ value }) => value)
    const fresh = certificates.value.filter(({ der }) => !known.some(({ certificate }) => certificate === base64(der)))
    const first = Math.max(0, ...known.filter(({ role }) => role === 'ca').map(({ number }) => number)) + 1
    for (const [index, each] of fresh.entries()) {
      const record = recordOf('ca', first + index, each.der, ports.now())
      work.put(KEYS.authority(record.key), { ...record, state: 'prepared' } satisfies AuthorityRecord)
    }
    return ok(fresh.length)
  })
}

/** The first certificate of the configuration's key, DER: carried by hand from its own door, which alone may sign with it. */
export const configurationCertificate = async ({
  instance,
  sign,
  makeKey,
  newSerial,
  now,
}: Pick<CeremonyPorts, 'instance' | 'sign' | 'makeKey' | 'newSerial' | 'now'>): Promise<Uint8Array> => {
  const order = { role: 'configuration', key: 'configuration', number: 1, instance, by: undefined } as const
  return certifyAuthority({ ...order, publicKey: await makeKey('configuration'), serial: newSerial(), at: now() }, sign)
}

async function certificatesFor(
  given: readonly string[],
  role: string,
  { makeKey }: CeremonyPorts,
): Promise<Outcome<readonly Certificate[]>> {
  if (given.length === 0) return refuse('bad_request', 'no certificate of the issuing authority')
  const key = await makeKey(role)
  const certificates: Certificate[] = []
  for (const text of given) {
    const read = readCertificate(Buffer.from(text, 'base64'))
    if (!read.ok) return read
    const own = read.value.publicKey.export({ type: 'spki', format: 'der' })
    if (Buffer.compare(own, key) !== 0)
      return refuse('bad_request', `the certificate ${read.value.serial} is of another key than this centre's`)
    certificates.push(read.value)
  }
  return ok(certificates)
}

const nameOf = (role: AuthorityRecord['role'], number: number): string => (number === 1 ? role : `${role}.${number}`)
const recordOf = (role: AuthorityRecord['role'], number: number, der: Uint8Array, since: Instant): AuthorityRecord => ({
  role,
  number,
  key: nameOf(role, number),
  algorithm: AUTHORITY_ALGORITHM,
  certificate: base64(der),
  state: 'working',
  since,
})

async function firstAuthorities(
  [ca, ...prepared]: readonly Certificate[],
  configuration: Certificate,
  at: Instant,
  ports: CeremonyPorts,
): Promise<readonly AuthorityRecord[]> {
  if (!ca) throw new Error('there is one at least')
  const by: Authority = { key: 'ca', algorithm: AUTHORITY_ALGORITHM, certificate: ca }
  const certified = async (role: 'ocsp' | 'tsa') => {
    const order = { role, key: role, number: 1, instance: ports.instance, by, serial: ports.newSerial(), at }
    return recordOf(role, 1, await certifyAuthority({ ...order, publicKey: await ports.makeKey(role) }, ports.sign), at)
  }
  const first = (await authorityRecords(ports.store)).reduce((most, { number }) => Math.max(most, number), 1) + 1
  return [
    recordOf('ca', 1, ca.der, at),
    { ...(await certified('ocsp')), ca: 'ca' },
    { ...(await certified('tsa')), ca: 'ca' },
    recordOf('configuration', 1, configuration.der, at),
    ...prepared.map((each, index): AuthorityRecord => ({ ...recordOf('ca', first + index, each.der, at), state: 'prepared' })),
  ]
}

function setUpOf(records: readonly AuthorityRecord[], manager: ClientId, { instance, url }: CeremonyPorts): Parameters<typeof setUp>[1] {
  const [ca, ocsp, tsa, configuration] = records as [AuthorityRecord, AuthorityRecord, AuthorityRecord, AuthorityRecord]
  const responder = { url: `${url}/ocsp`, certificate: ocsp.certificate, costType: 'FREE' } as const
  return {
    instance: {
      instance,
      addresses: [new URL(url).host],
      provider: manager,
      registrationUrl: `${url}/managementservice`,
      policy: USUAL_POLICY,
      autoApprove: { authCertReg: false, clientReg: false, ownerChange: false, renewal: true },
    },
    signingKey: {
      key: configuration.key,
      algorithm: configuration.algorithm,
      certificate: Buffer.from(configuration.certificate, 'base64'),
    },
    ca: {
      name: `Autoridad certificadora ${instance}`,
      authenticationOnly: false,
      profile: profileClass('Basic'),
      top: { certificate: ca.certificate, ocsp: [responder] },
      intermediates: [],
      defaultCsrFormat: 'DER',
    },
    tsa: { name: `Sello de tiempo ${instance}`, url: `${url}/tsa`, certificate: tsa.certificate, costType: 'FREE' },
    authorities: records,
  }
}
