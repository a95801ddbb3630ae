import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadTrust } from '../../../src/cli/trust-folder.ts'
import { verifyContainer } from '../../../src/evidence/container-verify.ts'
import { readZip } from '../../../src/evidence/zip.ts'
import { archive } from '../../../src/exchange/archive.ts'
import type { Caller } from '../../../src/exchange/client-rules.ts'
import { keepConfiguration } from '../../../src/exchange/keep-configuration.ts'
import { type LocalPorts, localService } from '../../../src/exchange/local-services/local-services.ts'
import { trustOf } from '../../../src/trust/trust.ts'
import { type SharedParametersDraft, writeSharedParameters } from '../../../src/trust/write-shared-parameters.ts'
import { temporaryFolder } from '../../contract/temporary-folder.ts'
import { needs, runTool } from '../../tools.ts'
import { exampleDraft, published } from '../../trust/example.ts'
import { type TestNode, type TwoNodes, twoNodes } from '../two-nodes.ts'

const OPEN: Caller = { tls: true, certificate: null }
const DIF_ID = 'xRoadInstance=QRO&memberClass=GOB&memberCode=DIF&subsystemCode=APOYOS'
const SEDESOQ_ID = 'xRoadInstance=QRO&memberClass=GOB&memberCode=SEDESOQ&subsystemCode=PADRON'

function portsOf(node: TestNode): LocalPorts {
  const ports = node.archivePorts
  return {
    ...ports,
    configuration: async () => node.configuration.current,
    newId: () => 'an-id',
    peek: async (most, bytes) => (await ports.drain(most, bytes)).map((each) => each.bytes),
    archiveNow: () => archive('test', ports),
  }
}
async function get(node: TestNode, target: string, caller = OPEN) {
  const answer = await localService({ method: 'GET', target, headers: [] }, caller, portsOf(node))
  if (!answer) throw new Error(`${target} is not answered`)
  const header = (name: string) => answer.headers.find(([each]) => each === name)?.[1]
  const text = header('Content-Type')?.startsWith('text/') ? Buffer.from(answer.body).toString() : ''
  return { status: answer.status, type: header('Content-Type'), disposition: header('Content-Disposition'), text, body: answer.body }
}
const asic = (node: TestNode, query: string, caller = OPEN) => get(node, `/asic?${query}`, caller)
const call = (world: TwoNodes, id: string) =>
  world.ask({
    headers: [
      ['X-Road-Client', 'QRO/GOB/DIF/APOYOS'],
      ['X-Road-Id', id],
    ],
  })
async function entries(zip: Uint8Array): Promise<ReadonlyMap<string, Uint8Array>> {
  const read = await readZip(zip)
  if (!read.ok) throw new Error(read.fault.detail)
  return read.value
}

describe('the evidence of a message', () => {
  test('is told to be there but not sealed, then is given whole once it is', async () => {
    const world = await twoNodes()
    await call(world, 'q 1/ü')
    const query = `${DIF_ID}&queryId=q%201%2F%C3%BC`
    expect(await asic(world.consumer, query)).toMatchObject({ status: 500, type: 'text/plain; charset=UTF-8' })
    expect((await asic(world.consumer, query)).text).toMatch(/not sealed yet/)
    expect((await archive('test', world.consumer.archivePorts)).sealed).toBe(2)
    const { status, type, disposition, body } = await asic(world.consumer, query)
    expect([status, type, disposition]).toEqual([200, 'application/zip', 'filename="q+1%2F%C3%BC.zip"'])
    const containers = await entries(body)
    expect([...containers.keys()]).toEqual(['q+1%2F%C3%BC-request-1.asice', 'q+1%2F%C3%BC-response-2.asice'])
    for (const container of containers.values())
      expect(await verifyContainer(container, world.trust.current.trust, 'strict')).toMatchObject({ valid: true })
    expect(Buffer.compare((await asic(world.consumer, query)).body, body), 'the same bytes again').toBe(0)
  })
  test('in custody and not yet sealed is told apart from what nobody has', async () => {
    const world = await twoNodes()
    await call(world, 'q-1')
    world.centre.silent.add('http://tsa.test')
    expect((await archive('test', world.consumer.archivePorts)).secured).toBe(2)
    expect((await asic(world.consumer, `${DIF_ID}&queryId=q-1`)).status).toBe(500)
    expect((await asic(world.consumer, `${DIF_ID}&queryId=q-2`)).status).toBe(404)
    expect((await asic(world.consumer, `${DIF_ID}&queryId=q-1&force`)).status, 'force cannot stamp either').toBe(500)
    world.centre.silent.clear()
    expect((await asic(world.consumer, `${DIF_ID}&queryId=q-1&force`)).status).toBe(200)
  })
  test('is sealed at once with force, and the archive line is left alone when all is sealed', async () => {
    const world = await twoNodes()
    await call(world, 'q-1')
    expect((await asic(world.provider, `${SEDESOQ_ID}&queryId=q-1&force=no`)).status).toBe(200)
    expect((await world.provider.archivePorts.listLocked('receipts/')).length).toBe(1)
    await call(world, 'q-2')
    expect((await asic(world.provider, `${SEDESOQ_ID}&queryId=q-1&force`)).status).toBe(200)
    expect((await world.provider.archivePorts.listLocked('receipts/')).length).toBe(1)
  })
  test('is given one way only, or one container alone', async () => {
    const world = await twoNodes()
    await call(world, 'q-1')
    await archive('test', world.consumer.archivePorts)
    const query = `${DIF_ID}&queryId=q-1`
    const oneWay = await asic(world.consumer, `${query}&responseOnly=`)
    expect(oneWay.disposition).toBe('filename="q-1-response.zip"')
    const [name, container] = [...(await entries(oneWay.body))][0] as [string, Uint8Array]
    const only = await asic(world.consumer, `${query}&responseOnly&unique`)
    expect(only).toMatchObject({ status: 200, type: 'application/vnd.etsi.asic-e+zip', disposition: `filename="${name}"` })
    expect(Buffer.compare(only.body, container)).toBe(0)
  })
  test('of several exchanges under one id is given together, over archive files; not as one', async () => {
    const world = await twoNodes()
    for (let each = 0; each < 2; each++) {
      await call(world, 'q-1')
      await archive('test', world.consumer.archivePorts)
    }
    const { body } = await asic(world.consumer, `${DIF_ID}&queryId=q-1`)
    expect([...(await entries(body)).keys()]).toEqual([
      'q-1-request-1.asice',
      'q-1-response-2.asice',
      'q-1-request-3.asice',
      'q-1-response-4.asice',
    ])
    expect((await asic(world.consumer, `${DIF_ID}&queryId=q-1&requestOnly&unique`)).status).toBe(500)
  })
  test('whose archive file is gone is a fault of the node, and the log names it', async () => {
    const world = await twoNodes()
    await call(world, 'q-1')
    await archive('test', world.consumer.archivePorts)
    const { getLocked } = world.consumer.archivePorts
    const gone = {
      ...portsOf(world.consumer),
      getLocked: async (name: string) => (name.startsWith('archive/') ? undefined : getLocked(name)),
    }
    const answer = await localService({ method: 'GET', target: `/asic?${DIF_ID}&queryId=q-1`, headers: [] }, OPEN, gone)
    expect(answer?.status).toBe(500)
    expect(world.consumer.log.map(({ event }) => event)).toContain('archive_unreadable')
  })
  test.skipIf(!needs('unzip'))('is stored, not deflated, for any tool to open', async () => {
    const world = await twoNodes()
    await call(world, 'q-1')
    const file = join(temporaryFolder(), 'evidence.zip')
    writeFileSync(file, (await asic(world.consumer, `${DIF_ID}&queryId=q-1&force`)).body)
    expect(runTool('unzip', ['-v', file]).stdout.toString()).toMatch(/Stored.*q-1-request-1\.asice\n.*Stored.*q-1-response-2\.asice/)
    expect(runTool('unzip', ['-t', file]).status).toBe(0)
  })
})

describe('a download is refused, in this order', () => {
  const known = new TextEncoder().encode('a certificate')
  async function world() {
    const made = await twoNodes()
    await call(made, 'q-1')
    return made
  }
  test.each<[string, string, number, RegExp]>([
    ['no parameter at all', '', 400, /memberCode/],
    ['no instance', 'memberClass=GOB&memberCode=DIF&queryId=q-1', 400, /xRoadInstance/],
    ['an empty member', 'xRoadInstance=QRO&memberClass=GOB&memberCode=&queryId=q-1', 400, /blank/],
    ['an empty subsystem', 'xRoadInstance=QRO&memberClass=GOB&memberCode=DIF&subsystemCode=&queryId=q-1', 400, /blank/],
    ['a client of another node', `${SEDESOQ_ID}&queryId=q-1`, 401, /no client of this node/],
    ['a client of another node before the missing id', SEDESOQ_ID, 401, /no client of this node/],
    ['the member in place of its subsystem', 'xRoadInstance=QRO&memberClass=GOB&memberCode=DIF&queryId=q-1', 401, /no client/],
    ['no id', DIF_ID, 400, /queryId/],
    ['an empty id', `${DIF_ID}&queryId=`, 400, /queryId/],
    ['both directions only', `${DIF_ID}&queryId=q-1&requestOnly&responseOnly`, 400, /exclude each other/],
    ['an id nobody used', `${DIF_ID}&queryId=q-9`, 404, /not_found/],
    ['an id in another letter case', `${DIF_ID}&queryId=Q-1`, 404, /not_found/],
    ['an id nobody used, before unique', `${DIF_ID}&queryId=q-9&unique`, 404, /not_found/],
    ['what is not sealed, before unique', `${DIF_ID}&queryId=q-1&unique`, 500, /not sealed yet/],
    ['unique without a direction', `${DIF_ID}&queryId=q-1&unique&force`, 400, /unique goes with/],
  ])('%s', async (_, query, status, why) => {
    const answer = await asic((await world()).consumer, query)
    expect(answer).toMatchObject({ status, type: 'text/plain; charset=UTF-8' })
    expect(answer.text).toMatch(why)
  })
  test.each<[string, 'SSLAUTH' | 'SSLNOAUTH', Caller, number]>([
    ['without TLS', 'SSLNOAUTH', { tls: false, certificate: null }, 401],
    ['without a certificate', 'SSLAUTH', { tls: true, certificate: null }, 401],
    ['with another certificate', 'SSLAUTH', { tls: true, certificate: new Uint8Array(3) }, 401],
    ['with its own', 'SSLAUTH', { tls: true, certificate: known }, 200],
  ])('a system that comes %s, as for its calls (%s)', async (_, connection, caller, status) => {
    const made = await world()
    const { current } = made.consumer.configuration
    const certificates = [createHash('sha256').update(known).digest('hex')]
    made.consumer.configuration.current = {
      ...current,
      clients: current.clients.map((client) => ({ ...client, connection, certificates })),
    }
    expect((await asic(made.consumer, `${DIF_ID}&queryId=q-1&force`, caller)).status).toBe(status)
  })
  test('a party gets its own side alone, though the node keeps both', async () => {
    const made = await twoNodes()
    await call(made, 'q-1')
    const { current } = made.provider.configuration
    const [sedesoq] = current.clients
    if (!sedesoq) throw new Error('no client')
    const dif = { ...sedesoq, id: { instance: 'QRO', memberClass: 'GOB', memberCode: 'DIF', subsystemCode: 'APOYOS' } }
    made.provider.configuration.current = { ...current, clients: [sedesoq, dif] }
    expect((await asic(made.provider, `${DIF_ID}&queryId=q-1&force`)).status).toBe(404)
    expect((await asic(made.provider, `${SEDESOQ_ID}&queryId=q-1`)).status).toBe(200)
  })
})

describe('the configuration to verify by', () => {
  const drafts: readonly SharedParametersDraft[] = [exampleDraft('LAB'), exampleDraft('VECINA / SUR')]
  async function world() {
    const made = await twoNodes()
    const parameters = drafts.map((draft) => ({ instance: draft.instance, bytes: writeSharedParameters(draft, 6) }))
    const configuration = await keepConfiguration({ instance: 'LAB', parameters, directories: [] }, made.consumer.archivePorts)
    made.trust.current = {
      ...made.trust.current,
      trust: trustOf(
        'LAB',
        drafts.map((draft) => published(draft)),
      ),
      configuration,
    }
    return { made, parameters }
  }
  test('is given to whoever asks: every instance known, its version beside it, and whose it is', async () => {
    const { made, parameters } = await world()
    const { status, type, disposition, body } = await get(made.consumer, '/verificationconf', { tls: false, certificate: null })
    expect([status, type, disposition]).toEqual([200, 'application/zip', 'filename="verificationconf.zip"'])
    const files = await entries(body)
    expect([...files.keys()]).toEqual([
      'verificationconf/LAB/shared-params.xml',
      'verificationconf/LAB/shared-params.xml.metadata',
      'verificationconf/VECINA%20%2F%20SUR/shared-params.xml',
      'verificationconf/VECINA%20%2F%20SUR/shared-params.xml.metadata',
      'verificationconf/instance-identifier',
    ])
    expect(
      Buffer.compare(files.get('verificationconf/LAB/shared-params.xml') ?? new Uint8Array(0), parameters[0]?.bytes ?? new Uint8Array(1)),
    ).toBe(0)
    const again = await get(made.consumer, '/verificationconf')
    expect(Buffer.compare(again.body, body), 'the same bytes again').toBe(0)
  })
  test.skipIf(!needs('unzip'))('unpacked, is the trust that our verifier loads', async () => {
    const { made } = await world()
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'conf.zip'), (await get(made.consumer, '/verificationconf')).body)
    expect(runTool('unzip', ['-q', join(folder, 'conf.zip'), '-d', folder]).status).toBe(0)
    const loaded = await loadTrust(join(folder, 'verificationconf'))
    expect(loaded.ok && [...loaded.value.instances.keys()]).toEqual(['LAB', 'VECINA / SUR'])
  })
  test('that is not under lock is a fault of the node', async () => {
    const made = await twoNodes()
    expect((await get(made.consumer, '/verificationconf')).status).toBe(500)
    const broken = {
      ...portsOf(made.consumer),
      trust: async () => ({ ok: false, fault: { path: ['malformed_global_conf'], detail: '' } }) as const,
    }
    expect((await localService({ method: 'GET', target: '/verificationconf', headers: [] }, OPEN, broken))?.status).toBe(500)
  })
})
