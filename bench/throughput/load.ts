import { Agent, request } from 'node:https'
import { percentile } from '../cpu.ts'
import { cpuOf } from './processes.ts'

/** What is asked again and again, over connections that stay open. */
export type Question = {
  readonly url: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly tls: { readonly cert: string; readonly key: string; readonly ca?: string }
}
export type LoadFigures = {
  readonly atOnce: number
  readonly perSecond: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  /** CPU of the two nodes (or proxies) for one exchange. */
  readonly cpuMs: number
}

/**
 * @param times how many exchanges, all in all
 * @param pids whose CPU is counted
 */
export async function load(question: Question, atOnce: number, times: number, pids: readonly number[]): Promise<LoadFigures> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce, ...question.tls, rejectUnauthorized: question.tls.ca !== undefined })
  const took: number[] = []
  const before = pids.map(cpuOf)
  const began = performance.now()
  let left = times
  const asker = async () => {
    while (left-- > 0) took.push(await askOnce(question, agent))
  }
  await Promise.all(Array.from({ length: atOnce }, asker))
  const elapsed = (performance.now() - began) / 1000
  const cpu = pids.reduce((sum, pid, index) => sum + cpuOf(pid) - (before[index] as number), 0)
  agent.destroy()
  const of = (share: number) => percentile(took, share)
  return { atOnce, perSecond: took.length / elapsed, p50: of(0.5), p95: of(0.95), p99: of(0.99), cpuMs: cpu / took.length }
}

function askOnce({ url, path, headers, body }: Question, agent: Agent): Promise<number> {
  const began = performance.now()
  return new Promise((resolve, reject) => {
    const call = request(url, { method: 'POST', path, agent, headers: { ...headers, 'Content-Length': body.length } }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`it answered ${answer.statusCode}: ${answer.headers['x-road-error']}`))
      answer.resume().on('end', () => resolve(performance.now() - began))
    })
    call.on('error', reject)
    call.end(body)
  })
}
