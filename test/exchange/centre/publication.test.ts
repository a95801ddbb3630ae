import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { HOUR, later } from '../../../src/base/clock.ts'
import { ownAnchor, putTrustedAnchor } from '../../../src/exchange/centre/anchors.ts'
import { joinGroup, putGroup } from '../../../src/exchange/centre/groups.ts'
import { publish, publishedFile } from '../../../src/exchange/centre/publication.ts'
import { readRecords } from '../../../src/exchange/centre/read-records.ts'
import { registerCertificate, registerClient, setMaintenance } from '../../../src/exchange/centre/servers.ts'
import { addSigningKey, retireSigningKey, switchSigningKey } from '../../../src/exchange/centre/signing-keys.ts'
import { base64 } from '../../../src/protocol/digests.ts'
import { codeOf, type Outcome } from '../../../src/protocol/faults.ts'
import { anchorFingerprint, writeAnchor } from '../../../src/trust/anchor.ts'
import { readCertificate } from '../../../src/trust/certificates.ts'
import { checkPart, PRIVATE, SHARED } from '../../../src/trust/directory-part.ts'
import { readPrivateParameters } from '../../../src/trust/private-parameters.ts'
import { readSharedParameters } from '../../../src/trust/read-shared-parameters.ts'
import { contentOf, OWNERS_GROUP, type Records } from '../../../src/trust/registry/content.ts'
import { PARAMETERS_VERSIONS, type ParametersVersion } from '../../../src/trust/shared-parameters.ts'
import { isAllOf, readSignedDirectory } from '../../../src/trust/signed-directory.ts'
import { partLocation } from '../../../src/trust/write-signed-directory.ts'
import { needs, runTool } from '../../tools.ts'
import { issued } from '../../trust/authority.ts'
import { der } from '../../trust/example.ts'
import { vectors } from '../../vectors.ts'
import { centreCast, MANAGER, member, server, type TestCentre, testCentre } from './test-centre.ts'

const verdict = (outcome: Outcome<unknown>) => (outcome.ok ? 'done' : codeOf(outcome.fault))
const must = <T>(outcome: Outcome<T>): T => {
  if (!outcome.ok) throw new Error(`${codeOf(outcome.fault)}: ${outcome.fault.detail}`)
  return outcome.value
}
async function fetched(
  centre: TestCentre,
  version: ParametersVersion,
  kind: 'internalconf' | 'externalconf',
  signers: readonly Uint8Array[],
) {
  const bytes = await publishedFile(`/${kind}`, String(version), centre.ports)
  if (!bytes) throw new Error('not published')
  const directory = must(readSignedDirectory(bytes, signers, centre.clock.now))
  const files = new Map<string, Uint8Array>()
  for (const part of directory.parts) {
    const file = (await publishedFile(part.location, null, centre.ports)) as Uint8Array
    must(checkPart(part, directory.version, file))
    files.set(part.identifier, file)
  }
  return { bytes, directory, files }
}
/** A world with everything in it that a configuration can say. */
async function full(centre: TestCentre): Promise<void> {
  await centre.rule(async (work) => {
    must(await registerCertificate(work, server('DIF'), base64(der('auth DIF')), 'dif.example'))
    must(await registerClient(work, server('DIF'), { ...member('DIF'), subsystemCode: 'APOYOS' }, 'Apoyos & más'))
    must(await registerCertificate(work, server('SEDESOQ'), base64(der('auth SEDESOQ')), '192.0.2.7'))
    must(await registerClient(work, server('SEDESOQ'), { ...member('SEDESOQ'), subsystemCode: 'PADRON' }, undefined))
    must(await setMaintenance(work, server('SEDESOQ'), { message: 'Hasta las 5' }))
    must(await putGroup(work, { code: 'todos', description: 'Todos <los> que llaman' }))
    return joinGroup(work, 'todos', { ...member('DIF'), subsystemCode: 'APOYOS' })
  })
  await publish(centre.ports)
}

const schemas = vectors()
const derOnly = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_key, each) =>
      each instanceof Uint8Array || each?.type === 'Buffer'
        ? Buffer.from(each.data ?? each).toString('base64')
        : each && typeof each === 'object' && 'der' in each
          ? Buffer.from(each.der as Uint8Array).toString('base64')
          : each,
    ),
  )

describe.each(PARAMETERS_VERSIONS)('version %i of what is published', (version) => {
  test.skipIf(schemas === null || !needs('xmllint'))('is valid under the published schemas', async () => {
    const centre = await testCentre()
    await full(centre)
    const { files } = await fetched(centre, version, 'internalconf', [(await centreCast()).conf.certificate.der])
    for (const [identifier, name] of [
      [SHARED, `v${version}/shared-parameters.xsd`],
      [PRIVATE, `v${version === 2 ? 2 : 3}/private-parameters.xsd`],
    ] as const) {
      const schema = join(schemas as string, 'schemas/globalconf', name)
      const said = runTool('xmllint', ['--noout', '--nonet', '--schema', schema, '-'], files.get(identifier) as Uint8Array)
      expect([identifier, said.status, said.stderr]).toEqual([identifier, 0, expect.stringContaining('validates')])
    }
  })

  test.skipIf(!needs('openssl'))('verifies with openssl over its exact octets, and with one octet changed does not', async () => {
    const centre = await testCentre()
    await full(centre)
    const { conf } = await centreCast()
    const folder = mkdtempSync(join(tmpdir(), 'sacbe-conf-'))
    try {
      for (const kind of ['internalconf', 'externalconf'] as const) {
        const { bytes } = await fetched(centre, version, kind, [conf.certificate.der])
        const text = Buffer.from(bytes).toString('latin1')
        const boundary = /multipart\/mixed; charset=UTF-8; boundary=(\S+)/.exec(text)?.[1]
        const signed = text.slice(text.indexOf(`--${boundary}\r\n`), text.indexOf(`--${boundary}--\r\n`) + `--${boundary}--\r\n`.length)
        const signature = /\r\n\r\n([A-Za-z0-9+/=]+)\r\n--\S+--\r\n$/.exec(text)?.[1] ?? ''
        writeFileSync(join(folder, 'key.pem'), conf.certificate.publicKey.export({ type: 'spki', format: 'pem' }))
        writeFileSync(join(folder, 'signature'), Buffer.from(signature, 'base64'))
        const said = (octets: string) =>
          runTool(
            'openssl',
            ['dgst', '-sha512', '-verify', join(folder, 'key.pem'), '-signature', join(folder, 'signature')],
            Buffer.from(octets, 'latin1'),
          )
            .stdout.toString()
            .trim()
        expect(said(signed)).toBe('Verified OK')
        expect(said(signed.replace('Version: ', 'Version:  '))).toBe('Verification failure')
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('reads back equal to what the registry says', async () => {
    const centre = await testCentre()
    await full(centre)
    const { files, directory } = await fetched(centre, version, 'internalconf', [(await centreCast()).conf.certificate.der])
    const read = must(readSharedParameters(files.get(SHARED) as Uint8Array, version))
    const { shared, private: secret } = contentOf((await readRecords(centre.store)) as Records)
    expect(derOnly(readPrivateParameters(files.get(PRIVATE) as Uint8Array))).toEqual({ ok: true, value: derOnly(secret) })
    expect([directory.version, read.instance, read.ocspFreshnessSeconds]).toEqual([version, 'LAB', 12 * 3600])
    expect(read.memberClasses).toEqual(shared.memberClasses)
    expect(read.globalGroups).toEqual(shared.globalGroups)
    expect(read.members.map(({ id, name, classDescription }) => ({ id, name, classDescription }))).toEqual(
      shared.members.map(({ id, name, classDescription }) => ({ id, name, classDescription })),
    )
    expect(read.members.flatMap(({ subsystems }) => subsystems.map(({ name }) => name))).toEqual(
      version < 5 ? [undefined, undefined, undefined] : ['Apoyos & más', undefined, undefined],
    )
    const dropped = version < 5 ? [] : [{ ...member('SEDESOQ'), subsystemCode: 'PADRON' }]
    expect(read.servers.map(({ clients }) => clients)).toEqual([[{ ...member('DIF'), subsystemCode: 'APOYOS' }], dropped])
    expect(read.servers.map(({ address }) => address)).toEqual(['dif.example', '192.0.2.7'])
    expect(derOnly(read.approvedTsas.map(({ certificate, url }) => ({ certificate, url })))).toEqual(
      derOnly(shared.approvedTsas.map(({ certificate, url }) => ({ certificate, url }))),
    )
    expect(read.generation?.serial).toBe(version === 2 ? undefined : 2)
  })
})

describe('a publication', () => {
  test('names in its internal form the private parameters, which its external form has not', async () => {
    const centre = await testCentre()
    const { conf } = await centreCast()
    const parts = async (kind: 'internalconf' | 'externalconf') =>
      (await fetched(centre, 6, kind, [conf.certificate.der])).directory.parts.map(({ identifier }) => identifier)
    expect(await parts('internalconf')).toEqual([PRIVATE, SHARED])
    expect(await parts('externalconf')).toEqual([SHARED])
  })
  test('lives as long as the policy says, is signed anew within hours, and acts it says nothing of leave it as it is', async () => {
    const centre = await testCentre()
    const first = await publish(centre.ports)
    expect(first?.expires).toBe(later(first?.signedAt as never, 96 * HOUR))
    centre.wait(2 * HOUR)
    expect(await publish(centre.ports)).toEqual(first)
    await centre.as('ana')('POST', '/invitations', { member: 'LAB/GOB/DIF' })
    expect(await publish(centre.ports)).toMatchObject({ serial: first?.serial, signedAt: first?.signedAt })
    centre.wait(2 * HOUR)
    expect(await publish(centre.ports)).toMatchObject({ serial: first?.serial, signedAt: centre.clock.now })
  })
  test('of an old copy of the registry never happens: who was shut out stays out', async () => {
    const centre = await testCentre()
    await full(centre)
    const copy = centre.store.copy()
    await centre.rule(async (work) => setMaintenance(work, server('SEDESOQ'), undefined))
    await publish(centre.ports)
    centre.store.restore(copy)
    const again = await publish(centre.ports)
    expect(again?.serial).toBe(4)
    const { files } = await fetched(centre, 6, 'internalconf', [(await centreCast()).conf.certificate.der])
    expect(must(readSharedParameters(files.get(SHARED) as Uint8Array, 6)).servers.map(({ maintenance }) => maintenance)).toEqual([
      undefined,
      undefined,
    ])
  })
  test('keeps the group of server owners by itself', async () => {
    const centre = await testCentre()
    await full(centre)
    const { shared } = contentOf((await readRecords(centre.store)) as Records)
    expect(shared.globalGroups.find(({ code }) => code === OWNERS_GROUP)?.members).toEqual([member('DIF'), member('SEDESOQ')])
    expect(verdict(await centre.rule((work) => putGroup(work, { code: OWNERS_GROUP, description: 'mío' })))).toBe('conflict')
  })
  test('leaves every file of every publication under lock, each under its own name', async () => {
    const centre = await testCentre()
    const first = await publish(centre.ports)
    await full(centre)
    for (const version of PARAMETERS_VERSIONS)
      for (const at of [first?.contentAt, centre.clock.now])
        expect(await centre.ports.getLocked(partLocation(version, at as never, 'shared-params.xml').slice(1))).toBeDefined()
  })
})

describe('the rotation of signing keys', () => {
  test('both are published, then the other signs, then the first is gone; nodes follow by what they read before', async () => {
    const centre = await testCentre()
    const { conf } = await centreCast()
    const next = await issued('centre-conf-2', { use: 'root', subject: [['CN', 'conf 2']], algorithm: 'ecdsa-sha256' })
    const der2 = next.certificate.der
    const key = must(await centre.rule((work) => addSigningKey(work, { key: next.key, algorithm: 'ecdsa-sha256', certificate: der2 })))
    await publish(centre.ports)
    const both = await fetched(centre, 6, 'internalconf', [conf.certificate.der])
    const known = must(readSharedParameters(both.files.get(SHARED) as Uint8Array, 6)).sources[0]
    expect(known?.internalCertificates.map((each) => base64(each)).sort()).toEqual(
      [conf.certificate.der, der2].map((each) => base64(each)).sort(),
    )

    must(await centre.rule((work) => switchSigningKey(work, key.id)))
    centre.wait(1000)
    await publish(centre.ports)
    const bytes = (await publishedFile('/internalconf', '6', centre.ports)) as Uint8Array
    expect(verdict(readSignedDirectory(bytes, [conf.certificate.der], centre.clock.now))).toBe('global_conf_missing_verification_cert')
    expect(verdict(readSignedDirectory(bytes, known?.internalCertificates ?? [], centre.clock.now))).toBe('done')

    const first = (await readRecords(centre.store))?.signingKeys.find(({ state }) => state === 'leaving')
    expect(verdict(await centre.rule((work) => retireSigningKey(work, key.id)))).toBe('conflict')
    must(await centre.rule((work) => retireSigningKey(work, first?.id ?? '')))
    centre.wait(1000)
    await publish(centre.ports)
    const last = must(readSharedParameters((await fetched(centre, 6, 'externalconf', [der2])).files.get(SHARED) as Uint8Array, 6))
    expect(last.sources[0]?.externalCertificates.map((each) => base64(each))).toEqual([base64(der2)])
  })
  test('a third key has to wait until the first has left', async () => {
    const centre = await testCentre()
    const make = async (name: string) => (await issued(name, { use: 'root', subject: [['CN', name]] })).certificate.der
    const add = async (name: string) =>
      centre.rule(async (work) => addSigningKey(work, { key: name, algorithm: 'rsa-sha512', certificate: await make(name) }))
    expect(verdict(await add('k2'))).toBe('done')
    expect(verdict(await add('k3'))).toBe('conflict')
  })
})

describe('a partner', () => {
  const partner = (instance: string, certificate: Uint8Array) =>
    writeAnchor(ownAnchor({ instance, addresses: ['socio.example'] }, [{ certificate: base64(certificate) }], 'external', 0 as never))
  test('is taken in by its external anchor and is published to our own nodes alone', async () => {
    const centre = await testCentre()
    const file = partner('SOCIO', der('socio'))
    must(await centre.rule((work) => putTrustedAnchor(work, file, anchorFingerprint(file).toLowerCase())))
    await publish(centre.ports)
    const { files } = await fetched(centre, 6, 'internalconf', [(await centreCast()).conf.certificate.der])
    const secret = must(readPrivateParameters(files.get(PRIVATE) as Uint8Array))
    expect(secret.anchors.map(({ instance }) => instance)).toEqual(['SOCIO'])
    expect(Buffer.from(files.get(SHARED) as Uint8Array).toString()).not.toContain('SOCIO')
  })
  test.each([
    ['under our own name', 'LAB', 'conflict'],
    ['under our own name in other letters', 'lab', 'conflict'],
  ])('%s is refused', async (_, instance, code) => {
    const centre = await testCentre()
    const file = partner(instance, der('socio'))
    expect(verdict(await centre.rule((work) => putTrustedAnchor(work, file, anchorFingerprint(file))))).toBe(code)
  })
  test('with our own key, with another fingerprint, or with an unreadable anchor is refused', async () => {
    const centre = await testCentre()
    const mine = partner('SOCIO', (await centreCast()).conf.certificate.der)
    expect(verdict(await centre.rule((work) => putTrustedAnchor(work, mine, anchorFingerprint(mine))))).toBe('conflict')
    const file = partner('SOCIO', der('socio'))
    expect(verdict(await centre.rule((work) => putTrustedAnchor(work, file, anchorFingerprint(mine))))).toBe('bad_request')
    expect(verdict(await centre.rule((work) => putTrustedAnchor(work, Buffer.from('<x/>'), anchorFingerprint(Buffer.from('<x/>')))))).toBe(
      'malformed_anchor',
    )
    expect((await readRecords(centre.store))?.anchors).toEqual([])
  })
  test('cannot publish under our name: its directory is all of one instance, or it is nothing', async () => {
    const centre = await testCentre()
    const { directory } = await fetched(centre, 6, 'externalconf', [(await centreCast()).conf.certificate.der])
    expect(verdict(isAllOf(directory, 'SOCIO'))).toBe('malformed_global_conf')
  })
})

test('the manager and everybody else are in what is read back by the centre itself', async () => {
  const centre = await testCentre()
  const trust = must(await centre.ports.currentTrust())
  expect(trust.trust.instances.get('LAB')?.members.flatMap(({ subsystems }) => subsystems.map(({ id }) => id))).toEqual([MANAGER])
  expect(readCertificate((await centreCast()).ca.certificate.der).ok).toBe(true)
})
