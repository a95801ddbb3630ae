import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { archiveHandler } from '../../functions/archive/handler.ts'
import { fetchOverHttp } from '../adapters/http/fetch-url.ts'
import { type Keys, openKeys } from '../adapters/local/keys.ts'
import { type LockedFiles, lockedFiles } from '../adapters/local/locked-files.ts'
import { type NodeStore, openNodeStore } from '../adapters/local/node-store.ts'
import { openSpool } from '../adapters/local/spool.ts'
import { type Now, SECOND } from '../base/clock.ts'
import { ok, type Result } from '../base/result.ts'
import type { ArchiveRun } from '../exchange/archive.ts'
import type { FetchUrl, Log, Peek, TrustInForce } from '../exchange/ports.ts'
import type { Outcome } from '../protocol/faults.ts'
import { lockHome } from './home-lock.ts'
import { inTurn } from './in-turn.ts'
import { nodeBudgets } from './node-budgets.ts'
import { daysClosing } from './node-close.ts'
import { openDoors } from './node-doors.ts'
import { certificatesOf, configurationOf, type NodeFile, nodeFilePath, readNodeFile } from './node-file.ts'
import { heldIdentity, nodeLife } from './node-life.ts'
import { bindPorts, type NodePorts } from './node-ports.ts'
import { ownTerms } from './node-settings.ts'
import { openSideDoors, type SideDoors } from './side-doors.ts'
import { type Trouble, trouble } from './troubles.ts'

export type NodeOptions = {
  readonly folder: string
  readonly passphrase: string
  readonly now: Now
  readonly log: Log
  /** 'ticking': archives by itself every so many seconds; 'by hand': when told. */
  readonly archive: 'ticking' | 'by hand'
  /** How many ports in a row the world wants, told to a person when one is taken. */
  readonly ports: number
  /** How the centre is reached, when it is not by plain HTTP. */
  readonly fetchUrl?: FetchUrl
  /** A test's way to watch, or to break, what the flows reach. */
  readonly wrap?: (ports: NodePorts) => NodePorts
}

/** One agency's node while it runs. */
export type RunningNode = {
  readonly name: string
  /** 'https://localhost:4511' for its own agency's systems. */
  readonly consumer: string
  /** 'localhost:4512' for its peers. */
  readonly provider: string
  /** The ports of its plain listeners, where its settings open any. */
  readonly sides: Omit<SideDoors, 'close'>
  readonly file: () => NodeFile
  readonly store: NodeStore
  readonly files: LockedFiles
  readonly archive: () => Promise<ArchiveRun>
  /** Looks for a newer configuration now, without waiting for traffic. */
  readonly refreshTrust: () => Promise<Outcome<TrustInForce>>
  /** Does what is due of itself, as it does every few seconds when it ticks: certificates, credentials, the watch over the centre, the daily head. */
  readonly tend: () => Promise<void>
  /** Takes up what the folder says now: node.json, and a renewed TLS certificate. Ports stay. */
  readonly reconfigure: () => Promise<void>
  readonly close: () => Promise<void>
}

/** What is due is decided by the clock; this is only how often one looks. */
const TEND_SECONDS = 5

/** Opens a node's folder and both its doors. Refused: it runs already, a key that does not open, a port that is taken. */
export async function startNode(options: NodeOptions): Promise<Result<RunningNode, Trouble>> {
  const lock = lockHome(options.folder)
  if (!lock.ok) return lock
  const keys = await openKeys(join(options.folder, 'keys'), options.passphrase)
  if (!keys.ok) {
    lock.value.release()
    return trouble('passphrase_wrong', { home: options.folder })
  }
  const store = openNodeStore(join(options.folder, 'node.sqlite'), 'apart')
  const leave = async () => {
    await store.close()
    lock.value.release()
  }
  const node = await open(options, keys.value, store)
  if (!node.ok) await leave()
  if (!node.ok) return node
  lock.value.announce(node.value.consumer)
  const close = async () => {
    await node.value.close()
    await leave()
  }
  return ok({ ...node.value, close })
}

async function open(options: NodeOptions, keys: Keys, store: NodeStore): Promise<Result<RunningNode, Trouble>> {
  const { folder, log } = options
  let file = readNodeFile(folder)
  let configuration = await configurationOf(folder, file)
  const files = lockedFiles(join(folder, 'archive'))
  const budgets = nodeBudgets({ folder, edge: file.edge, ports: { ...files, store: store.store, now: options.now }, log })
  await budgets.refresh()
  const fetchUrl = options.fetchUrl ?? fetchOverHttp()
  const terms = ownTerms(file.settings ?? {})
  const spool = terms && openSpool(join(folder, 'spool'))
  const own = spool ? { own: { ...terms, spool } } : {}
  const held = await heldIdentity(store)
  const base = await bindPorts({
    ...options,
    fetchUrl,
    keys,
    store,
    files,
    configuration: async () => held.onto(budgets.onto(configuration)),
    tlsKey: held.tlsKey,
    peerPort: file.settings?.peerPort,
    ...own,
  })
  const ports: NodePorts = (options.wrap ?? ((same) => same))(base.ports)
  let renewDoors = async () => {}
  const life = nodeLife({ folder, keys, ports, held, witness: file.settings?.witness, present: () => renewDoors() })
  const archive = archiveHandler(ports, file.name)
  const archiving = async (event: unknown) => {
    const run = await archive(event)
    await life.noteArchive(run)
    await budgets.refresh()
    await daysClosed()
    return run
  }
  const daysClosed = daysClosing({ node: file.name, folder, files, store, now: options.now, log })
  const line = archiveLine(archiving, log)
  const peek: Peek = async (most, mostBytes) => (await store.drain(most, mostBytes)).map(({ bytes }) => bytes)
  const local = { ...ports, peek, archiveNow: line.run }
  const identity = async () => ({ key: held.tlsKey(), certificate: (await ports.configuration()).authentication.certificate })
  const common = { ports: local, file, keys, identity, gates: life.gates, certificates: certificatesOf(folder), count: options.ports }
  const doors = await openDoors({ ...common, ...own })
  if (!doors.ok) return doors
  renewDoors = doors.value.renew
  const takeUp = async () => {
    file = readNodeFile(folder)
    configuration = await configurationOf(folder, file)
  }
  const tending = inTurn(async () => {
    const before = readFileSync(nodeFilePath(folder), 'utf8')
    await life.tend()
    if (readFileSync(nodeFilePath(folder), 'utf8') !== before || before !== taken) await takeUp()
    taken = readFileSync(nodeFilePath(folder), 'utf8')
  })
  let taken = readFileSync(nodeFilePath(folder), 'utf8')
  let looking: Promise<unknown> = Promise.resolve()
  const lookAfter = () => {
    looking = tending().catch((problem: unknown) => log({ level: 'error', event: 'not_tended', why: String(problem) }))
  }
  const sides = await openSideDoors(file.settings ?? {}, ports)
  if (!sides.ok) await doors.value.close()
  if (!sides.ok) return sides
  const ticker = options.archive === 'ticking' ? setInterval(line.tick, file.archiveSeconds * SECOND) : undefined
  const tender = options.archive === 'ticking' ? setInterval(lookAfter, TEND_SECONDS * SECOND) : undefined
  if (ticker) line.tick()
  if (tender) lookAfter()
  return ok({
    name: file.name,
    consumer: `https://localhost:${doors.value.consumerPort}`,
    provider: `localhost:${doors.value.providerPort}`,
    sides: sides.value,
    file: () => file,
    store,
    files,
    archive: line.run,
    refreshTrust: base.refreshTrust,
    tend: tending,
    reconfigure: async () => {
      await takeUp()
      await doors.value.renew()
    },
    close: async () => {
      clearInterval(ticker)
      clearInterval(tender)
      await Promise.all([doors.value.close(), sides.value.close()])
      await looking
      await spool?.close()
      await line.settled()
    },
  })
}

/** The archive's runs, one at a time. A run that fails is logged; what is kept stays kept, and the next run goes on from there. */
function archiveLine(handler: (event: unknown) => Promise<ArchiveRun>, log: Log) {
  let last: ArchiveRun | undefined
  const once = inTurn(async () => {
    last = await handler({})
  })
  let settled: Promise<unknown> = Promise.resolve()
  const run = async (): Promise<ArchiveRun> => {
    const running = once()
    settled = running.catch(() => {}) // whoever asked for the run hears of it
    await running
    if (!last) throw new Error('an archive run without a result')
    return last
  }
  const tick = () => void run().catch((problem: unknown) => log({ level: 'error', event: 'archive_failed', why: String(problem) }))
  return { run, tick, settled: async () => void (await settled) }
}
