import { connect, type TLSSocket } from 'node:tls'
import { percentile } from '../cpu.ts'
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

/** So many exchanges over so many connections at once, each of which has carried one already: no handshake is in the figures. */
export async function stretch(question: Question, atOnce: number, times: number): Promise<Stretch> {
  const askers = await Promise.all(Array.from({ length: atOnce }, () => openAsker(question)))
  await Promise.all(askers.map(({ ask }) => ask()))
  const cpu = () => question.pids.reduce((sum, pid) => sum + cpuOf(pid), 0)
  const took: number[] = []
  const before = cpu()
  const began = performance.now()
  let left = times
  await Promise.all(
    askers.map(async ({ ask }) => {
      while (left-- > 0) took.push(await ask())
    }),
  )
  const seen = { took, seconds: (performance.now() - began) / 1000, cpuMs: cpu() - before }
  for (const { end } of askers) end()
  return seen
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

/**
 * One connection that asks one thing at a time. It reads of an answer what it needs, status and length, so that whoever asks takes little of
 * the machine that is measured.
 */
async function openAsker({ url, path, headers, body, tls }: Question): Promise<Asker> {
  const { hostname, port, host } = new URL(url)
  const lines = { Host: host, ...headers, 'Content-Length': String(body.length) }
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`)
  const request = Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${head.join('')}\r\n`), body])
  const socket = connect({ host: hostname, port: Number(port), servername: 'localhost', rejectUnauthorized: tls.ca !== undefined, ...tls })
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
  socket.setNoDelay(true)
  return {
    ask: async () => {
      const began = performance.now()
      const answered = wholeAnswer(socket, url)
      socket.write(request)
      await answered
      return performance.now() - began
    },
    end: () => socket.destroy(),
  }
}

function wholeAnswer(socket: TLSSocket, url: string): Promise<void> {
  let text = ''
  let left = -1
  return new Promise((resolve, reject) => {
    const over = (problem?: Error) => {
      socket.off('data', read).off('error', over).off('close', gone)
      if (problem) reject(problem)
      else resolve()
    }
    const gone = () => over(new Error(`${url} ended the connection before its answer`))
    const read = (chunk: Buffer) => {
      if (left < 0) {
        text += chunk.toString('latin1')
        const end = text.indexOf('\r\n\r\n')
        if (end < 0) return
        const head = text.slice(0, end)
        if (!head.startsWith('HTTP/1.1 200')) return over(new Error(`${url} answered ${head.slice(0, 300)}`))
        left = Number(/content-length: (\d+)/i.exec(head)?.[1]) - (text.length - end - 4)
      } else left -= chunk.length
      if (left === 0) over()
    }
    socket.on('data', read).on('error', over).on('close', gone)
  })
}
