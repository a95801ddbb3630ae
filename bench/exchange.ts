import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeRecord } from '../src/evidence/record.ts'
import type { Keep, Sign } from '../src/exchange/ports.ts'
import { bytesBody } from '../src/protocol/body.ts'
import { answering, TARGET, type TwoNodes, twoNodes } from '../test/exchange/two-nodes.ts'
import { cpuMs, median, spread } from './cpu.ts'
import { type Operation, watched } from './crypto-operations.ts'

/**
 * What one exchange costs in CPU: both nodes' work from the consumer's call to the released answer, 4 KiB asked and 8 KiB answered,
 * software RSA-2048 keys, certificates' verdicts remembered; records encoded but not written, no TLS, no HTTP.
 * Beside it, in turns in the same process, exactly the signatures, verifications and digests that were counted in one such exchange.
 */
export type ExchangeFigures = {
  readonly counted: {
    readonly signatures: number
    readonly verifications: number
    readonly digests: number
    readonly digestedBytes: number
  }
  readonly runs: readonly Run[]
  readonly ratio: { readonly median: number; readonly spread: number }
  /** The same with a signer that costs nothing: what is left is ours. */
  readonly nullSigner: { readonly exchangeMs: number; readonly spread: number }
}
export type Run = { readonly exchangeMs: number; readonly floorMs: number; readonly ratio: number }

const REQUEST = bytesBody(Buffer.from(JSON.stringify({ texto: 'á'.repeat(2040) })))
const ANSWER = JSON.stringify({ respuesta: 'x'.repeat(8170) })

export async function benchExchange(exchanges = 400, runs = 3): Promise<ExchangeFigures> {
  const nodes = await warm(200)
  const operations = await countOne(nodes)
  const measured: Run[] = []
  for (let run = 0; run < runs; run++) measured.push(await interleaved(nodes, operations, exchanges))
  const free: number[] = []
  for (let run = 0; run < runs; run++) free.push(await withoutSigner(nodes, exchanges))
  const ratios = measured.map(({ ratio }) => ratio)
  return {
    counted: counts(operations),
    runs: measured,
    ratio: { median: median(ratios), spread: spread(ratios) },
    nullSigner: { exchangeMs: median(free), spread: spread(free) },
  }
}

function benchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sacbe-bench-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function warm(exchanges: number): Promise<TwoNodes> {
  const nodes = await twoNodes(benchFolder)
  nodes.register.answer = answering(ANSWER)
  const encodeOnly: Keep = async (record) => void encodeRecord(record)
  Object.assign(nodes.consumer.ports, { keep: encodeOnly })
  Object.assign(nodes.provider.ports, { keep: encodeOnly })
  await exchangeTimes(nodes, exchanges)
  return nodes
}

async function exchangeTimes(nodes: TwoNodes, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const answer = await nodes.ask({ method: 'POST', target: TARGET, body: REQUEST })
    if (!answer.ok) throw new Error(`the exchange failed: ${JSON.stringify(answer.fault)}`)
  }
  nodes.register.calls.splice(0)
}

/** One exchange with every operation written down; the signatures are those asked of the Sign port. */
async function countOne(nodes: TwoNodes): Promise<readonly Operation[]> {
  const signatures: Operation[] = []
  const counted =
    (sign: Sign): Sign =>
    async (key, algorithm, digest) => {
      signatures.push({ kind: 'sign', bytes: digest.length, again: () => sign(key, algorithm, digest) })
      return sign(key, algorithm, digest)
    }
  const restore = withSigner(nodes, counted)
  const others = await watched(() => exchangeTimes(nodes, 1))
  restore()
  return [...signatures, ...others.filter(({ kind }) => kind !== 'sign')]
}

function withSigner(nodes: TwoNodes, change: (sign: Sign) => Sign): () => void {
  const [consumer, provider] = [nodes.consumer.ports.sign, nodes.provider.ports.sign]
  Object.assign(nodes.consumer.ports, { sign: change(consumer) })
  Object.assign(nodes.provider.ports, { sign: change(provider) })
  return () => {
    Object.assign(nodes.consumer.ports, { sign: consumer })
    Object.assign(nodes.provider.ports, { sign: provider })
  }
}

/** In slices of twenty, turn and turn about, so that a noisy neighbour disturbs both alike. */
async function interleaved(nodes: TwoNodes, operations: readonly Operation[], exchanges: number): Promise<Run> {
  const slice = 20
  let [exchange, floor] = [0, 0]
  for (let done = 0; done < exchanges; done += slice) {
    exchange += await cpuMs(() => exchangeTimes(nodes, slice))
    floor += await cpuMs(async () => {
      for (let i = 0; i < slice; i++) for (const { again } of operations) await again()
    })
  }
  return { exchangeMs: exchange / exchanges, floorMs: floor / exchanges, ratio: exchange / floor }
}

/** An exchange as a signer that costs nothing would leave it: the CPU of the Sign port's calls is measured and taken off. */
async function withoutSigner(nodes: TwoNodes, exchanges: number): Promise<number> {
  let signatures = 0
  const restore = withSigner(nodes, (sign) => async (key, algorithm, digest) => {
    const before = process.cpuUsage()
    const signature = await sign(key, algorithm, digest)
    const { user, system } = process.cpuUsage(before)
    signatures += (user + system) / 1000
    return signature
  })
  const whole = await cpuMs(() => exchangeTimes(nodes, exchanges))
  restore()
  return (whole - signatures) / exchanges
}

function counts(operations: readonly Operation[]): ExchangeFigures['counted'] {
  const of = (kind: Operation['kind']) => operations.filter((operation) => operation.kind === kind)
  return {
    signatures: of('sign').length,
    verifications: of('verify').length,
    digests: of('digest').length,
    digestedBytes: of('digest').reduce((sum, { bytes }) => sum + bytes, 0),
  }
}
