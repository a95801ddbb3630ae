import type { Sign } from '../src/exchange/ports.ts'
import { cpuMs, median, type Spread, spreadOf } from './cpu.ts'
import { type Operation, watched } from './crypto-operations.ts'
import { type BenchNodes, benchNodes, nullSigner } from './nodes.ts'

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
  readonly exchangeMs: Spread
  readonly floorMs: Spread
  readonly ratio: Spread
  /** The same with a signer that costs nothing: what is left is ours. */
  readonly nullSignerMs: Spread
}

export async function benchExchange(exchanges = 1000, runs = 3): Promise<ExchangeFigures> {
  const bench = await benchNodes()
  const operations = await countOne(bench)
  const measured: Run[] = []
  for (let run = 0; run < runs; run++) measured.push(await interleaved(bench, operations, exchanges))
  const free: number[] = []
  for (let run = 0; run < runs; run++) free.push(await withoutSigner(bench, exchanges))
  return {
    counted: counts(operations),
    exchangeMs: spreadOf(measured.map(({ exchangeMs }) => exchangeMs)),
    floorMs: spreadOf(measured.map(({ floorMs }) => floorMs)),
    ratio: spreadOf(measured.map(({ exchangeMs, floorMs }) => exchangeMs / floorMs)),
    nullSignerMs: spreadOf(free),
  }
}

/** One exchange with every operation written down; the signatures are those asked of the Sign port. */
async function countOne({ exchange, withSigner }: BenchNodes): Promise<readonly Operation[]> {
  const signatures: Operation[] = []
  const counted =
    (sign: Sign): Sign =>
    async (key, algorithm, digest) => {
      signatures.push({ kind: 'sign', bytes: digest.length, again: () => sign(key, algorithm, digest) })
      return sign(key, algorithm, digest)
    }
  const restore = withSigner(counted)
  const others = await watched(() => exchange(1))
  restore()
  return [...signatures, ...others.filter(({ kind }) => kind !== 'sign')]
}

type Run = { readonly exchangeMs: number; readonly floorMs: number }
const SLICE = 20

/** In slices of twenty, turn and turn about, so that a noisy neighbour disturbs both alike; the middle slice of each counts. */
async function interleaved({ exchange }: BenchNodes, operations: readonly Operation[], exchanges: number): Promise<Run> {
  const [whole, floor]: [number[], number[]] = [[], []]
  for (let done = 0; done < exchanges; done += SLICE) {
    whole.push(await cpuMs(() => exchange(SLICE)))
    const again = async () => {
      for (let i = 0; i < SLICE; i++) for (const { again } of operations) await again()
    }
    floor.push(await cpuMs(again))
  }
  return { exchangeMs: median(whole) / SLICE, floorMs: median(floor) / SLICE }
}

async function withoutSigner({ exchange, withSigner }: BenchNodes, exchanges: number): Promise<number> {
  const restore = withSigner(nullSigner())
  await exchange(100)
  const slices: number[] = []
  for (let done = 0; done < exchanges; done += SLICE) slices.push(await cpuMs(() => exchange(SLICE)))
  restore()
  return median(slices) / SLICE
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
