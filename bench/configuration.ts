import { instant } from '../src/base/clock.ts'
import { ok } from '../src/base/result.ts'
import { publish, publishedFile } from '../src/exchange/centre/publication.ts'
import { act } from '../src/exchange/register/change-log.ts'
import { base64 } from '../src/protocol/digests.ts'
import type { ClientId, MemberId } from '../src/protocol/identifiers.ts'
import { serversOf, speaksFor } from '../src/trust/directory.ts'
import { checkPart, SHARED } from '../src/trust/directory-part.ts'
import { profileClass } from '../src/trust/profiles.ts'
import { contentOf, type Records } from '../src/trust/registry/content.ts'
import { KEYS, USUAL_POLICY } from '../src/trust/registry/records.ts'
import { readSignedDirectory } from '../src/trust/signed-directory.ts'
import { trustOf } from '../src/trust/trust.ts'
import { writeSharedParameters } from '../src/trust/write-shared-parameters.ts'
import { memoryFiles, memoryStore } from '../test/exchange/centre/memory-store.ts'
import { centreCast } from '../test/exchange/centre/test-centre.ts'
import { NOON, sign } from '../test/trust/authority.ts'
import { collect } from './collect.ts'
import { cpuMs, median, threadMs } from './cpu.ts'

export type ConfigurationFigures = {
  readonly members: number
  /** shared-params.xml of version 6, in bytes, and for each member. */
  readonly bytes: number
  readonly bytesEach: number
  /** CPU milliseconds: to write and sign all five versions, both forms; to write one shared-params; to read, verify and index one, of the thread that does it. */
  readonly publishMs: number
  readonly writeMs: number
  readonly loadMs: number
  /** Bytes of heap one loaded configuration holds. */
  readonly heapBytes: number
}

/** How a configuration grows with its members: each has one subsystem, a server of its own with a certificate, and is in a group. */
export async function benchConfiguration(sizes: readonly number[] = [10, 1000, 10_000]): Promise<readonly ConfigurationFigures[]> {
  const figures: ConfigurationFigures[] = []
  for (const members of sizes) figures.push(await measure(members))
  return figures
}

async function measure(members: number): Promise<ConfigurationFigures> {
  const { ca, tsa, conf } = await centreCast()
  const store = memoryStore()
  const clock = { now: NOON }
  const ports = { store, ...memoryFiles(), sign, now: () => clock.now, log: () => {} }
  const records = recordsOf(members, base64(ca.certificate.der), base64(tsa.certificate.der), base64(conf.certificate.der), conf.key)
  for (const [key, value] of rowsOf(records)) await store.put(key, value, 0)
  const publishes: number[] = []
  for (let turn = 0; turn < 3; turn++) {
    clock.now = instant(clock.now + 60_000)
    await act(ports, { who: { kind: 'rule', id: 'bench' }, what: 'change' }, async (work) => {
      work.put(KEYS.instance, { ...records.instance, policy: { ...USUAL_POLICY, configurationHours: 90 + turn } })
      return ok(true)
    })
    publishes.push(await cpuMs(() => publish(ports)))
  }
  const draft = contentOf(records).shared
  const writes = await Promise.all([1, 2, 3].map(() => cpuMs(async () => writeSharedParameters(draft, 6))))
  const directory = (await publishedFile('/internalconf', '6', ports)) as Uint8Array
  const location = /Content-location: (\S+shared-params\.xml)/.exec(Buffer.from(directory).toString('latin1'))?.[1] ?? ''
  const shared = (await publishedFile(location, null, ports)) as Uint8Array
  const load = () => loaded(directory, shared, conf.certificate.der, clock.now)
  const loads: number[] = []
  for (let turn = 0; turn < 3; turn++) loads.push(threadMs(load))
  return {
    members,
    bytes: shared.length,
    bytesEach: Math.round(shared.length / members),
    publishMs: median(publishes),
    writeMs: median(writes),
    loadMs: median(loads),
    heapBytes: heapOf(load),
  }
}

/** As a node does it: signature, digest, form, and the first question, which builds the index. */
function loaded(directory: Uint8Array, shared: Uint8Array, certificate: Uint8Array, at: typeof NOON) {
  const read = readSignedDirectory(directory, [certificate], at)
  const part = read.ok ? read.value.parts.find(({ identifier }) => identifier === SHARED) : undefined
  const content = part && checkPart(part, 6, shared)
  if (!content?.ok || !content.value.shared) throw new Error('what was published cannot be read')
  const trust = trustOf('QRO', [content.value.shared])
  if (serversOf(trust, subsystem(1)).length !== 1 || speaksFor(trust, Uint8Array.of(1), subsystem(1)))
    throw new Error('the configuration says something else')
  return trust
}

function heapOf(load: () => unknown): number {
  collect()
  const before = process.memoryUsage().heapUsed
  const held = Array.from({ length: 3 }, load)
  collect()
  return Math.round((process.memoryUsage().heapUsed - before) / held.length)
}

const member = (index: number): MemberId => ({ instance: 'QRO', memberClass: 'GOB', memberCode: `DEP${String(index).padStart(6, '0')}` })
const subsystem = (index: number): ClientId => ({ ...member(index), subsystemCode: 'SERVICIOS' })

function recordsOf(count: number, ca: string, tsa: string, conf: string, key: string): Records {
  const indexes = Array.from({ length: count }, (_, index) => index)
  return {
    instance: {
      instance: 'QRO',
      addresses: ['centro.example'],
      provider: subsystem(0),
      registrationUrl: 'https://centro.example:4001/managementservice/',
      policy: USUAL_POLICY,
      autoApprove: { authCertReg: false, clientReg: false, ownerChange: false },
    },
    memberClasses: [{ code: 'GOB', description: 'Gobierno' }],
    members: indexes.map((index) => ({ id: member(index), name: `Dependencia número ${index}` })),
    subsystems: indexes.map((index) => ({ id: subsystem(index), name: 'Servicios' })),
    servers: indexes.map((index) => ({
      id: { ...member(index), serverCode: 'nodo' },
      address: `nodo${index}.example`,
      certificates: [base64(Buffer.from(`certificate ${index}`))],
      clients: [{ id: subsystem(index) }],
    })),
    groups: [{ code: 'todos', description: 'Todos' }],
    groupMembers: indexes.map((index) => ({ code: 'todos', id: subsystem(index) })),
    cas: [
      {
        name: 'CA',
        authenticationOnly: false,
        profile: profileClass('Basic'),
        top: { certificate: ca, ocsp: [{ url: 'http://ca.example/ocsp' }] },
        intermediates: [],
      },
    ],
    tsas: [{ name: 'TSA', url: 'http://tsa.example', certificate: tsa }],
    signingKeys: [{ id: 'k', key, algorithm: 'rsa-sha512', certificate: conf, state: 'signing' }],
    heads: [],
    anchors: [],
  }
}

const rowsOf = (records: Records): readonly (readonly [key: string, value: unknown])[] => [
  [KEYS.instance, records.instance],
  ...records.memberClasses.map((each) => [KEYS.memberClass(each.code), each] as const),
  ...records.members.map((each) => [KEYS.member(each.id), each] as const),
  ...records.subsystems.map((each) => [KEYS.subsystem(each.id), each] as const),
  ...records.servers.map((each) => [KEYS.server(each.id), each] as const),
  ...records.groups.map((each) => [KEYS.group(each.code), each] as const),
  ...records.groupMembers.map((each) => [KEYS.groupMember(each.code, each.id), each] as const),
  ...records.cas.map((each) => [KEYS.ca(each.name), each] as const),
  ...records.tsas.map((each) => [KEYS.tsa(each.name), each] as const),
  ...records.signingKeys.map((each) => [KEYS.signingKey(each.id), each] as const),
]

/** Each line beside the smallest, as ratios: what grows with the members grows no faster than they do. */
export function configurationLines(figures: readonly ConfigurationFigures[]): readonly string[] {
  const [first] = figures
  return figures.map((each) => {
    const times = (now: number, then = 1) => `${(now / then).toFixed(1)}×`
    const ratios =
      first && each !== first
        ? ` · ${times(each.members, first.members)} members: size ${times(each.bytes, first.bytes)}, publish ${times(each.publishMs, first.publishMs)}, load ${times(each.loadMs, first.loadMs)}, heap ${times(each.heapBytes, first.heapBytes)}`
        : ''
    return `  ${each.members} members: ${(each.bytes / 1024).toFixed(0)} KiB (${each.bytesEach} B each) · publish ${each.publishMs.toFixed(0)} ms · write ${each.writeMs.toFixed(1)} ms · load and verify ${each.loadMs.toFixed(1)} ms · heap ${(each.heapBytes / 1024 / 1024).toFixed(1)} MiB${ratios}`
  })
}

if (import.meta.main) for (const line of configurationLines(await benchConfiguration())) console.log(line)
