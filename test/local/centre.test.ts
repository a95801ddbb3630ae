import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openNodeStore } from '../../src/adapters/local/node-store.ts'
import { DAY, instant, later, type Now } from '../../src/base/clock.ts'
import { type Centre, startCentre } from '../../src/local/centre.ts'
import { loadCertificate } from '../../src/local/certificate-files.ts'
import { must } from '../../src/local/node-file.ts'
import { parseClientId } from '../../src/protocol/identifiers.ts'
import { SHARED } from '../../src/trust/directory-part.ts'
import { readSharedParameters } from '../../src/trust/read-shared-parameters.ts'
import { readSignedDirectory } from '../../src/trust/signed-directory.ts'
import { needs, runTool } from '../tools.ts'

let folder: string
let added: number
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sacbe-centre-'))
  added = 0
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const now: Now = () => later(instant(Date.now()), added)
async function open(): Promise<Centre & AsyncDisposable> {
  const started = await startCentre({
    folder: join(folder, 'centre'),
    passphrase: 'nopal',
    instance: 'EE',
    manager: must(parseClientId('EE/GOV/1/m')),
    port: 0,
    ports: 1,
    now,
    log: () => {},
  })
  if (!started.ok) throw new Error(started.fault.en)
  return { ...started.value, [Symbol.asyncDispose]: started.value.close }
}
const member = (name: string) => ({
  id: { instance: 'EE', memberClass: 'GOV', memberCode: '1' },
  name,
  classDescription: 'G',
  subsystems: [{ id: { instance: 'EE', memberClass: 'GOV', memberCode: '1', subsystemCode: 'm' } }],
})
const named = (centre: Centre, name: string) => centre.change((registry) => ({ ...registry, members: [member(name)] }))

async function directoryOf(centre: Centre, version: number, kind = 'internalconf') {
  const answer = await fetch(`${centre.url}/${kind}?version=${version}`)
  const bytes = new Uint8Array(await answer.arrayBuffer())
  const directory = must(readSignedDirectory(bytes, centre.anchor.sources[0]?.certificates ?? [], now()))
  const location = directory.parts.find(({ identifier }) => identifier === SHARED)?.location ?? ''
  const shared = new Uint8Array(await (await fetch(`${centre.url}${location}`)).arrayBuffer())
  return { directory, parameters: must(readSharedParameters(shared, directory.version)) }
}

describe('what the centre publishes', () => {
  test.each([2, 3, 4, 5, 6])('version %i, signed, its own number, the members in it', async (version) => {
    await using centre = await open()
    await named(centre, 'Registro')
    const { directory, parameters } = await directoryOf(centre, version)
    expect(directory.version).toBe(version)
    expect(parameters.members.map(({ name }) => name)).toEqual(['Registro'])
    expect(directory.parts).toHaveLength(2)
    expect((await directoryOf(centre, version, 'externalconf')).directory.parts).toHaveLength(1)
  })

  test('404 for versions there are not, version 2 where none is named, and for every other path', async () => {
    await using centre = await open()
    await named(centre, 'x')
    const status = async (path: string) => (await fetch(`${centre.url}${path}`)).status
    for (const path of [
      '/internalconf?version=7',
      '/internalconf?version=1',
      '/',
      '/V6/x',
      '/../centre.sqlite',
      '/V6/00000000000000000000000/..%2f..%2fcentre.sqlite',
    ])
      expect([path, await status(path)]).toEqual([path, 404])
    const unversioned = await (await fetch(`${centre.url}/internalconf`)).text()
    expect(unversioned).toContain('\r\nVersion: 2\r\n')
  })

  test('every change has the next serial and names its predecessor; the same content again is no change', async () => {
    await using centre = await open()
    await named(centre, 'a')
    const first = (await directoryOf(centre, 6)).parameters
    await named(centre, 'a')
    expect((await directoryOf(centre, 6)).parameters.sha512).toBe(first.sha512)
    await named(centre, 'b')
    const second = (await directoryOf(centre, 6)).parameters
    expect([first.generation, second.generation]).toEqual([{ serial: 1 }, { serial: 2, previous: first.sha512 }])
    expect(readdirSync(join(folder, 'centre', 'published', 'generations'))).toEqual(['000000001.json', '000000002.json'])
  })

  test('unchanged for long, it is signed anew before it runs out, under the same serial', async () => {
    await using centre = await open()
    await named(centre, 'a')
    const before = await directoryOf(centre, 6)
    added = 3 * DAY
    const after = await directoryOf(centre, 6)
    expect(after.parameters.sha512).toBe(before.parameters.sha512)
    expect(after.directory.expires).toBeGreaterThan(before.directory.expires)
  })

  test('a store restored from an old copy does not make it go back', async () => {
    await using centre = await open()
    await named(centre, 'a')
    const store = openNodeStore(join(folder, 'centre', 'centre.sqlite'))
    const copied = ['publication/current', 'registry/member/EE/GOV/1', 'audit/head']
    const copies = await Promise.all(copied.map((key) => store.store.get(key)))
    await named(centre, 'b')
    for (const old of copies) {
      const there = await store.store.get(old?.key ?? '')
      await store.store.put(old?.key ?? '', old?.value, there?.version ?? 0)
    }
    await store.close()
    const { parameters } = await directoryOf(centre, 6)
    expect([parameters.generation?.serial, parameters.members[0]?.name]).toEqual([3, 'b'])
  })
})

describe('the centre’s own keys', () => {
  test('outlive it; the root’s lies apart and is not needed', async () => {
    const first = await open()
    const before = first.anchor.sources[0]?.certificates[0]
    await first.close()
    rmSync(join(folder, 'centre', 'authorities', 'offline'), { recursive: true })
    await using second = await open()
    expect(second.anchor.sources[0]?.certificates[0]).toEqual(before)
  })

  test.runIf(needs('openssl'))('each role has a key of its own, and openssl follows them to the root', async () => {
    await using _ = await open()
    const certificates = join(folder, 'centre', 'authorities', 'certificates')
    const roles = ['ca', 'ocsp', 'tsa', 'configuration', 'root'].map((name) =>
      Buffer.from(loadCertificate(certificates, name).keyBits).toString('hex'),
    )
    expect(new Set(roles).size).toBe(5)
    for (const name of ['ocsp', 'tsa']) {
      const said = runTool('openssl', [
        'verify',
        '-CAfile',
        join(certificates, 'root.pem'),
        '-untrusted',
        join(certificates, 'ca.pem'),
        join(certificates, `${name}.pem`),
      ])
      expect(said.stdout.toString()).toContain(': OK')
    }
  })

  test('a ceremony that was cut short is held again', async () => {
    const { mkdirSync, writeFileSync } = await import('node:fs')
    mkdirSync(join(folder, 'centre', 'authorities.new', 'keys'), { recursive: true })
    writeFileSync(join(folder, 'centre', 'authorities.new', 'keys', 'ca.key.pem'), 'half')
    await using centre = await open()
    expect(centre.url).toMatch(/^http:/)
  })
})

describe('hostile questions to the centre', () => {
  test.each([
    ['/ocsp', 'application/ocsp-request', 200],
    ['/tsa', 'application/timestamp-query', 200],
    ['/ocsp', 'text/plain', 415],
  ])('POST %s as %s: %i, never a crash', async (path, type, status) => {
    await using centre = await open()
    for (const body of [Buffer.alloc(0), Buffer.from('hola'), Buffer.from('3082ffff', 'hex')])
      expect((await fetch(`${centre.url}${path}`, { method: 'POST', headers: { 'Content-Type': type }, body })).status).toBe(status)
    expect(
      (await fetch(`${centre.url}${path}`, { method: 'POST', headers: { 'Content-Type': type }, body: Buffer.alloc(20_000) })).status,
    ).toBe(status === 200 ? 413 : status)
    expect((await fetch(`${centre.url}${path}`)).status).toBe(405)
  })
})
