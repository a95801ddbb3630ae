import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fetchOverHttp } from '../../src/adapters/http/fetch-url.ts'
import { DAY, HOUR, MINUTE, SECOND } from '../../src/base/clock.ts'
import type { FetchUrl } from '../../src/exchange/ports.ts'
import { alarmsIn, type NodeAlarm } from '../../src/exchange/watch/alarms.ts'
import { type Centre, startCentre } from '../../src/local/centre.ts'
import { loadCertificate } from '../../src/local/certificate-files.ts'
import type { Registry } from '../../src/local/registry.ts'
import { parseClientId } from '../../src/protocol/identifiers.ts'
import { type Exchange, openExchange } from '../journeys/exchange.ts'

export const FORMS = [
  'extra certificate',
  'swapped address',
  'back-dated stamp',
  'forked configuration',
  'roll-back',
  'silent revocation',
] as const
export type Form = (typeof FORMS)[number]
export type Noticed = { readonly form: Form; readonly alarm: NodeAlarm['kind'] | null; readonly by: string; readonly minutes: number }
export type RogueFigures = {
  readonly noticed: readonly Noticed[]
  /** The same world for as long with an honest centre: alarms that were none. */
  readonly falseAlarms: number
}

/** A centre that cheats one node in six forms. How long until the node concerned says so, on the schedules of the product: a look a minute. */
export async function run(count: number, _seed: number): Promise<RogueFigures> {
  const noticed: Noticed[] = []
  for (const form of FORMS.slice(0, count)) noticed.push(await cheat(form))
  for (const { form, alarm, by, minutes } of noticed) console.log(`${form}: ${alarm ?? 'NOT NOTICED'} at ${by} after ${minutes} min`)
  const falseAlarms = await honest()
  const missed = noticed.find(({ alarm }) => alarm === null)
  if (missed || falseAlarms > 0) throw new Error(missed ? `${missed.form} was not noticed` : `${falseAlarms} false alarms`)
  return { noticed, falseAlarms }
}

/** What lies between the bank's node and its centre: this is where a centre shows one node something else than the others. */
type Between = { fetchUrl: FetchUrl }

/** Cheats once and counts simulated minutes until the bank's node has raised an alarm; after two days nobody waits any more. */
export async function cheat(form: Form): Promise<Noticed> {
  const between: Between = { fetchUrl: fetchOverHttp() }
  await using exchange = await openExchange({ fetchUrl: (...asked) => between.fetchUrl(...asked) })
  await settle(exchange)
  await using rogue = await CHEATS[form](exchange, between)
  for (let minutes = 1; minutes <= (2 * DAY) / MINUTE; minutes++) {
    exchange.wait(MINUTE)
    await rogue.eachMinute()
    for (const node of exchange.world.nodes.values()) await node.tend()
    const [alarm] = await alarmsAt(exchange, 'bank')
    if (alarm) return { form, alarm: alarm.kind, by: 'bank', minutes }
  }
  return { form, alarm: null, by: 'bank', minutes: Number.POSITIVE_INFINITY }
}

async function honest(): Promise<number> {
  await using exchange = await openExchange()
  await settle(exchange)
  for (let minute = 0; minute < 2 * 60; minute++) {
    exchange.wait(MINUTE)
    if (minute % 30 === 0) await exchange.get('/x')
    for (const node of exchange.world.nodes.values()) await node.tend()
    if (minute % 5 === 0) for (const node of exchange.world.nodes.values()) await node.archive()
  }
  const alarms = await Promise.all([...exchange.world.nodes.keys()].map((node) => alarmsAt(exchange, node)))
  return alarms.flat().length
}

async function settle(exchange: Exchange): Promise<void> {
  for (const node of exchange.world.nodes.values()) await node.tend()
  await exchange.get('/x')
  for (const node of exchange.world.nodes.values()) await node.archive()
  exchange.wait(HOUR)
  await exchange.world.centre.tend()
  for (const node of exchange.world.nodes.values()) await node.tend()
}

const nodeOf = ({ world }: Exchange, name: string) => {
  const node = world.nodes.get(name)
  if (!node) throw new Error(`no node ${name}`)
  return node
}
const alarmsAt = async (exchange: Exchange, name: string): Promise<readonly NodeAlarm[]> =>
  alarmsIn({ store: nodeOf(exchange, name).store.store })

type Rogue = AsyncDisposable & { readonly eachMinute: () => Promise<unknown> }
const quietly = (eachMinute: () => Promise<unknown> = async () => {}): Rogue => ({ eachMinute, [Symbol.asyncDispose]: async () => {} })
const BANK_SERVER = { instance: 'EE', memberClass: 'COM', memberCode: '222', serverCode: 'S1' }

const changed = (registry: Registry, change: (server: Registry['servers'][number]) => Registry['servers'][number]): Registry => ({
  ...registry,
  servers: registry.servers.map((server) => (server.id.memberCode === BANK_SERVER.memberCode ? change(server) : server)),
})

const CHEATS: { readonly [form in Form]: (exchange: Exchange, between: Between) => Promise<Rogue> } = {
  'extra certificate': async ({ world }) => {
    const stranger = loadCertificate(
      join(world.file.nodes.find(({ name }) => name === 'stranger')?.folder ?? '', 'certificates'),
      'authentication',
    )
    const { publicKey } = stranger
    const made = await world.centre.issue({
      use: 'authentication',
      subject: stranger.subject.der,
      publicKey: publicKey.export({ type: 'spki', format: 'der' }),
    })
    const extra = Buffer.from(made.der).toString('base64')
    await world.centre.change((registry) =>
      changed(registry, (server) => ({ ...server, authenticationCertificates: [...server.authenticationCertificates, extra] })),
    )
    return quietly()
  },
  'swapped address': async ({ world }) => {
    await world.centre.change((registry) => changed(registry, (server) => ({ ...server, address: 'localhost:9' })))
    return quietly()
  },
  'back-dated stamp': async (exchange, between) => {
    const honestly = between.fetchUrl
    between.fetchUrl = async (url, ...rest) => {
      if (!url.endsWith('/tsa')) return honestly(url, ...rest)
      exchange.wait(-DAY) // the centre's clock, for as long as it stamps
      const answer = await honestly(url, ...rest)
      exchange.wait(DAY)
      return answer
    }
    let minute = 0
    return quietly(async () => {
      if (++minute % 5 !== 1) return
      await exchange.get('/x')
      await nodeOf(exchange, 'bank').archive()
    })
  },
  'forked configuration': async (exchange, between) => {
    const fork = await forked(exchange)
    const honestly = between.fetchUrl
    const { host } = new URL(exchange.world.centre.url)
    const other = new URL(fork.centre.url).host
    let isBank = false
    between.fetchUrl = (url, ...rest) => honestly(isBank ? url.replace(host, other) : url, ...rest)
    isBank = true
    await nodeOf(exchange, 'bank').refreshTrust()
    isBank = false
    await exchange.world.centre.change((registry) => changed(registry, (server) => ({ ...server })))
    await exchange.world.centre.change((registry) => ({
      ...registry,
      members: registry.members.map((member) => ({ ...member, name: `${member.name} 2` })),
    }))
    await nodeOf(exchange, 'register').refreshTrust()
    return {
      eachMinute: async () => {
        await exchange.get('/x')
      },
      [Symbol.asyncDispose]: fork.close,
    }
  },
  'roll-back': async (exchange, between) => {
    const honestly = between.fetchUrl
    const before = new Map<string, Awaited<ReturnType<FetchUrl>>>()
    between.fetchUrl = async (url, ...rest) => {
      const answer = await honestly(url, ...rest)
      before.set(url, answer)
      return answer
    }
    await nodeOf(exchange, 'bank').refreshTrust()
    between.fetchUrl = honestly
    exchange.wait(10 * SECOND)
    await exchange.world.centre.change((registry) => ({
      ...registry,
      members: registry.members.map((member) => ({ ...member, name: `${member.name} 2` })),
    }))
    await nodeOf(exchange, 'bank').refreshTrust()
    between.fetchUrl = async (url, ...rest) => before.get(url) ?? honestly(url, ...rest)
    return quietly()
  },
  'silent revocation': async ({ world }) => {
    const folder = world.file.nodes.find(({ name }) => name === 'bank')?.folder ?? ''
    await world.centre.revoke(loadCertificate(join(folder, 'certificates'), 'sign-EE-COM-222').serial)
    return quietly()
  },
}

/** A second centre with the same keys and the same past, which publishes something else under the next serial. */
async function forked(exchange: Exchange): Promise<{ readonly centre: Centre; readonly close: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'sacbe-fork-'))
  cpSync(join(exchange.folder, 'centre'), folder, { recursive: true })
  const manager = parseClientId('EE/GOV/111/register')
  if (!manager.ok) throw new Error('no manager')
  const started = await startCentre({
    folder,
    passphrase: 'nopal azul',
    instance: 'EE',
    manager: manager.value,
    port: 0,
    ports: 1,
    now: exchange.now,
    log: () => {},
    tending: 'by hand',
  })
  if (!started.ok) throw new Error(started.fault.en)
  await started.value.tend()
  const close = async () => {
    await started.value.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { centre: started.value, close }
}
