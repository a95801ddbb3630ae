import type { AccessRight } from '../src/trust/access.ts'
import { readSharedParameters } from '../src/trust/read-shared-parameters.ts'
import type { ServerEntry, SharedParameters } from '../src/trust/shared-parameters.ts'
import { type Trust, trustOf } from '../src/trust/trust.ts'
import { writeSharedParameters } from '../src/trust/write-shared-parameters.ts'
import { CONSULTA, DIF, serviceOf } from '../test/exchange/two-nodes.ts'
import { cpuMs, median } from './cpu.ts'
import { type BenchNodes, benchNodes, nullSigner } from './nodes.ts'

/** One thing that may grow, what it costs at each size, and the exponent over them: figures ~ size^exponent. */
export type Growth = {
  readonly what: string
  readonly sizes: readonly number[]
  readonly figures: readonly number[]
  readonly unit: 'ms' | 'MiB'
  readonly exponent: number
}

export async function benchGrowth(): Promise<readonly Growth[]> {
  const bench = await benchNodes()
  bench.withSigner(nullSigner())
  return [
    await members(bench),
    await configuration(bench),
    await services(bench),
    await rights(bench),
    await bodies('the body asked (null signer)', [1024, 65_536, 1_048_576, 4_194_304]),
  ]
}

const MEMBERS = [10, 100, 1000, 10_000]

/** An exchange (null signer) by the number of members in the configuration. */
async function members(bench: BenchNodes): Promise<Growth> {
  const { trust } = bench.nodes
  const before = trust.current
  const figures: number[] = []
  for (const size of MEMBERS) {
    trust.current = { ...before, trust: crowded(before.trust, size), configuration: `members-${size}` }
    figures.push(await perExchange(bench))
  }
  trust.current = before
  return grown('an exchange, by members (null signer)', MEMBERS, figures, 'ms')
}

/** Reading a configuration of so many members. */
async function configuration({ nodes }: BenchNodes): Promise<Growth> {
  const figures: number[] = []
  for (const size of MEMBERS) {
    const crowd = crowded(nodes.trust.current.trust, size).instances.get('QRO') as SharedParameters
    const bytes = writeSharedParameters(draftOf(crowd), 6)
    const read = () => {
      const parameters = readSharedParameters(bytes)
      if (!parameters.ok) throw new Error(parameters.fault.detail)
    }
    figures.push(median([await cpuMs(read), await cpuMs(read), await cpuMs(read)]))
  }
  return grown('reading a configuration, by members', MEMBERS, figures, 'ms')
}

/** Certificates that are none: only their digests go into a configuration. */
function draftOf(crowd: SharedParameters): Parameters<typeof writeSharedParameters>[0] {
  return {
    ...crowd,
    servers: crowd.servers.map((server) => ({
      ...server,
      authCertificates: server.authCertHashes.map((hash) => Buffer.from(hash, 'base64')),
    })),
  }
}

const COUNTS = [1, 10, 100, 1000, 10_000]

async function services(bench: BenchNodes): Promise<Growth> {
  const { configuration } = bench.nodes.provider
  const before = configuration.current
  const figures: number[] = []
  for (const size of COUNTS) {
    const others = Array.from({ length: size - 1 }, (_, n) => serviceOf({ id: { ...CONSULTA, serviceCode: `otro-${n}` } }))
    configuration.current = { ...before, services: [...others, ...before.services] }
    figures.push(await perExchange(bench))
  }
  configuration.current = before
  return grown('an exchange, by services (null signer)', COUNTS, figures, 'ms')
}

async function rights(bench: BenchNodes): Promise<Growth> {
  const { configuration } = bench.nodes.provider
  const before = configuration.current
  const figures: number[] = []
  for (const size of COUNTS) {
    const others = Array.from({ length: size - 1 }, (_, n): AccessRight => {
      return {
        service: CONSULTA,
        subject: { kind: 'client', id: { ...DIF, subsystemCode: `OTRO-${n}` } },
        endpoint: { method: '*', path: '**' },
      }
    })
    configuration.current = { ...before, rights: [...others, ...before.rights] }
    figures.push(await perExchange(bench))
  }
  configuration.current = before
  return grown('an exchange, by rights (null signer)', COUNTS, figures, 'ms')
}

async function bodies(what: string, sizes: readonly number[]): Promise<Growth> {
  const figures: number[] = []
  for (const size of sizes) {
    const bench = await benchNodes(size, 1024, size > 100_000 ? 50 : 300)
    bench.withSigner(nullSigner())
    figures.push(await perExchange(bench, size > 100_000 ? 3 : 20))
  }
  return grown(what, sizes, figures, 'ms')
}

async function perExchange({ exchange }: BenchNodes, slice = 20): Promise<number> {
  await exchange(5 * slice)
  const slices: number[] = []
  for (let n = 0; n < 15; n++) slices.push(await cpuMs(() => exchange(slice)))
  return median(slices) / slice
}

/** The same configuration among so many members, each with a subsystem and a server of its own. */
export function crowded(trust: Trust, size: number): Trust {
  const own = trust.instances.get(trust.own) as SharedParameters
  const extra = Array.from({ length: Math.max(0, size - own.members.length) }, (_, n) => {
    return { instance: own.instance, memberClass: 'GOB', memberCode: `MIEMBRO-${n}` }
  })
  const members = extra.map((id) => ({
    id,
    name: id.memberCode,
    classDescription: 'Gobierno',
    subsystems: [{ id: { ...id, subsystemCode: 'S' } }],
  }))
  const servers = extra.map((id, n): ServerEntry => {
    const hash = Buffer.alloc(32)
    hash.writeUInt32BE(n)
    return {
      id: { ...id, serverCode: 'nodo' },
      address: `nodo-${n}.test`,
      authCertHashes: [hash.toString('base64')],
      clients: [{ ...id, subsystemCode: 'S' }],
    }
  })
  return trustOf(trust.own, [{ ...own, members: [...members, ...own.members], servers: [...servers, ...own.servers] }])
}

/** The exponent is the slope of the line through the logarithms. */
function grown(what: string, sizes: readonly number[], figures: readonly number[], unit: Growth['unit']): Growth {
  const x = sizes.map(Math.log)
  const y = figures.map(Math.log)
  const [mx, my] = [mean(x), mean(y)]
  const exponent = x.reduce((sum, at, n) => sum + (at - mx) * ((y[n] as number) - my), 0) / x.reduce((sum, at) => sum + (at - mx) ** 2, 0)
  return { what, sizes, figures, unit, exponent }
}
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
