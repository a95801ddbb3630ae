import { join } from 'node:path'
import type { Now } from '../base/clock.ts'
import { ok, type Result } from '../base/result.ts'
import type { FetchUrl, Log } from '../exchange/ports.ts'
import { type ClientId, formatId, type MemberId, memberOf, ownerOf, parseClientId, parseServiceId } from '../protocol/identifiers.ts'
import type { GlobalGroup, Member } from '../trust/shared-parameters.ts'
import { noteNodeFile } from './administration.ts'
import { type Centre, type CentreOptions, startCentre } from './centre.ts'
import { enrolNode, registeredAs, systemCertificate, systemFolder } from './enrol.ts'
import { freePort } from './free-port.ts'
import type { Home } from './home.ts'
import { type RunningNode, startNode } from './node.ts'
import { must, type NodeFile, readNodeFile, type ServiceEntry } from './node-file.ts'
import type { NodePorts } from './node-ports.ts'
import type { NodePlan, Place, WorldPlan } from './plan.ts'
import { writePlannedFile } from './plan-merge.ts'
import { type Program, startProgram } from './program.ts'
import { type RegisteredServer, type Registry, withServer } from './registry.ts'
import type { Trouble } from './troubles.ts'
import { type WorldFile, writeWorldFile } from './world-file.ts'

export type WorldOptions = {
  readonly home: Pick<Home, 'folder' | 'passphrase' | 'scenario'>
  readonly plan: WorldPlan
  /** The first of the ports in a row; 0: any free ones. */
  readonly port: number
  readonly now: Now
  readonly log: Log
  readonly archive: 'ticking' | 'by hand'
  readonly archiveSeconds: number
  /** Nodes that run in processes of their own: set up and registered here, but not started. */
  readonly apart?: readonly string[]
  /** A node whose clock is its own; else it has the world's. */
  readonly nowOf?: (node: string) => Now
  /** How a node reaches the centre, when it is not by plain HTTP. */
  readonly fetchUrlOf?: (node: string) => FetchUrl
  /** How the centre paces itself, when not as usual. */
  readonly centre?: Pick<CentreOptions, 'terms' | 'certificateLife' | 'tending'>
  /** A test's way to watch, or to break, what a node's flows reach. */
  readonly wrap?: (node: string, ports: NodePorts) => NodePorts
}

/** A whole exchange on one machine while it runs. */
export type World = {
  readonly centre: Centre
  readonly nodes: ReadonlyMap<string, RunningNode>
  readonly programs: ReadonlyMap<string, Program>
  readonly file: WorldFile
  /** Requests a service was sent since the world started. */
  readonly serviceCalls: (service: string) => number
  readonly close: () => Promise<void>
}

/** Ports a world takes in a row: the centre, and two for each node. */
export const portsOf = ({ nodes }: WorldPlan): number => 1 + 2 * nodes.length

/**
 * Boots a world in its folder, making at the first time what is missing. On any trouble everything that was started is stopped again.
 */
export async function startWorld(options: WorldOptions): Promise<Result<World, Trouble>> {
  const closers: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const one of closers.splice(0).reverse()) await one()
  }
  const world = await boot(options, closers).catch(async (problem: unknown) => {
    await close()
    throw problem
  })
  if (!world.ok) await close()
  return world.ok ? ok({ ...world.value, close }) : world
}

async function boot(options: WorldOptions, closers: (() => Promise<unknown>)[]): Promise<Result<Omit<World, 'close'>, Trouble>> {
  const { home, plan, port, now, log } = options
  const count = portsOf(plan)
  const centre = await startCentre({
    folder: join(home.folder, 'centre'),
    passphrase: home.passphrase,
    instance: plan.instance,
    manager: managerOf(plan),
    port,
    ports: count,
    now,
    log,
    ...options.centre,
  })
  if (!centre.ok) return centre
  closers.push(centre.value.close)
  const programs = await startPrograms(options, closers)
  if (!programs.ok) return programs
  const nameOf = (member: MemberId) => plan.members.find(({ id }) => id === formatId(member))?.name ?? formatId(member)
  const folderOf = (name: string) => join(home.folder, 'nodes', name)
  const enrolment = { instance: plan.instance, nameOf, passphrase: home.passphrase, centre: centre.value, now }
  await Promise.all(plan.nodes.map((node) => enrolNode({ ...enrolment, plan: node, folder: folderOf(node.name) })))
  const counted = serviceCounter()
  const nodes = new Map<string, RunningNode>()
  for (const [index, node] of plan.nodes.entries()) {
    const apart = options.apart?.includes(node.name) ?? false
    const ports = await portPair(port === 0 ? 0 : port + 1 + 2 * index, apart)
    const file = writePlannedFile(folderOf(node.name), nodeFileOf(node, folderOf(node.name), ports, programs.value, options.archiveSeconds))
    await noteNodeFile(folderOf(node.name), now, log)
    if (apart) continue
    const wrap = (given: NodePorts) => counted.watch(file.services, options.wrap?.(node.name, given) ?? given)
    const own = options.nowOf?.(node.name) ?? now
    const reached = options.fetchUrlOf ? { fetchUrl: options.fetchUrlOf(node.name) } : {}
    const started = await startNode({
      ...options,
      ...reached,
      now: own,
      folder: folderOf(node.name),
      passphrase: home.passphrase,
      ports: count,
      wrap,
    })
    if (!started.ok) return started
    closers.push(started.value.close)
    nodes.set(node.name, started.value)
  }
  const entries = plan.nodes.map((node) => nodeEntry(node, folderOf(node.name), nodes.get(node.name)))
  const servers = plan.nodes.map((node, index) => registeredAs(node, folderOf(node.name), entries[index]?.provider ?? ''))
  await centre.value.change((registry) => planned(plan, registry, servers))
  for (const node of nodes.values()) await node.refreshTrust()
  const clients = plan.nodes.flatMap((node) => node.clients.map(({ id }) => clientEntry(node.name, folderOf(node.name), id)))
  const file = {
    scenario: home.scenario,
    instance: plan.instance,
    centre: centre.value.url,
    archiveSeconds: options.archiveSeconds,
    nodes: entries,
    clients,
  }
  writeWorldFile(home.folder, file)
  return ok({ centre: centre.value, nodes, programs: programs.value, file, serviceCalls: counted.of })
}

async function startPrograms(
  { plan, home, log }: WorldOptions,
  closers: (() => Promise<unknown>)[],
): Promise<Result<ReadonlyMap<string, Program>, Trouble>> {
  const programs = new Map<string, Program>()
  const say = (line: string) => log({ level: 'warn', event: 'program', why: line })
  for (const program of plan.programs) {
    const started = await startProgram(program, join(home.folder, 'programs', program.name), say)
    if (!started.ok) return started
    closers.push(started.value.stop)
    programs.set(program.name, started.value)
  }
  return ok(programs)
}

type Pair = { readonly consumerPort: number; readonly providerPort: number }

/** A node in a process of its own must be told its ports; one in this process may take what it gets. */
async function portPair(first: number, apart: boolean): Promise<Pair> {
  if (first !== 0) return { consumerPort: first, providerPort: first + 1 }
  return apart ? { consumerPort: await freePort(), providerPort: await freePort() } : { consumerPort: 0, providerPort: 0 }
}

function nodeFileOf(plan: NodePlan, folder: string, ports: Pair, programs: ReadonlyMap<string, Program>, archiveSeconds: number): NodeFile {
  const clients = plan.clients.map(({ id, connection = 'SSLAUTH' }) => ({ id, connection, certificates: [systemCertificate(folder, id)] }))
  const owners = [...new Set(plan.services.map(({ id }) => ownerId(id)))].filter((id) => !clients.some((client) => client.id === id))
  return {
    name: plan.name,
    server: `${plan.owner}/${plan.serverCode}`,
    edge: plan.edge,
    ...ports,
    archiveSeconds,
    clients: [...clients, ...owners.map((id) => ({ id, connection: 'SSLAUTH' as const, certificates: [] }))],
    services: plan.services.map((service) => serviceEntry(service, programs)),
    rights: plan.rights,
    localGroups: plan.localGroups ?? [],
    policies: plan.policies,
    ...(plan.settings?.messagePort === undefined ? {} : { providerPort: plan.settings.messagePort }),
    ...(plan.settings ? { settings: plan.settings } : {}),
    reach: [...(plan.services.some(({ at }) => 'program' in at) ? ['127.0.0.1'] : []), ...(plan.reach ?? [])],
  }
}

const ownerId = (service: string): string => formatId(ownerOf(must(parseServiceId(service))))

function serviceEntry(
  { id, type, at, timeoutMs = 20_000, keepBodies = 'full', disabled, description, endpoints }: NodePlan['services'][number],
  programs: ReadonlyMap<string, Program>,
): ServiceEntry {
  const urlOf = (place: Place) => ('url' in place ? place.url : `http://127.0.0.1:${programs.get(place.program)?.port()}${place.path}`)
  return {
    id,
    type,
    url: urlOf(at),
    timeoutMs,
    keepBodies,
    ...(disabled ? { disabled } : {}),
    ...(description ? { description: urlOf(description) } : {}),
    ...(endpoints ? { endpoints } : {}),
  }
}

function nodeEntry(plan: NodePlan, folder: string, running: RunningNode | undefined): WorldFile['nodes'][number] {
  const { consumerPort, providerPort } = readNodeFile(folder)
  const consumer = running?.consumer ?? `https://localhost:${consumerPort}`
  const provider = running?.provider ?? `localhost:${providerPort}`
  return { name: plan.name, server: `${plan.owner}/${plan.serverCode}`, edge: plan.edge, consumer, provider, folder }
}

function clientEntry(node: string, nodeFolder: string, id: string): WorldFile['clients'][number] {
  const folder = systemFolder(nodeFolder, id)
  return { id, node, certificate: join(folder, 'certificate.pem'), key: join(folder, 'key.pem'), authority: join(folder, 'authority.pem') }
}

/** Members, classes, groups and servers of the plan as it says, put in their places among those that came by another way. */
function planned(plan: WorldPlan, registry: Registry, servers: readonly RegisteredServer[]): Registry {
  const { memberClasses } = plan
  const members = plan.members.map((member): Member => {
    const id = memberOf(must(parseClientId(member.id)))
    const classDescription = memberClasses.find(({ code }) => code === id.memberClass)?.description ?? id.memberClass
    const subsystems = member.subsystems.map(({ code, name }) => ({ id: { ...id, subsystemCode: code }, ...(name ? { name } : {}) }))
    return { id, name: member.name, classDescription, subsystems }
  })
  const groups = (plan.globalGroups ?? []).map(
    (group): GlobalGroup => ({ ...group, members: group.members.map((id) => must(parseClientId(id))) }),
  )
  const whole = {
    ...registry,
    memberClasses: together(registry.memberClasses, memberClasses, ({ code }) => code),
    members: together(registry.members, members, ({ id }) => formatId(id)),
    groups: together(registry.groups, groups, ({ code }) => code),
  }
  return servers.reduce(withServer, whole)
}

/** The later of one key counts. */
function together<T>(there: readonly T[], planned: readonly T[], keyOf: (each: T) => string): readonly T[] {
  return [...new Map([...there, ...planned].map((each) => [keyOf(each), each])).values()]
}

/** The subsystem in whose name the centre offers its services: the first there is. */
function managerOf({ members }: WorldPlan): ClientId {
  const first = members.find(({ subsystems }) => subsystems.length > 0)
  if (!first) throw new Error('a world without a subsystem')
  return must(parseClientId(`${first.id}/${first.subsystems[0]?.code}`))
}

/** Counts what leaves for each service. */
function serviceCounter() {
  const counts = new Map<string, number>()
  const count = (services: readonly ServiceEntry[], url: string) => {
    for (const { id } of services.filter((service) => url.startsWith(service.url))) counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return {
    of: (service: string) => counts.get(service) ?? 0,
    watch: (services: readonly ServiceEntry[], ports: NodePorts): NodePorts => ({
      ...ports,
      callService: (call, ...rest) => {
        count(services, call.url)
        return ports.callService(call, ...rest)
      },
    }),
  }
}
