import { connect } from 'node:tls'
import { percentile } from '../cpu.ts'
import { messages } from './messages.ts'
import { cpuOf } from './processes.ts'

/** What is asked again and again, over connections that stay open. */
export type Question = {
  readonly url: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly tls: { readonly cert: string; readonly key: string; readonly ca?: string }
  /** Whose CPU is counted. */
  readonly pids: readonly number[]
}
/** What was seen of one stretch of asking. */
export type Stretch = { readonly took: readonly number[]; readonly seconds: number; readonly cpuMs: number }
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
 * So many exchanges over so many connections at once, each of which has carried one already: no handshake is in the figures. Where a few lead in, they are
 * asked first and not counted, and all go on asking until the last that counts is answered: neither a beginning nor an end in a crowd is in the figures.
 */
export async function stretch(question: Question, atOnce: number, times: number, leadIn = 0): Promise<Stretch> {
  const askers = await Promise.all(Array.from({ length: atOnce }, () => openAsker(question)))
  await Promise.all(askers.map(({ ask }) => ask()))
  const took: number[] = []
  const now = () => ({ at: performance.now(), cpu: question.pids.reduce((sum, pid) => sum + cpuOf(pid), 0) })
  let began = now()
  let ended = began
  const answered = (ms: number) => {
    const count = took.push(ms)
    if (count === leadIn) began = now()
    if (count === leadIn + times) ended = now()
  }
  await Promise.all(
    askers.map(async ({ ask }) => {
      while (took.length < leadIn + times) answered(await ask())
    }),
  )
  for (const { end } of askers) end()
  return { took: took.slice(leadIn, leadIn + times), seconds: (ended.at - began.at) / 1000, cpuMs: ended.cpu - began.cpu }
}

export function figuresOf(atOnce: number, stretches: readonly Stretch[]): LoadFigures {
  const took = stretches.flatMap((each) => each.took)
  const sum = (of: (stretch: Stretch) => number) => stretches.reduce((total, each) => total + of(each), 0)
  const at = (share: number) => percentile(took, share)
  return {
    atOnce,
    perSecond: took.length / sum(({ seconds }) => seconds),
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    cpuMs: sum(({ cpuMs }) => cpuMs) / took.length,
  }
}

type Asker = { readonly ask: () => Promise<number>; readonly end: () => void }

/** One connection that asks one thing at a time. */
async function openAsker({ url, path, headers, body, tls }: Question): Promise<Asker> {
  const { hostname, port, host } = new URL(url)
  const lines = { Host: host, ...headers, 'Content-Length': String(body.length) }
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`)
  const request = Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${head.join('')}\r\n`), body])
  const socket = connect({ host: hostname, port: Number(port), servername: 'localhost', rejectUnauthorized: tls.ca !== undefined, ...tls })
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
  socket.setNoDelay(true)
  let over: (problem?: Error) => void = () => {}
  const read = messages((said) => over(said.startsWith('HTTP/1.1 200') ? undefined : new Error(`${url} answered ${said.slice(0, 300)}`)))
  socket.on('data', read).on('error', (problem) => over(problem))
  socket.on('close', () => over(new Error(`${url} ended the connection before its answer`)))
  return {
    ask: async () => {
      const began = performance.now()
      await new Promise<void>((resolve, reject) => {
        over = (problem) => (problem ? reject(problem) : resolve())
        socket.write(request)
      })
      return performance.now() - began
    },
    end: () => socket.destroy(),
  }
}
