import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { instant, later, type Now } from '../../src/base/clock.ts'
import { verifyContainer } from '../../src/evidence/container-verify.ts'
import type { FetchUrl, LogEntry } from '../../src/exchange/ports.ts'
import { trustOfDay } from '../../src/exchange/trust-refresh.ts'
import { containersIn, type EvidenceItem, evidenceItems } from '../../src/local/evidence.ts'
import { callAs } from '../../src/local/information-system.ts'
import { must, readNodeFile, writeNodeFile } from '../../src/local/node-file.ts'
import type { NodePorts } from '../../src/local/node-ports.ts'
import type { WorldPlan } from '../../src/local/plan.ts'
import { startWorld, type World, type WorldOptions } from '../../src/local/world.ts'
import { clientNamed, nodeNamed } from '../../src/local/world-file.ts'
import type { ClientAnswer, ClientCall } from '../../src/local/world-view.ts'
import { BANK, plan as ordinary, PERSONS } from './plan.ts'

export type ExchangeOptions = {
  readonly wrap?: (node: string, ports: NodePorts) => NodePorts
  /** A node whose clock is off by so many milliseconds. */
  readonly skew?: Readonly<Record<string, number>>
  /** How nodes reach the centre: a test may stand in between. */
  readonly fetchUrl?: FetchUrl
  /** How the centre paces itself, when not as usual. */
  readonly centre?: NonNullable<WorldOptions['centre']>
  /** A folder of an earlier exchange, to open again. */
  readonly folder?: string
  /** The world's clock begins here, in milliseconds before or after the machine's. */
  readonly ahead?: number
  /** Another world than the ordinary one. */
  readonly plan?: WorldPlan
  /** Which entries of the log are remembered: years of them are more than memory. @default all */
  readonly remember?: (entry: LogEntry) => boolean
}

/** A whole exchange with a clock the test sets; gone with its folder when the test is over. */
export type Exchange = AsyncDisposable & {
  readonly world: World
  readonly folder: string
  readonly log: readonly LogEntry[]
  readonly now: Now
  readonly wait: (ms: number) => void
  /** What an operator sets in the node's file. */
  readonly setStopOnAlarm: (node: string, stop: boolean) => void
  readonly get: (path?: string, more?: Partial<ClientCall> & { readonly as?: string }) => Promise<ClientAnswer>
  /** Sides and directions of what a node holds of one exchange, or of all; 'consumer request'. */
  readonly kept: (node: string, requestId?: string) => Promise<readonly string[]>
  /** Seals what waits and gives every record of a node. */
  readonly sealed: (node: string) => Promise<readonly EvidenceItem[]>
  /** Judges a sealed record by the trust of its day. */
  readonly verdict: (item: EvidenceItem, profile?: 'strict' | 'stock') => ReturnType<typeof verifyContainer>
  /** Stops the world, leaves the folder. */
  readonly stop: () => Promise<void>
}

export async function openExchange({
  wrap,
  skew = {},
  fetchUrl,
  centre = { tending: 'by hand' },
  folder: given,
  ahead = 0,
  plan = ordinary,
  remember = () => true,
}: ExchangeOptions = {}): Promise<Exchange> {
  const folder = given ?? mkdtempSync(join(tmpdir(), 'sacbe-exchange-'))
  const log: LogEntry[] = []
  let added = ahead
  const now: Now = () => instant(Date.now() + added)
  const nowOf =
    (node: string): Now =>
    () =>
      later(now(), skew[node] ?? 0)
  const home = { folder, passphrase: 'nopal azul', scenario: 'journeys' }
  const started = await startWorld({
    home,
    plan,
    port: 0,
    now,
    nowOf,
    log: (entry) => void (remember(entry) && log.push(entry)),
    archive: 'by hand',
    archiveSeconds: 5,
    centre,
    ...(wrap ? { wrap } : {}),
    ...(fetchUrl ? { fetchUrlOf: () => fetchUrl } : {}),
  })
  if (!started.ok) throw new Error(started.fault.en)
  const world = started.value
  const nodeOf = (name: string) => {
    const node = world.nodes.get(name)
    if (!node) throw new Error(`no node ${name}`)
    return node
  }
  const readers = new Map<string, ReturnType<typeof containersIn>>()
  const itemsOf = (name: string) => evidenceItems({ node: name, files: nodeOf(name).files, store: nodeOf(name).store })
  return {
    world,
    folder,
    log,
    now,
    wait: (ms) => {
      added += ms
    },
    setStopOnAlarm: (name, stopOnAlarm) => {
      const nodeFolder = join(folder, 'nodes', name)
      const file = readNodeFile(nodeFolder)
      writeNodeFile(nodeFolder, { ...file, settings: { ...file.settings, stopOnAlarm } })
    },
    get: (path = '', { as = BANK, ...more } = {}) => {
      const client = clientNamed(world.file, as)
      if (!client.ok) throw new Error(client.fault.en)
      const node = nodeNamed(world.file, client.value.node)
      if (!node.ok) throw new Error(node.fault.en)
      return callAs(client.value, node.value, { method: 'GET', service: PERSONS, path, ...more })
    },
    kept: async (name, requestId) =>
      (await itemsOf(name))
        .filter((item) => requestId === undefined || item.requestId === requestId)
        .map(({ side, direction }) => `${side} ${direction}`),
    sealed: async (name) => {
      const run = await nodeOf(name).archive()
      expect(run.waiting).toBeUndefined()
      return itemsOf(name)
    },
    verdict: async (item, profile = 'strict') => {
      const { files } = nodeOf(item.node)
      const containerOf = readers.get(item.node) ?? containersIn(files)
      readers.set(item.node, containerOf)
      return verifyContainer(await containerOf(item), must(await trustOfDay(item.configuration, files)), profile)
    },
    stop: () => world.close(),
    [Symbol.asyncDispose]: async () => {
      await world.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export const header = (answer: ClientAnswer, name: string): string | undefined =>
  answer.headers.find(([found]) => found.toLowerCase() === name)?.[1]
export const text = ({ body }: ClientAnswer): string => Buffer.from(body).toString('utf8')
export const json = (answer: ClientAnswer): Record<string, unknown> => JSON.parse(text(answer)) as Record<string, unknown>
export const requestIdOf = (answer: ClientAnswer): string => header(answer, 'x-road-request-id') ?? ''

/** A refusal as everybody gets it: its code twice, a sentence in two languages, the id to ask about, and nothing of our insides. */
export function expectRefusal(answer: ClientAnswer, code: string, status = 500): void {
  const { type, message, detail } = json(answer)
  expect([answer.status, header(answer, 'x-road-error'), type]).toEqual([status, code, code])
  expect(message).toMatch(/^\S.* \| \S.*/s)
  expect(detail).toBe(requestIdOf(answer))
  expect(text(answer)).not.toMatch(/\\n\s+at |\.ts\b|node:internal|file:\/\/|\/work\/|\/tmp\//)
}
