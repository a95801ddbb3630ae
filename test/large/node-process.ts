// Nodes that listen by themselves, each in a process of its own: whoever started them watches their memory.
// 'consumer': the centre and the bank; prints where everything is. 'provider': the register, in the same folder.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { instant } from '../../src/base/clock.ts'
import { openHome } from '../../src/local/home.ts'
import { startNodeAlone } from '../../src/local/node-alone.ts'
import type { NodeSettings } from '../../src/local/node-settings.ts'
import type { NodePlan } from '../../src/local/plan.ts'
import { startWorld } from '../../src/local/world.ts'
import type { WorldFile } from '../../src/local/world-file.ts'
import { BANK, PERSONS, plan } from '../journeys/plan.ts'
import { GETSTATE } from '../journeys/soap-world.ts'

const MIB = 1024 * 1024
const PASSPHRASE = 'grande'
const now = () => instant(Date.now())
const [, , part = '', given = '', most = '0'] = process.argv

async function consumer(serviceUrl: string, most: number): Promise<void> {
  const settings: NodeSettings = { ownListener: true, limits: { body: most, message: most + MIB, held: MIB } }
  const folder = mkdtempSync(join(tmpdir(), 'sacbe-large-'))
  const home = openHome(folder, { passphrase: PASSPHRASE, scenario: 'large' })
  if (!home.ok) throw new Error(home.fault.en)
  const world = await startWorld({
    home: home.value,
    plan: {
      ...plan,
      programs: [],
      nodes: plan.nodes.filter(({ name }) => name !== 'stranger').map((node) => streaming(node, settings, serviceUrl)),
    },
    port: 0,
    now,
    log: () => {},
    archive: 'by hand',
    archiveSeconds: 5,
    apart: ['register'],
  })
  if (!world.ok) throw new Error(world.fault.en)
  const close = async () => {
    await world.value.close()
    rmSync(folder, { recursive: true, force: true })
  }
  untilTold({ file: world.value.file, folder }, async () => void (await world.value.nodes.get('bank')?.archive()), close)
}

const SERVED = [
  { id: PERSONS, type: 'REST' },
  { id: GETSTATE, type: 'WSDL' },
] as const

const streaming = (node: NodePlan, settings: NodeSettings, url: string): NodePlan => ({
  ...node,
  settings,
  services: node.name === 'register' ? SERVED.map((each) => ({ ...each, at: { url }, timeoutMs: 500_000 })) : [],
  rights: node.name === 'register' ? SERVED.map(({ id }) => ({ service: id, subject: { client: BANK } })) : [],
  reach: ['127.0.0.1'],
})

async function provider(home: string): Promise<void> {
  const node = await startNodeAlone({ home, node: 'register', passphrase: PASSPHRASE, now })
  if (!node.ok) throw new Error(node.fault.en)
  untilTold({ folder: home }, async () => void (await node.value.archive()), node.value.close)
}

/** 'settle': archives what was kept, and says when it is done. 'stop': ends. */
function untilTold(told: { file?: WorldFile; folder: string }, settle: () => Promise<void>, close: () => Promise<void>): void {
  process.on('message', (word) => {
    if (word === 'settle') void settle().then(() => process.send?.('settled'))
    else void close().then(() => process.exit(0))
  })
  process.send?.(told)
}

if (part === 'consumer') await consumer(given, Number(most))
else await provider(given)
