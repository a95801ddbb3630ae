import { randomBytes, randomUUID } from 'node:crypto'
import { DAY, type Instant, later } from '../../../src/base/clock.ts'
import { callApi } from '../../../src/exchange/centre/api/call-api.ts'
import { CENTRE_API } from '../../../src/exchange/centre/api/centre-api.ts'
import { type Person, ROLES, type Role } from '../../../src/exchange/centre/api/operation.ts'
import { addMember, putMemberClass, putSubsystem } from '../../../src/exchange/centre/members.ts'
import { ownTrust } from '../../../src/exchange/centre/own-trust.ts'
import { publish } from '../../../src/exchange/centre/publication.ts'
import { type SetUp, setUp } from '../../../src/exchange/centre/set-up.ts'
import type { LogEntry } from '../../../src/exchange/ports.ts'
import { act } from '../../../src/exchange/register/change-log.ts'
import type { Work } from '../../../src/exchange/register/work.ts'
import { base64 } from '../../../src/protocol/digests.ts'
import type { Outcome } from '../../../src/protocol/faults.ts'
import type { MemberId } from '../../../src/protocol/identifiers.ts'
import type { Authority } from '../../../src/trust/issue.ts'
import { profileClass } from '../../../src/trust/profiles.ts'
import { USUAL_POLICY } from '../../../src/trust/registry/records.ts'
import { issued, NOON, sign } from '../../trust/authority.ts'
import { memoryFiles, memoryStore } from './memory-store.ts'

export const member = (memberCode: string, instance = 'LAB'): MemberId => ({ instance, memberClass: 'GOB', memberCode })
export const MANAGER = { ...member('OPERADOR'), subsystemCode: 'GESTION' }
export const server = (memberCode: string, serverCode = 'nodo') => ({ ...member(memberCode), serverCode })

type Cast = { readonly ca: Authority; readonly tsa: Authority; readonly conf: Authority }
let made: Promise<Cast> | undefined
/** Keys are slow to make: one cast for all tests of a run. */
export const centreCast = (): Promise<Cast> => {
  made ??= castUntil(later(NOON, 365 * DAY))
  return made
}

/** The same with certificates that last longer, for tests of years; its keys are its own. */
export async function castUntil(notAfter: Instant): Promise<Cast> {
  const named = (role: string) => `centre-${role}-${notAfter}`
  const ca = await issued(named('ca'), { use: 'root', subject: [['CN', 'CA LAB']], notAfter })
  const tsa = await issued(named('tsa'), { use: 'timestamping', subject: [['CN', 'TSA LAB']], notAfter }, ca)
  return { ca, tsa, conf: await issued(named('conf'), { use: 'root', subject: [['CN', 'conf LAB']], algorithm: 'rsa-sha512', notAfter }) }
}

export type TestCentre = Awaited<ReturnType<typeof testCentre>>

/** A centre set up, with a class, three members and the subsystem that offers the management services. Its clock stands still until a test moves it. */
export async function testCentre(cast = centreCast()) {
  const { ca, tsa, conf } = await cast
  const clock = { now: NOON as Instant }
  const store = memoryStore()
  const locked = memoryFiles()
  const log: LogEntry[] = []
  const common = { store, ...locked, sign, now: () => clock.now, log: (entry: LogEntry) => void log.push(entry), newId: randomUUID }
  const ports = {
    ...common,
    newSecret: () => randomBytes(32).toString('base64url'),
    publish: () => publish(common),
    currentTrust: ownTrust(common),
  }
  const facts: SetUp = {
    instance: {
      instance: 'LAB',
      addresses: ['centro.example'],
      provider: MANAGER,
      registrationUrl: 'https://centro.example:4001/managementservice/',
      policy: USUAL_POLICY,
      autoApprove: { authCertReg: false, clientReg: false, ownerChange: false },
    },
    signingKey: { key: conf.key, algorithm: conf.algorithm, certificate: conf.certificate.der },
    ca: {
      name: 'CA LAB',
      authenticationOnly: false,
      profile: profileClass('Ejbca'),
      top: { certificate: base64(ca.certificate.der), ocsp: [{ url: 'http://ca.example/ocsp' }] },
      intermediates: [],
    },
    tsa: { name: 'TSA LAB', url: 'http://tsa.example', certificate: base64(tsa.certificate.der) },
    authorities: [],
  }
  const rule = <T>(work: (work: Work, at: Instant) => Promise<Outcome<T>>) =>
    act(ports, { who: { kind: 'rule', id: 'test' }, what: 'test' }, work)
  await rule((work) => setUp(work, facts))
  await rule(async (work) => {
    await putMemberClass(work, { code: 'GOB', description: 'Gobierno' })
    for (const code of ['OPERADOR', 'DIF', 'SEDESOQ']) await addMember(work, { id: member(code), name: `Nombre de ${code}` })
    return putSubsystem(work, { id: MANAGER })
  })
  await publish(ports)
  const as =
    (id: string, ...roles: readonly Role[]) =>
    async (method: string, path: string, body?: unknown, ifMatch?: string) => {
      const [where = '', query = ''] = path.split('?')
      const person: Person = { id, roles: new Set(roles.length > 0 ? roles : ROLES) }
      const bytes = body === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(body))
      const answer = await callApi(CENTRE_API, { method, path: where, query, body: bytes, ifMatch }, person, ports)
      return { status: answer.status, body: answer.body as never as Record<string, never> & readonly never[] }
    }
  return {
    ports,
    clock,
    log,
    store,
    locked,
    rule,
    as,
    wait: (ms: number) => {
      clock.now = later(clock.now, ms)
    },
    /** Everything the registry holds. */
    registry: async () => (await store.query('registry/')).filter(({ value }) => value !== null),
  }
}
