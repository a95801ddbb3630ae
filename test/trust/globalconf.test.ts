import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadTrust } from '../../src/cli/trust-folder.ts'
import { codeOf } from '../../src/protocol/faults.ts'
import { type ClientId, formatId } from '../../src/protocol/identifiers.ts'
import { readAnchor } from '../../src/trust/anchor.ts'
import { addressesOf, isInGroup, knownAddresses, serverNamed, serverOfCertificate, speaksFor } from '../../src/trust/directory.ts'
import { publishedLocations } from '../../src/trust/locations.ts'
import { type OcspPreference, ocspAddresses } from '../../src/trust/ocsp-addresses.ts'
import { readFetchInterval, readMonitoring, readNextUpdate } from '../../src/trust/optional-parts.ts'
import { readPem } from '../../src/trust/pem.ts'
import { readPrivateParameters } from '../../src/trust/private-parameters.ts'
import { readSharedParameters } from '../../src/trust/read-shared-parameters.ts'
import { issuersOf, ocspFreshness, ocspResponders, ownParameters, type Trust, tsaCertificates } from '../../src/trust/trust.ts'
import { vector, vectors } from '../vectors.ts'

/** The rows of family 01 of the index: each must hold all its facts. */
const folder = vectors()
const load = async (name: string): Promise<Trust> => {
  const trust = await loadTrust(join(folder as string, 'globalconf', name))
  if (!trust.ok) throw new Error(trust.fault.detail)
  return trust.value
}
const refusal = async (name: string) => {
  const trust = await loadTrust(join(folder as string, 'globalconf', name))
  return trust.ok ? 'read' : codeOf(trust.fault)
}
const certificateAt = (path: string) => readPem('CERTIFICATE', vector(path).toString('latin1'))[0] as Uint8Array
const ee = (memberCode: string, subsystemCode?: string): ClientId => {
  const member = { instance: 'EE', memberClass: 'BUSINESS', memberCode }
  return subsystemCode === undefined ? member : { ...member, subsystemCode }
}

async function oneOfEach(name: string, instance: string) {
  const trust = await load(name)
  expect([...trust.instances.keys()]).toEqual([instance])
  expect(ownParameters(trust).version).toBe(3)
  expect(ownParameters(trust).approvedCas[0]?.profile).toMatch(/FiVRK/)
  expect(ocspFreshness(trust)).toBe(3600)
  return trust
}

async function goodV2() {
  const trust = await load('good_v2')
  const { members, globalGroups, servers, approvedCas } = ownParameters(trust)
  expect([...trust.instances.keys()].sort()).toEqual(['EE', 'bar', 'foo'])
  expect(members.flatMap(({ id, subsystems }) => [id, ...subsystems.map((each) => each.id)]).map(formatId)).toEqual(
    ['producer', 'consumer', 'foo', 'foo/foosubsystem'].map((code) => `EE/BUSINESS/${code}`),
  )
  expect(globalGroups.map(({ code, description }) => [code, description])).toEqual([['Test group', 'Description']])
  expect(isInGroup(trust, 'EE', 'Test group', ee('member1', 'subsys'))).toBe(true)
  expect(isInGroup(trust, 'EE', 'Test group', ee('member2'))).toBe(true)
  expect(isInGroup(trust, 'EE', 'Test group', ee('member2', 'subsys'))).toBe(false)
  expect(new Set(addressesOf(trust, ee('consumer')))).toEqual(new Set(['https://www.foo.com/bar', '127.0.0.1']))
  expect(addressesOf(trust, ee('producer'))).toEqual(['127.0.0.1'])
  expect(ocspResponders(trust)).toHaveLength(12)
  expect(issuersOf(trust, undefined, 'sign').filter(({ isTop }) => isTop)).toHaveLength(4)
  expect(tsaCertificates(trust)).toHaveLength(3)
  expect(approvedCas).toHaveLength(5)
  expect(ocspFreshness(trust)).toBe(42)
  expect(new Set(knownAddresses(trust))).toEqual(new Set(['127.0.0.1', 'https://www.foo.com/bar', 'https://foo.bar.baz']))
  expect(servers.map(({ id }) => formatId(id))).toEqual(
    ['producer/producerServerCode', 'consumer/consumerServerCode', 'foo/fooServerCode', 'foo/FooBarServerCode'].map(
      (code) => `EE/BUSINESS/${code}`,
    ),
  )
  const [producer, consumer] = [certificateAt('certs/producer.pem'), certificateAt('certs/consumer.pem')]
  expect(serverOfCertificate(trust, producer)?.id).toEqual({ ...ee('foo'), serverCode: 'fooServerCode' })
  expect(speaksFor(trust, producer, ee('producer'))).toBe(true)
  expect(speaksFor(trust, consumer, ee('producer'))).toBe(false)
  const management = readPrivateParameters(vector('globalconf/good_v2/EE/private-params.xml'))
  expect(management.ok && management.value.managementService).toMatchObject({
    authCertRegAddress: 'http://mgmt.com:1234',
    provider: ee('servicemember2'),
  })
}

async function goodV6() {
  const trust = await load('good_v6')
  expect(Object.fromEntries([...trust.instances].map(([name, { version }]) => [name, version]))).toEqual({
    EE: 6,
    quux_v5: 5,
    qux_v4: 4,
    baz_v3: 3,
    foo_v2: 2,
    bar: 3,
  })
  const issuer = ownParameters(trust).approvedCas[1]?.intermediates[0]
  const [d, o, o2, o3, o4] = ['127.0.0.1:8082/ocsp', ...['', '2', '3', '4'].map((n) => `www.example.net/ocsp${n}`)].map(
    (at) => `http://${at}`,
  )
  const expected: Record<OcspPreference, unknown[]> = {
    ONLY_FREE: [d, o4],
    FREE_FIRST: [d, o4, o, o2, o3],
    ONLY_PAID: [o, o2],
    PAID_FIRST: [o, o2, d, o4, o3],
    NONE: [d, o, o2, o3, o4],
  }
  for (const [preference, addresses] of Object.entries(expected))
    expect(ocspAddresses(issuer?.ocsp ?? [], preference as OcspPreference)).toEqual(addresses)
  expect(serverNamed(trust, { ...ee('foo'), serverCode: 'FooBarServerCode' })?.maintenance).toEqual({ message: 'Test maintenance mode' })
}

function sources() {
  const parameters = readSharedParameters(vector('globalconf/sources_V3/EE/shared-params.xml'), 3)
  if (!parameters.ok) throw new Error(parameters.fault.detail)
  const at = (url: string) => publishedLocations(parameters.value, { instance: 'EE', sources: [{ url, certificates: [] }] })
  for (const path of ['internalconf', 'externalconf']) {
    expect(at(`http://domainAddress/${path}`).map(({ url }) => url)).toEqual([`https://node1/${path}`, `http://node1/${path}`])
    expect(at(`http://domainAddress/${path}`).map(({ certificates }) => certificates.length)).toEqual([1, 1])
  }
  expect(at('http://domainAddress/PROXY/conf').map(({ certificates }) => certificates.length)).toEqual([2, 2])
  expect(at('http://notMatchFormat')).toEqual([])
}

const ROWS: readonly (readonly [file: string, holds: () => Promise<unknown> | unknown])[] = [
  [
    'DEV-v3/',
    async () => expect((await oneOfEach('DEV-v3', 'DEV')).instances.get('DEV')?.approvedCas.map(({ name }) => name)).toEqual(['Test CA']),
  ],
  ['CS-v3/', () => oneOfEach('CS-v3', 'CS')],
  [
    'EE-v2-trust/',
    async () => {
      const trust = await load('EE-v2-trust')
      expect(ocspFreshness(trust)).toBe(42)
      expect(issuersOf(trust).some(({ certificate }) => certificate.subject.text.includes('AdminCA1'))).toBe(true)
      expect(issuersOf(trust, 'EE').some(({ certificate }) => certificate.subject.text.includes('AdminCA1'))).toBe(false)
    },
  ],
  ['good_v2/', goodV2],
  [
    'good_v4/',
    async () => {
      const trust = await load('good_v4')
      const acme = (instance: string) => trust.instances.get(instance)?.approvedCas.find(({ name }) => name === 'pki1')?.acme
      const directoryUrl = 'http://ca:8887/acme/directory'
      expect(acme('EE')).toEqual({ directoryUrl, authenticationProfileId: '5', signingProfileId: '6' })
      expect(acme('baz_v3')).toEqual({ directoryUrl })
    },
  ],
  ['good_v6/', goodV6],
  ['malformed/', async () => expect(await refusal('malformed')).toBe('malformed_global_conf')],
  ['missing_identifier/', async () => expect(await refusal('missing_identifier')).toBe('malformed_global_conf')],
  ['sources_V3/', sources],
  [
    'ext/valid-fetchinterval-params.xml',
    () => expect(readFetchInterval(vector('globalconf/ext/valid-fetchinterval-params.xml'))).toEqual({ ok: true, value: 500 }),
  ],
  [
    'ext/empty-fetchinterval-params.xml',
    () => expect(readFetchInterval(vector('globalconf/ext/empty-fetchinterval-params.xml')).ok).toBe(false),
  ],
  [
    'ext/invalid-nextupdate-params.xml',
    () => expect(readNextUpdate(vector('globalconf/ext/invalid-nextupdate-params.xml')).ok).toBe(false),
  ],
  [
    'ext/valid-monitoring-params.xml',
    () =>
      expect(readMonitoring(vector('globalconf/ext/valid-monitoring-params.xml'))).toEqual({
        ok: true,
        value: { instance: 'fdev', memberClass: 'GOV', memberCode: '66655666' },
      }),
  ],
  ['anchors/configuration-anchor1.xml', () => expect(readAnchor(vector('globalconf/anchors/configuration-anchor1.xml')).ok).toBe(true)],
  ['anchors/trusted-anchor.xml', () => expect(readAnchor(vector('globalconf/anchors/trusted-anchor.xml')).ok).toBe(true)],
  [
    'anchors/trusted-anchor-invalid-2.xml',
    () => {
      const anchor = readAnchor(vector('globalconf/anchors/trusted-anchor-invalid-2.xml'))
      expect(anchor.ok ? 'read' : codeOf(anchor.fault)).toBe('malformed_anchor')
    },
  ],
]

describe.skipIf(folder === null)('global configurations of others (family 01)', () => {
  let held = 0
  test.each(ROWS)('%s', async (_file, holds) => {
    await holds()
    held++
  })
  test('every row holds, and no parameters of any folder are left unread', () => {
    const all = readdirSync(folder as string, { recursive: true, encoding: 'utf8' }).filter((path) =>
      /(shared|private)-params\.xml$/.test(path),
    )
    const refused = all.filter((path) => !(path.includes('private') ? readPrivateParameters : readSharedParameters)(vector(path)).ok)
    expect(refused.every((path) => path.startsWith('globalconf/malformed/'))).toBe(true)
    console.log(
      `global configurations (family 01): ${held} of ${ROWS.length} rows; ${all.length - refused.length} of ${all.length} files read, the others are no XML`,
    )
    expect(held).toBe(ROWS.length)
  })
})
