import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Now } from '../base/clock.ts'
import { type EvidenceItem, evidenceItems } from './evidence.ts'
import { exportEvidence } from './export-evidence.ts'
import { verifyAfresh } from './fresh-verifier.ts'
import { callAs } from './information-system.ts'
import type { RunningNode } from './node.ts'
import type { World } from './world.ts'
import { clientNamed, nodeNamed } from './world-file.ts'
import type { WorldView } from './world-view.ts'

const SEAL_TRIES = 20

/** A running world as a scenario's steps see it. Troubles are thrown: a step that asks for what is not there is a bug of the scenario. */
export function viewOf(world: World, evidenceFolder: string, now: Now): WorldView {
  const { file, nodes } = world
  const nodeOf = (name: string): RunningNode => {
    const node = nodes.get(name)
    if (!node) throw new Error(`no node ${name} runs here`)
    return node
  }
  const itemsOf = async (name: string, messageId: string) => {
    const { files, store } = nodeOf(name)
    return (await evidenceItems({ node: name, files, store })).filter((item) => item.messageId === messageId)
  }
  return {
    instance: file.instance,
    now,
    call: (client, call) => {
      const entry = clientNamed(file, client)
      if (!entry.ok) throw new Error(entry.fault.en)
      const node = nodeNamed(file, entry.value.node)
      if (!node.ok) throw new Error(node.fault.en)
      return callAs(entry.value, node.value, call)
    },
    evidence: itemsOf,
    serviceCalls: world.serviceCalls,
    exportEvidence: async (name, messageId) => {
      const items = await sealedItems(nodeOf(name), () => itemsOf(name, messageId))
      const folder = join(evidenceFolder, `${name}-${messageId.replace(/[^A-Za-z0-9.-]+/g, '_')}-${randomUUID().slice(0, 8)}`)
      const exported = await exportEvidence(items, () => nodeOf(name).files, folder)
      if (!exported.ok) throw new Error(exported.fault.en)
      const containers = exported.value.containers.map(({ file: path, item }) => ({ file: path, direction: item.direction }))
      return { folder, trust: exported.value.trust, containers }
    },
    verify: verifyAfresh,
  }
}

/** Runs the node's archive until what is asked for is sealed. */
async function sealedItems(node: RunningNode, look: () => Promise<readonly EvidenceItem[]>): Promise<readonly EvidenceItem[]> {
  for (let tries = 0; tries < SEAL_TRIES; tries++) {
    const items = await look()
    if (items.length > 0 && items.every(({ state }) => state !== 'kept')) return items.filter(({ state }) => state === 'sealed')
    await node.archive()
  }
  throw new Error(`${node.name} did not seal the evidence`)
}
