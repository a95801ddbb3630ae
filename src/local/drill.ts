import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fetchOverHttp } from '../adapters/http/fetch-url.ts'
import { openKeys } from '../adapters/local/keys.ts'
import { lockedFiles } from '../adapters/local/locked-files.ts'
import type { Now } from '../base/clock.ts'
import { ok, type Result } from '../base/result.ts'
import { verifyContainer } from '../evidence/container-verify.ts'
import type { Log } from '../exchange/ports.ts'
import { readLog, stateAt } from '../exchange/register/change-log.ts'
import { trustOfDay } from '../exchange/trust-refresh.ts'
import { memberOf, parseServerId } from '../protocol/identifiers.ts'
import { type InstanceRecord, KEYS } from '../trust/registry/records.ts'
import type { Trust } from '../trust/trust.ts'
import { type Centre, startCentre } from './centre.ts'
import { openDesk } from './centre-desk.ts'
import { giveCredential } from './credentials.ts'
import { systemFolder } from './enrol.ts'
import { containersIn, evidenceItems } from './evidence.ts'
import { freePort } from './free-port.ts'
import { callAs } from './information-system.ts'
import { joinExchange } from './join.ts'
import { type RunningNode, startNode } from './node.ts'
import { must, type NodeFile, readNodeFile, writeNodeFile } from './node-file.ts'
import { type Trouble, trouble } from './troubles.ts'

export type DrillOptions = {
  /** The world to bring back; only read, and only what is under lock and what is configuration. */
  readonly home: string
  /** An empty folder, where it comes back. */
  readonly scratch: string
  readonly now: Now
  readonly log: Log
}
export type DrillFigures = {
  readonly centre: { readonly acts: number; readonly seconds: number }
  readonly nodes: readonly {
    readonly name: string
    readonly seconds: number
    readonly records: number
    readonly strict: number
    readonly stock: number
  }[]
  /** A call from one restored node to another, answered and sealed onto the old chain. */
  readonly exchange: 'answered' | 'refused' | 'nobody to call'
  readonly sealedAfter: number
  readonly seconds: number
}

const PASSPHRASE = 'simulacro'
const elapsed = (since: number): number => Math.round((performance.now() - since) / 100) / 10

/**
 * Brings a centre and its nodes back in another folder, from what lies under lock and from configuration alone: no key and no store is taken along. New
 * keys are made, certificates ordered, servers registered anew; old evidence is judged without any key; the chain goes on where it stood. What is live
 * is not touched. Refused where there is no world, or its log does not follow from itself.
 */
export async function drillRestore({ home, scratch, now, log }: DrillOptions): Promise<Result<DrillFigures, Trouble>> {
  const began = performance.now()
  const under = join(home, 'centre', 'published')
  if (!existsSync(under)) return trouble('no_world', { home })
  cpSync(under, join(scratch, 'centre', 'published'), { recursive: true })
  const acts = await readLog(lockedFiles(join(scratch, 'centre', 'published')))
  const instance = acts.ok ? (stateAt(acts.value, now()).get(KEYS.instance)?.value as InstanceRecord | undefined) : undefined
  if (!acts.ok || !instance) return trouble('home_damaged', { home, reason: acts.ok ? 'audit' : acts.fault.detail })
  const options = { folder: join(scratch, 'centre'), passphrase: PASSPHRASE, instance: instance.instance, manager: instance.provider }
  const centre = await startCentre({ ...options, port: 0, ports: 1, now, log, tending: 'by hand' })
  if (!centre.ok) return centre
  const nodes: RunningNode[] = []
  try {
    await centre.value.tend()
    const centreFigures = { acts: acts.value.length, seconds: elapsed(began) }
    const restored: DrillFigures['nodes'][number][] = []
    for (const name of readdirSync(join(home, 'nodes')).filter((each) => existsSync(join(home, 'nodes', each, 'node.json')))) {
      const since = performance.now()
      const node = await restoreNode(join(home, 'nodes', name), { scratch, name, now, log })
      if (!node.ok) return node
      nodes.push(node.value)
      restored.push({ name, ...(await judged(node.value)), seconds: elapsed(since) })
    }
    for (const node of nodes) await settle(node, centre.value)
    const exchange = await tryExchange(nodes, join(scratch, 'nodes'))
    let sealedAfter = 0
    for (const node of nodes) sealedAfter += (await node.archive()).sealed
    return ok({ centre: centreFigures, nodes: restored, exchange, sealedAfter, seconds: elapsed(began) })
  } finally {
    for (const node of nodes) await node.close()
    await centre.value.close()
  }
}

type Restoring = Pick<DrillOptions, 'scratch' | 'now' | 'log'> & { readonly name: string }

/** A node from its archive and its file: joined anew by an invitation, then put in its old place. */
async function restoreNode(old: string, { scratch, name, now, log }: Restoring): Promise<Result<RunningNode, Trouble>> {
  const file = readNodeFile(old)
  const server = must(parseServerId(file.server))
  const desk = openDesk(scratch, 'drill', now, log)
  if (!desk.ok) return desk
  const clients = file.clients.map(({ id }) => id)
  const subsystems = clients.flatMap((id) => id.split('/')[3] ?? [])
  const invitation = must(await desk.value.invite({ member: memberOf(server), name: '', subsystems, serverCode: server.serverCode }))
  await desk.value.close()
  const folder = join(scratch, 'nodes', name)
  mkdirSync(join(scratch, 'nodes'), { recursive: true })
  const [consumerPort, providerPort] = [await freePort(), await freePort()]
  const address = `localhost:${providerPort}`
  const place = { folder, passphrase: PASSPHRASE, name, serverCode: server.serverCode, address, consumerPort, providerPort }
  must(await joinExchange({ ...place, invitation, fetchUrl: fetchOverHttp(), now }))
  cpSync(join(old, 'archive'), join(folder, 'archive'), { recursive: true })
  const made = readNodeFile(folder)
  const restoredFile: NodeFile = {
    ...file,
    address,
    consumerPort,
    providerPort,
    clients: file.clients.map((each) => ({ ...each, certificates: [] })),
  }
  writeNodeFile(folder, { ...restoredFile, settings: {}, clients: restoredFile.clients.length > 0 ? restoredFile.clients : made.clients })
  const keys = await openKeys(join(folder, 'keys'), PASSPHRASE)
  if (!keys.ok) return trouble('passphrase_wrong', { home: folder })
  for (const { id } of file.clients) await giveCredential(folder, id, keys.value, now)
  return startNode({ folder, passphrase: PASSPHRASE, now, log, archive: 'by hand', ports: 2 })
}

/** Every sealed record, judged by the trust of its day: no key is needed for that, old or new. */
async function judged({
  name,
  files,
  store,
}: RunningNode): Promise<{ readonly records: number; readonly strict: number; readonly stock: number }> {
  const items = (await evidenceItems({ node: name, files, store })).filter(({ state }) => state === 'sealed')
  const containerOf = containersIn(files)
  const trusts = new Map<string, Trust>()
  let [strict, stock] = [0, 0]
  for (const item of items) {
    const bytes = await containerOf(item)
    const trust = trusts.get(item.configuration) ?? must(await trustOfDay(item.configuration, files))
    trusts.set(item.configuration, trust)
    if ((await verifyContainer(bytes, trust, 'strict')).fault === undefined) strict++
    if ((await verifyContainer(bytes, trust, 'stock')).fault === undefined) stock++
  }
  return { records: items.length, strict, stock }
}

const MOST_LOOKS = 20

/** Until its registration is through: certificate, address, clients. */
async function settle(node: RunningNode, centre: Centre): Promise<void> {
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    await node.tend()
    await centre.tend()
    await node.refreshTrust()
    const waiting = await node.store.store.get<unknown>('life/settled')
    if (waiting?.value === true) return
    await pause(100)
  }
}

async function tryExchange(nodes: readonly RunningNode[], folder: string): Promise<DrillFigures['exchange']> {
  for (const node of nodes) await node.refreshTrust()
  for (const consumer of nodes) {
    const client = consumer
      .file()
      .clients.find(({ id }) => id.split('/').length === 4 && consumer.file().services.every((service) => !service.id.startsWith(id)))
    const provider = nodes.find((each) => each !== consumer && each.file().services.length > 0)
    const service = provider?.file().services[0]
    if (!client || !service) continue
    const system = systemFolder(join(folder, consumer.name), client.id)
    const entry = {
      id: client.id,
      node: consumer.name,
      certificate: join(system, 'certificate.pem'),
      key: join(system, 'key.pem'),
      authority: join(system, 'authority.pem'),
    }
    const { name, consumer: door, provider: peers } = consumer
    const place = {
      name,
      server: consumer.file().server,
      edge: consumer.file().edge,
      consumer: door,
      provider: peers,
      folder: join(folder, name),
    }
    const owner = service.id.split('/').slice(0, 4).join('/')
    const answer = await callAs(entry, place, { method: 'GET', service: `${owner}/listMethods`, path: '' })
    return answer.status === 200 ? 'answered' : 'refused'
  }
  return 'nobody to call'
}
