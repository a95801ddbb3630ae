import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { later } from '../src/base/clock.ts'
import { encodeRecord } from '../src/evidence/record.ts'
import { consume } from '../src/exchange/consume.ts'
import type { Keep, Sign } from '../src/exchange/ports.ts'
import { bytesBody } from '../src/protocol/body.ts'
import { answering, TARGET, type TwoNodes, twoNodes } from '../test/exchange/two-nodes.ts'

/** Two nodes in one process, the wire between them a function call; records are encoded and not written. */
export type BenchNodes = {
  readonly nodes: TwoNodes
  /** Whole exchanges, one after the other; throws when one is refused. */
  readonly exchange: (times: number) => Promise<void>
  /** Puts another signer around the nodes' own; gives back how to take it off. */
  readonly withSigner: (change: (sign: Sign) => Sign) => () => void
}

/** Ids come round again after so many exchanges, so that a signer can know every signature it will be asked for. */
const IDS = Array.from({ length: 16 }, () => randomUUID())

/** Enough for the compiler to have settled: the figures of the hundreds before that fall from run to run. */
const WARM_UP = 6000

export const textOf = (octets: number): string => JSON.stringify({ texto: 'x'.repeat(Math.max(0, octets - 12)) })

/** @param asked,answered octets of the two bodies */
export async function benchNodes(asked = 4096, answered = 8192, warmUp = WARM_UP): Promise<BenchNodes> {
  const nodes = await twoNodes(benchFolder)
  nodes.register.answer = answering(textOf(answered))
  let turn = 0
  const encodeOnly: Keep = async (record) => void encodeRecord(record)
  const newId = () => IDS[turn % IDS.length] as string
  for (const { ports } of [nodes.consumer, nodes.provider]) Object.assign(ports, { keep: encodeOnly, newId })
  const text = textOf(asked)
  const call = () => ({ method: 'POST', target: TARGET, headers: HEADERS, body: bytesBody(Buffer.from(text)) })
  const exchange = async (times: number) => {
    for (let i = 0; i < times; i++, turn++) {
      const setting = { requestId: newId(), deadline: later(nodes.clock.now, 28_000) }
      const answer = await consume(call(), { tls: true, certificate: null }, setting, nodes.consumer.ports)
      if (!answer.ok) throw new Error(`the exchange failed: ${JSON.stringify(answer.fault)}`)
    }
    nodes.register.calls.splice(0)
    nodes.wire.delivered.splice(0)
  }
  await exchange(warmUp)
  return { nodes, exchange, withSigner: (change) => withSigner(nodes, change) }
}

const HEADERS = [
  ['X-Road-Client', 'QRO/GOB/DIF/APOYOS'],
  ['Content-Type', 'application/json'],
] as const

function withSigner({ consumer, provider }: TwoNodes, change: (sign: Sign) => Sign): () => void {
  const own = [consumer, provider].map(({ ports }) => ({ ports, sign: ports.sign }))
  for (const { ports, sign } of own) Object.assign(ports, { sign: change(sign) })
  return () => {
    for (const { ports, sign } of own) Object.assign(ports, { sign })
  }
}

/** A signer that knows the signature already: what is left of an exchange is the node's own work. */
export function nullSigner(): (sign: Sign) => Sign {
  const known = new Map<string, Uint8Array>()
  return (sign) => async (key, algorithm, digest) => {
    const name = `${key} ${Buffer.from(digest).toString('latin1')}`
    const signature = known.get(name) ?? (await sign(key, algorithm, digest))
    known.set(name, signature)
    return signature
  }
}

/** Gone when the process ends. */
export function benchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sacbe-bench-'))
  if (folders.push(folder) === 1)
    process.on('exit', () => {
      for (const each of folders) rmSync(each, { recursive: true, force: true })
    })
  return folder
}
const folders: string[] = []
