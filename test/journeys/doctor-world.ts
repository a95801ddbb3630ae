// A world in a process of its own, with a node that runs in yet another one. What a test puts into two files of its home happens here: doors of the
// centre that are shut (shut.json), and how far the bank's clock is off (skew.json, milliseconds). What is shut by now is told in is-shut.json.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { instant, type Now } from '../../src/base/clock.ts'
import type { CentreDoor } from '../../src/local/centre-http.ts'
import { openHome } from '../../src/local/home.ts'
import type { WorldPlan } from '../../src/local/plan.ts'
import { startWorld } from '../../src/local/world.ts'
import { plan as ordinary } from './plan.ts'

const [, , folder = '', service = ''] = process.argv
const said = <T>(name: string, usual: T): T =>
  existsSync(join(folder, name)) ? (JSON.parse(readFileSync(join(folder, name), 'utf8')) as T) : usual
const now: Now = () => instant(Date.now())

const [bank, , register] = ordinary.nodes
if (!bank || !register) throw new Error('the ordinary plan has no bank')
const persons = register.services.filter(({ id }) => id.endsWith('/persons')).map((each) => ({ ...each, at: { url: service } }))
const plan: WorldPlan = { ...ordinary, nodes: [bank, { ...register, services: persons, reach: ['127.0.0.1'] }], programs: [] }
const home = openHome(folder, { passphrase: 'nopal azul', scenario: 'doctor' })
if (!home.ok) throw new Error(home.fault.en)
const world = await startWorld({
  home: home.value,
  plan,
  port: 0,
  now,
  nowOf: (node) => () => instant(Date.now() + (node === 'bank' ? said<number>('skew.json', 0) : 0)),
  log: () => {},
  archive: 'ticking',
  archiveSeconds: 2,
  apart: ['register'],
})
if (!world.ok) throw new Error(world.fault.en)
const look = setInterval(() => {
  const shut = said<readonly CentreDoor[]>('shut.json', [])
  for (const door of ['ocsp', 'timestamp', 'published'] as const) world.value.centre.outage(door, shut.includes(door))
  writeFileSync(join(folder, 'is-shut.part'), JSON.stringify(shut))
  renameSync(join(folder, 'is-shut.part'), join(folder, 'is-shut.json'))
}, 100)
console.log('the world answers')
process.once('SIGTERM', async () => {
  clearInterval(look)
  await world.value.close()
  process.exit(0)
})
