import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatId, memberOf } from '../../src/protocol/identifiers.ts'
import { runTool } from '../tools.ts'
import { callThrough, DIF, type Inside, insideDif, REST, SEDESOQ, serviceAt } from './agencies.ts'
import { type NewNode, openNewNode, serverOf } from './centre-nodes.ts'
import { type CentreDoor, type CentreWorld, MANAGER, openCentreWorld, serviceOn } from './centre-world.ts'
import { needsEmulators } from './emulators.ts'
import { exportedEvidence } from './exported.ts'

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
    for (const node of [dif, sedesoq]) {
      const invited = await ana('POST', '/invitations', { member: formatId(memberOf(node.client)), serverCode: 'nodo' })
      expect(invited.status, said('admin')).toBe(201)
      const { secret, fingerprint } = invited.body as { secret: string; fingerprint: string }
      const invitation = { centre: world.centre.url, secret, server: serverOf(node), fingerprint, zone: 'Z0', systems: [] }
      expect(await node.doors.enrol.invoke({ invitation }), `${node.doors.enrol.log()} ${said('ca')}`).toMatchObject({ node: 'enrolled' })
      expect(await node.doors.enrol.invoke({ invitation })).toMatchObject({ node: 'already' })
    }
    expect((await ana('GET', '/servers')).body).toEqual([])
  })

  test('each asks for its registration by its own signature; another person approves', async () => {
    for (const node of [dif, sedesoq]) expect((await call(node, `/r1/${formatId(REST)}/antes`)).status).not.toBe(200)
    const waiting = (await beto('GET', '/requests?status=WAITING')).body as { id: number; server: string; type: string }[]
    expect(
      waiting.map(({ server, type }) => [server, type]).toSorted(),
      `${dif.doors.consume.log().slice(-4).join('\n')} ${said('ca')} ${said('ocsp')}`,
    ).toEqual([
      [serverOf(dif), 'authCertReg'],
      [serverOf(sedesoq), 'authCertReg'],
    ])
    for (const { id } of waiting) expect((await beto('POST', `/requests/${id}/approval`)).status).toBe(200)
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
    const service = await serviceOn(world.closers, (url) => ({ type: 'application/json', text: JSON.stringify({ url }) }))
    await dif.give([])
    await sedesoq.give([serviceAt(REST, 'REST', service)])
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
})
