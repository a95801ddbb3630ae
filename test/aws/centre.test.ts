import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { IDLE_RUNS } from '../../lib/bill/idle-runs.ts'
import { instant, isoInstant } from '../../src/base/clock.ts'
import { certificateRegister } from '../../src/exchange/centre/certificate-register.ts'
import type { Store } from '../../src/exchange/ports.ts'
import { readLog } from '../../src/exchange/register/change-log.ts'
import { NODE } from '../../src/exchange/stored-node.ts'
import { formatId, memberOf } from '../../src/protocol/identifiers.ts'
import { readCertificate } from '../../src/trust/certificates.ts'
import { ocspRequest, readOcspResponse } from '../../src/trust/ocsp.ts'
import { readPem } from '../../src/trust/pem.ts'
import type { AuthorityRecord } from '../../src/trust/registry/records.ts'
import { runTool } from '../tools.ts'
import { awsThrough } from './account.ts'
import { callThrough, DIF, type Inside, insideDif, REST, SEDESOQ } from './agencies.ts'
import { type NewNode, openNewNode, serverOf } from './centre-nodes.ts'
import { type CentreDoor, type CentreWorld, MANAGER, openCentreWorld, serviceOn } from './centre-world.ts'
import { needsEmulators } from './emulators.ts'
import { exportedEvidence } from './exported.ts'
import { recordRights, recordsIn } from './record-rights.ts'
import type { Said } from './terminal.ts'

const ROOT_FOLDER = join(import.meta.dirname, '..', '..')

describe.skipIf(!needsEmulators())('an exchange in AWS from nothing: the centre and two agencies, deployed from their templates', () => {
  let world: CentreWorld
  let dif: NewNode
  let sedesoq: NewNode
  let system: Inside
  let ana: ReturnType<CentreWorld['centre']['as']>
  let beto: ReturnType<CentreWorld['centre']['as']>
  beforeAll(async () => {
    world = await openCentreWorld()
    system = await insideDif()
    dif = await openNewNode(world, DIF, system)
    sedesoq = await openNewNode(world, SEDESOQ, system)
    ana = world.centre.as('ana', 'registration', 'security')
    beto = world.centre.as('beto', 'registration', 'auditor', 'finance')
  }, 240_000)
  afterAll(() => world?.close())
  const secrets: string[] = []
  const said = (name: CentreDoor) => world.centre.doors[name].log().slice(-5).join('\n')
  const call = (node: NewNode, path: string) => callThrough(node.consumer(), system, path, {})

  test('every resource of the centre’s stack was made', () => {
    const { resources } = world.centre.stack
    expect(resources.filter(({ status }) => status !== 'CREATE_COMPLETE')).toEqual([])
    console.log(`${resources.length} resources of ${new Set(resources.map(({ type }) => type)).size} types: CREATE_COMPLETE`)
    expect(resources.length).toBeGreaterThan(90)
  })

  test('before the ceremony its doors answer that they cannot, and the schedule of the authority fails', async () => {
    const { url, doors } = world.centre
    expect((await fetch(`${url}/internalconf?version=6`)).status).toBe(404)
    expect((await fetch(`${url}/node/facts?member=x`)).status).toBe(404)
    await expect(doors.ca.invoke()).rejects.toThrow('no ca works')
    expect(await doors.conf.invoke()).toEqual({ serial: 0 })
  })

  test('a ceremony sets it up, once, with certificates of its own key by the offline root, and no others', async () => {
    const { doors, byTheRoot } = world.centre
    const { configuration } = (await doors.conf.invoke({ ceremony: {} })) as { configuration: string }
    const authorities = [await byTheRoot('Autoridad 1'), await byTheRoot('Autoridad 2')]
    const ceremony = { manager: MANAGER, authorities, configuration }
    await expect(doors.ca.invoke({ ceremony: { ...ceremony, authorities: [configuration] } })).rejects.toThrow(
      /bad_request: .* another key/,
    )
    await expect(doors.ca.invoke({ ceremony: { ...ceremony, manager: 'OTRO/GOB/X/Y' } })).rejects.toThrow('bad_request')
    await expect(doors.ca.invoke({ ceremony: { manager: MANAGER } })).rejects.toThrow('the ceremony lacks')
    expect(await doors.ca.invoke({ ceremony }), said('ca')).toEqual({ ceremony: 'held' })
    expect(await doors.ca.invoke({ ceremony })).toEqual({ ceremony: 'already' })
    expect(await doors.ca.invoke({ ceremony: { prepare: [...authorities, await byTheRoot('Autoridad 3')] } })).toEqual({ ceremony: 1 })
  })

  test('people register members by name and role; whoever has no token, or no role for it, does nothing', async () => {
    expect((await fetch(`${world.centre.url}/admin/members`)).status).toBe(401)
    const carla = world.centre.as('carla', 'auditor')
    expect(await carla('PUT', '/member-classes/GOB', { description: 'Gobierno' })).toMatchObject({ status: 403 })
    expect(await ana('PUT', '/member-classes/GOB', { description: 'Gobierno' }), said('admin')).toMatchObject({ status: 200 })
    for (const memberCode of ['CENTRO', 'DIF', 'SEDESOQ'])
      expect(await ana('POST', '/members', { memberClass: 'GOB', memberCode, name: memberCode })).toMatchObject({ status: 201 })
    for (const path of ['CENTRO/subsystems/GESTION', 'DIF/subsystems/APOYOS', 'SEDESOQ/subsystems/PADRON'])
      expect((await ana('PUT', `/members/GOB/${path}`, { name: path })).status).toBe(200)
  })

  test('an invitation lets each node in: keys and certificates, and nothing registered yet', async () => {
    const early = await dif.administer('ana', 'list')
    expect([early.code, early.err.join()]).toEqual([2, expect.stringContaining('The node dif is not let in yet')])
    for (const node of [dif, sedesoq]) {
      const invited = await ana('POST', '/invitations', { member: formatId(memberOf(node.client)), serverCode: 'nodo' })
      expect(invited.status, said('admin')).toBe(201)
      const { secret, fingerprint } = invited.body as { secret: string; fingerprint: string }
      secrets.push(secret)
      const invitation = { centre: world.centre.url, secret, server: serverOf(node), fingerprint, zone: 'Z0', systems: [] }
      expect(await node.doors.enrol.invoke({ invitation }), `${node.doors.enrol.log()} ${said('ca')}`).toMatchObject({ node: 'enrolled' })
      expect(await node.doors.enrol.invoke({ invitation })).toMatchObject({ node: 'already' })
    }
    expect((await ana('GET', '/servers')).body).toEqual([])
  })

  test('each asks for its registration by its own signature; another person approves', async () => {
    type Request = { readonly id: number; readonly server: string; readonly type: string }
    const waitingNow = async () => (await beto('GET', '/requests?status=WAITING')).body as readonly Request[]
    for (const node of [dif, sedesoq])
      for (let tries = 0; tries < 5 && !(await waitingNow()).some(({ server }) => server === serverOf(node)); tries++) {
        if (tries > 0) await node.renewConsumer() // a door whose time was over before it could ask tries again only minutes later; a new one at once
        expect((await call(node, `/r1/${formatId(REST)}/antes`)).status).not.toBe(200)
      }
    const waiting = await waitingNow()
    expect(
      waiting.map(({ server, type }) => [server, type]).toSorted(),
      `${dif.doors.consume.log().slice(-4).join('\n')} ${said('ca')} ${said('ocsp')}`,
    ).toEqual([
      [serverOf(dif), 'authCertReg'],
      [serverOf(sedesoq), 'authCertReg'],
    ])
    for (const { id } of waiting) expect((await beto('POST', `/requests/${id}/approval`)).status).toBe(200)
  })

  const done = async (said: Promise<Said>): Promise<unknown> => {
    const { code, out, err } = await said
    expect([code, err]).toEqual([0, []])
    return JSON.parse(out[0] ?? '')
  }
  const put = (what: string, body: object) => ['api', 'PUT', what, '-d', JSON.stringify(body)]
  const right = ['--service', formatId(REST), '--client', formatId(DIF)]

  test('a node knows its owner; a client with its system’s certificate is added by its people; one of another member, or twice the same certificate, is refused', async () => {
    const clientOf = ({ client }: NewNode) => put('/clients', { id: formatId(client), connection: 'SSLAUTH' })
    expect(await done(dif.administer('ana', 'api', 'GET', '/clients'))).toMatchObject([{ id: 'QRO/GOB/DIF', certificates: [] }])
    for (const node of [dif, sedesoq]) await done(node.administer('ana', ...clientOf(node)))
    const foreign = await dif.administer('ana', ...clientOf(sedesoq))
    expect([foreign.code, foreign.out.join()]).toEqual([1, expect.stringContaining('no signing key of QRO/GOB/SEDESOQ')])
    const [certificate = new Uint8Array()] = readPem('CERTIFICATE', system.client.certificate)
    const added = { client: formatId(DIF), certificate: Buffer.from(certificate).toString('base64') }
    const given = ['api', 'POST', '/client-certificates', '-d', JSON.stringify(added)]
    expect(await done(dif.administer('ana', ...given))).toMatchObject({ id: formatId(DIF), certificates: [system.hash] })
    expect((await dif.administer('beto', ...given)).code).toBe(1)
  })

  test('a service and a right are given by two people; what is refused is told, logged, and changes nothing', async () => {
    await sedesoq.mayReachThisMachine()
    const url = await serviceOn(world.closers, (path) => ({ type: 'application/json', text: JSON.stringify({ url: path }) }))
    const early = await sedesoq.administer('ana', 'give', ...right)
    expect([early.code, early.out.join()]).toEqual([1, expect.stringContaining('not_found')])
    const service = { id: formatId(REST), type: 'REST', url, timeoutMs: 20_000, keepBodies: 'full' }
    await done(sedesoq.administer('ana', ...put('/services', service)))
    await done(sedesoq.administer('beto', 'give', ...right, '--basis', 'Convenio 12/2026'))
    expect(await done(sedesoq.administer('ana', 'list'))).toMatchObject([{ subject: { client: formatId(DIF) } }])
    const [held] = (await done(sedesoq.administer('ana', 'on', isoInstant(instant(Math.ceil(Date.now() / 1000) * 1000))))) as [
      { by: { who: string } },
    ]
    expect(held.by.who).toMatch(/^person beto \(arn:aws:/)
    const lines = await readLog(sedesoq.files)
    if (!lines.ok) throw new Error(lines.fault.detail)
    expect(lines.value.map(({ what, refused }) => [what, refused?.code])).toEqual([
      ['noteNode', undefined],
      ['putClient', undefined],
      ['giveRight', 'not_found'],
      ['putService', undefined],
      ['giveRight', undefined],
    ])
  })

  test('a command that was cut short after its act is finished by the next, and so is a table from an old copy brought back', async () => {
    const { store } = sedesoq
    const [published] = await store.query(`${NODE}rights/`)
    if (!published) throw new Error('no rights')
    expect(await store.put(published.key, null, published.version)).toBe(true)
    await done(sedesoq.administer('ana', 'list'))
    expect((await store.get(published.key))?.value).toEqual(published.value)
    // A table from an old copy: what lies under lock brings it back.
    const write = async (key: string, value: unknown) => store.put(key, value, (await store.get(key))?.version ?? 0)
    for (const { key } of [...(await store.query('admin/right/')), published]) await write(key, null)
    const lines = await readLog(sedesoq.files)
    if (!lines.ok) throw new Error(lines.fault.detail)
    await write('audit/head', { number: lines.value.length - 1, digest: lines.value.at(-1)?.previous })
    await done(sedesoq.administer('ana', 'list'))
    expect((await store.get(published.key))?.value).toEqual(published.value)
  })

  test('addresses and clients are set; what people did is published with the next question', async () => {
    for (const node of [dif, sedesoq]) {
      const address = await node.openToPeers()
      const server = serverOf(node)
      expect((await ana('PATCH', `/servers/${server.replace('QRO/', '')}`, { address })).status).toBe(200)
      const asked = await ana('POST', '/requests', { type: 'clientReg', server, client: formatId(node.client) })
      expect(asked.status, JSON.stringify(asked.body)).toBe(201)
      expect((await beto('POST', `/requests/${(asked.body as { id: number }).id}/approval`)).status).toBe(200)
    }
    expect((await fetch(`${world.centre.url}/internalconf?version=6`)).status, said('conf')).toBe(200)
    for (const node of [dif, sedesoq]) {
      const { configuration } = (await node.doors['refresh-trust'].invoke()) as { configuration: string }
      expect(configuration).toMatch(/^[0-9a-f]{20,}/)
    }
  })

  test('an exchange is answered, stamped and sealed; its evidence verifies offline', async () => {
    await dif.renewConsumer()
    const reply = await call(dif, `/r1/${formatId(REST)}/personas/1`)
    expect(
      [reply.status, reply.body.toString()],
      [...dif.doors.consume.log(), ...sedesoq.doors.provide.log()].slice(-8).join('\n'),
    ).toEqual([200, '{"url":"/personas/1"}'])
    for (const node of [dif, sedesoq]) {
      expect(await node.doors.archive.invoke(), node.doors.archive.log().join('\n')).toMatchObject({ secured: 2, sealed: 2, setAside: 0 })
      const folder = mkdtempSync(join(tmpdir(), 'sacbe-offline-'))
      try {
        const { containers, archives } = await exportedEvidence(node.files, folder)
        expect(containers).toHaveLength(2)
        const sacbe = (...args: string[]) => runTool(process.execPath, [join(ROOT_FOLDER, 'bin', 'sacbe.ts'), ...args])
        const verified = sacbe('verify', '--json', ...containers, '--trust', join(folder, 'trust'))
        expect([verified.status, verified.stderr], verified.stdout.toString()).toEqual([0, ''])
        expect(sacbe('verify-archive', ...archives, '--first', '--trust', join(folder, 'trust')).status).toBe(0)
      } finally {
        rmSync(folder, { recursive: true })
      }
    }
  }, 60_000)

  test('a node answers by itself who is in the exchange, and by what its evidence is judged; its archive is not its message door’s', async () => {
    const clients = await call(dif, '/listClients')
    expect([clients.status, clients.body.toString()]).toEqual([200, expect.stringMatching(/APOYOS[\s\S]*PADRON|PADRON[\s\S]*APOYOS/)])
    const configuration = await call(dif, '/verificationconf')
    expect([configuration.status, configuration.body.subarray(0, 2).toString()]).toEqual([200, 'PK'])
    const evidence = await call(dif, '/asic?queryId=x')
    expect(evidence.body.toString()).toMatch(/Fault/)
  })

  const asked = (name: CentreDoor) => world.centre.doors[name].proxy
  const count = (name: CentreDoor, ...actions: readonly string[]) =>
    asked(name).calls.filter(({ action }) => actions.includes(action)).length

  test('each door of the centre asked only for records that its rights name; no emulator holds it to that', () => {
    for (const name of Object.keys(world.centre.doors) as CentreDoor[]) {
      const { reads, writes } = recordRights(world.templates, name)
      const used = recordsIn(asked(name).questions)
      expect({ name, reads: used.reads.filter((each) => !reads.includes(each)) }).toEqual({ name, reads: [] })
      expect({ name, writes: used.writes.filter((each) => !writes.includes(each)) }).toEqual({ name, writes: [] })
      expect(used.reads.length, name).toBeGreaterThan(0)
    }
  })

  test('each may do nothing with the others’ keys and files, nor with what is an agency’s', async () => {
    const { ministack } = world.emulators
    const { stack, files } = world.centre
    const as = async (role: string) => awsThrough(ministack, await stack.credentialsOf(role))
    const [ca, ocsp, tsa, conf, admin] = [await as('Ca'), await as('Ocsp'), await as('Tsa'), await as('Conf'), await as('Admin')]
    const keyOf = (begins: string) => stack.physical('AWS::KMS::Key', begins)
    const sign = (KeyId: string) => ({
      KeyId,
      Message: Buffer.alloc(64).toString('base64'),
      MessageType: 'DIGEST',
      SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_512',
    })
    for (const [door, own] of [
      [ca, 'CaKey'],
      [ocsp, 'OcspKey'],
      [tsa, 'TsaKey'],
      [conf, 'ConfKey'],
      [admin, ''],
    ] as const)
      for (const key of ['CaKey', 'OcspKey', 'TsaKey', 'ConfKey'])
        if (key === own) expect(await door.ask('Sign', sign(keyOf(key)))).toBeTruthy()
        else await expect(door.ask('Sign', sign(keyOf(key))), `${own} ${key}`).rejects.toThrow(/AccessDenied/)
    const { REGISTRY_TABLE: table = '', PUBLICATION_BUCKET: bucket = '' } = await stack.settingsOf('Admin')
    const item = { pk: { S: 'registry' }, sk: { S: 'registry/x' } }
    await expect(tsa.ask('PutItem', { TableName: table, Item: item })).rejects.toThrow(/AccessDenied/)
    const { NODE_TABLE: another, EVIDENCE_BUCKET: evidence = '' } = await dif.stack.settingsOf('Consume')
    for (const door of [ca, conf, admin]) {
      await expect(door.ask('GetItem', { TableName: another, Key: { pk: { S: 'node' }, sk: { S: 'node/self' } } })).rejects.toThrow(
        /AccessDenied/,
      )
      await expect(door.ask('Sign', sign(dif.stack.physical('AWS::KMS::Key')))).rejects.toThrow(/AccessDenied/)
      expect((await door.object('GetObject', { bucket: evidence, key: 'receipts/0000000001.jsonl' })).status).toBe(403)
    }
    const [generation = ''] = await files.listLocked('generations/')
    const denied = [
      tsa.object('GetObject', { bucket, key: generation }),
      ocsp.object('GetObject', { bucket, key: generation }),
      admin.object('PutObject', { bucket, key: 'generations/000000999.json', body: Buffer.from('x') }),
      ca.object('PutObject', { bucket, key: 'V6/x', body: Buffer.from('x') }),
      conf.object('PutObject', { bucket, key: 'issued/x', body: Buffer.from('x') }),
    ]
    for (const [index, each] of denied.entries()) expect((await each).status, String(index)).toBe(403)
  })

  test('OCSP answers lie signed; who asks makes no key sign, and is answered while the key service is out', async () => {
    const { doors, url, store } = world.centre
    expect(await doors.ocsp.invoke(), said('ocsp')).toMatchObject({ left: 0 })
    const rows = await store.query<{ der: string; use: string }>('certificates/')
    expect(rows.map(({ value }) => value.use).toSorted()).toEqual(['authentication', 'authentication', 'signing', 'signing'])
    asked('ocsp').forget()
    asked('ocsp').decide(({ service }) => (service === 'kms' ? 'lost' : 'pass'))
    for (const { value } of rows) expect(await statusOf(value.der, url, store)).toBe('good')
    asked('ocsp').decide(() => 'pass')
    expect(count('ocsp', 'Sign')).toBe(0)
    console.log(`an OCSP answer: ${count('ocsp', 'GetItem', 'Query') / rows.length} reads of the table, no signature`)
    expect(await doors.ocsp.invoke()).toEqual({ signed: 0, left: 0 })
  })

  test('with the configuration’s key out, what is published is still given; its schedule fails, and catches up', async () => {
    const { doors, url } = world.centre
    const { serial } = (await doors.conf.invoke()) as { serial: number }
    expect((await ana('POST', '/members', { memberClass: 'GOB', memberCode: 'SALUD', name: 'Salud' })).status).toBe(201)
    asked('conf').decide(({ service }) => (service === 'kms' ? 'lost' : 'pass'))
    const before = await fetch(`${url}/internalconf?version=6`)
    expect([before.status, before.headers.get('cache-control')]).toEqual([200, 'no-cache'])
    await expect(doors.conf.invoke()).rejects.toThrow('Sign')
    asked('conf').decide(() => 'pass')
    expect(await doors.conf.invoke(), said('conf')).toEqual({ serial: serial + 1 })
    for (const node of [dif, sedesoq]) await node.doors['refresh-trust'].invoke()
  })

  test('a run of a schedule with nothing to do uses no more than the idle bill reckons', async () => {
    for (const name of ['conf', 'ca', 'ocsp'] as const) {
      await world.centre.doors[name].invoke()
      asked(name).forget()
      await world.centre.doors[name].invoke()
      const { tableReads = 0, tableWrites = 0, bucketPuts = 0, bucketGets = 0, signatures = 0 } = IDLE_RUNS[name] ?? {}
      const used = {
        reads: count(name, 'GetItem', 'Query'),
        writes: count(name, 'PutItem', 'TransactWriteItems'),
        puts: count(name, 'PutObject', 'ListObjectsV2'),
        gets: count(name, 'GetObject'),
        signatures: count(name, 'Sign'),
      }
      console.log(`an idle run of ${name}: ${JSON.stringify(used)}`)
      for (const [what, most] of Object.entries({ reads: tableReads, writes: tableWrites, puts: bucketPuts, gets: bucketGets, signatures }))
        expect(used[what as keyof typeof used], `${name} ${what}`).toBeLessThanOrEqual(most)
    }
  })

  test('money: the centre tells prices and keeps budgets; what a month cost is told by whoever holds the receipts', async () => {
    expect((await beto('GET', '/costs/estimate?messages=1000000')).status).toBe(200)
    const statement = await beto('GET', '/costs/statement')
    expect([statement.status, JSON.stringify(statement.body)]).toEqual([404, expect.stringContaining('receipts lie with each agency')])
  })

  test('a revocation shows with the next question', async () => {
    const { url, store, files } = world.centre
    const [first] = await store.query<{ der: string }>('certificates/')
    if (!first) throw new Error('no certificate')
    const certificate = readCertificate(Buffer.from(first.value.der, 'base64'))
    if (!certificate.ok) throw new Error('unreadable')
    expect(await statusOf(first.value.der, url, store)).toBe('good')
    await certificateRegister(store, files).revoke(certificate.value.serial, instant(Date.now()))
    expect(await statusOf(first.value.der, url, store)).toBe('revoked')
  })

  test('a door stays small: its bundle, and its heap once it has served', async () => {
    for (const [name, door] of Object.entries(world.centre.doors)) {
      const used = await door.heap()
      console.log(
        `${name}: ${Math.ceil(door.octets / 1024)} KB, loaded in ${door.importMs.toFixed(0)} ms, heap ${(used / 1e6).toFixed(1)} MB after its first requests`,
      )
      expect(door.octets).toBeLessThan(400 * 1024)
      expect(used).toBeLessThan(40e6)
    }
  })

  test('no line of any log holds a secret, and every put is write-once with a checksum', () => {
    const doors = [...Object.values(world.centre.doors), ...[dif, sedesoq].flatMap((node) => Object.values(node.doors))]
    expect(secrets).toHaveLength(2)
    for (const door of doors)
      for (const line of door.log()) {
        expect(() => JSON.parse(line), line).not.toThrow()
        for (const secret of secrets) expect(line).not.toContain(secret)
        expect(line).not.toMatch(/PRIVATE KEY|personas/)
      }
    const puts = Object.values(world.centre.doors).flatMap(({ proxy }) => proxy.puts)
    expect(puts.length).toBeGreaterThan(20)
    for (const headers of puts)
      expect([headers['if-none-match'], headers['x-amz-checksum-sha256']]).toEqual(['*', expect.stringMatching(/=$/)])
  })
})

/** What the centre answers about a certificate, asked as a stock server asks. */
async function statusOf(der: string, url: string, store: Store): Promise<string> {
  const certificate = readCertificate(Buffer.from(der, 'base64'))
  const ca = (await store.get<AuthorityRecord>('registry/authority/ca'))?.value
  const issuer = readCertificate(Buffer.from(ca?.certificate ?? '', 'base64'))
  if (!certificate.ok || !issuer.ok) throw new Error('unreadable')
  const headers = { 'content-type': 'application/ocsp-request' }
  const answer = await fetch(`${url}/ocsp`, { method: 'POST', headers, body: Buffer.from(ocspRequest(certificate.value, issuer.value)) })
  const response = readOcspResponse(new Uint8Array(await answer.arrayBuffer()))
  return response.ok ? response.value.singles[0].status : `${answer.status} ${response.fault.detail}`
}
