import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launchNode, type Running } from '../../bench/throughput/processes.ts'
import { instant } from '../../src/base/clock.ts'
import { openHome } from '../../src/local/home.ts'
import { callAs } from '../../src/local/information-system.ts'
import type { WorldPlan } from '../../src/local/plan.ts'
import { startWorld } from '../../src/local/world.ts'
import { clientNamed, nodeNamed } from '../../src/local/world-file.ts'
import type { ClientAnswer, ClientCall } from '../../src/local/world-view.ts'
import { type Exchange, openExchange } from '../journeys/exchange.ts'
import { BANK, plan as ordinary, PERSONS } from '../journeys/plan.ts'

/** A world whose nodes are processes of their own, as they are where people work with them. Its centre and its services run here. */
export type Apart = AsyncDisposable & {
  readonly folder: string
  readonly pidOf: (node: string) => number
  readonly call: (more: Partial<ClientCall> & { readonly as?: string }) => Promise<ClientAnswer>
  /** Ends the processes, and opens the same folder with its nodes in this one: to seal, read and judge what they kept. */
  readonly gathered: () => Promise<Exchange>
}

export async function openApart({
  plan = ordinary,
  archiveSeconds = 3600,
}: {
  plan?: WorldPlan
  archiveSeconds?: number
} = {}): Promise<Apart> {
  const folder = mkdtempSync(join(tmpdir(), 'sacbe-apart-'))
  const names = plan.nodes.map(({ name }) => name)
  const home = openHome(folder, { passphrase: 'nopal azul', scenario: 'journeys' })
  if (!home.ok) throw new Error(home.fault.en)
  const started = await startWorld({
    home: home.value,
    plan,
    port: 0,
    now: () => instant(Date.now()),
    log: () => {},
    archive: 'by hand',
    archiveSeconds,
    apart: names,
  })
  if (!started.ok) throw new Error(started.fault.en)
  const world = started.value
  const running = new Map<string, Running>()
  for (const name of names.toReversed()) running.set(name, await launchNode(folder, name))
  const stop = async () => {
    for (const [name, each] of running) if (running.delete(name)) await each.stop()
    await world.close()
    home.value.lock.release()
  }
  return {
    folder,
    pidOf: (name) => running.get(name)?.pid ?? Number.NaN,
    call: ({ as = BANK, ...more }) => {
      const client = clientNamed(world.file, as)
      const node = client.ok ? nodeNamed(world.file, client.value.node) : client
      if (!client.ok || !node.ok) throw new Error(`no client ${as}`)
      return callAs(client.value, node.value, { method: 'GET', service: PERSONS, path: '/x', ...more })
    },
    gathered: async () => {
      await stop()
      return openExchange({ folder, plan })
    },
    [Symbol.asyncDispose]: async () => {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
