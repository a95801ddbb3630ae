import { runningWorld } from '../local/home.ts'
import { callAs } from '../local/information-system.ts'
import { clientNamed, nodeNamed, readWorldFile } from '../local/world-file.ts'
import type { ClientAnswer } from '../local/world-view.ts'
import { EXIT, type Io, inLanguage, tell } from './io.ts'

export type CallOptions = {
  readonly home: string
  /** 'QRO/GOB/DIF/APOYOS' */
  readonly client: string
  /** 'QRO/GOB/SEDESOQ/PADRON/beneficiario.consulta.v1' and what follows it: '/beneficiarios/ZELM850314MQTPNRZ9?x=1' */
  readonly target: string
  readonly method: string
  /** 'Name: value', as curl takes them. */
  readonly headers: readonly string[]
  readonly data?: string | undefined
  /** Status and headers before the body, as curl -i. */
  readonly include: boolean
  readonly json: boolean
}

/** `sacbe call`: one call as an information system of the running world. Exit 0 for a status below 400, 1 above, 2 when it could not be made. */
export async function callCommand(options: CallOptions, io: Io): Promise<number> {
  const running = runningWorld(options.home)
  if (!running.ok) return tell(running, io)
  const world = readWorldFile(options.home)
  if (!world.ok) return tell(world, io)
  const client = clientNamed(world.value, options.client)
  if (!client.ok) return tell(client, io)
  const node = nodeNamed(world.value, client.value.node)
  if (!node.ok) return tell(node, io)
  const headers = Object.fromEntries(options.headers.map(splitHeader))
  const body = options.data === undefined ? {} : { body: Buffer.from(options.data) }
  try {
    const answer = await callAs(client.value, node.value, {
      method: options.method,
      service: options.target.replace(/^\/+(r1\/)?/, ''),
      path: '',
      headers,
      ...body,
    })
    print(answer, options, io)
    return answer.status < 400 ? EXIT.ok : EXIT.no
  } catch (problem) {
    const reason = problem instanceof Error ? problem.message : String(problem)
    io.err(inLanguage({ es: `La llamada no se pudo hacer: ${reason}`, en: `The call could not be made: ${reason}` }, io.lang))
    return EXIT.cannot
  }
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(':')
  return colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1).trim()]
}

function print(answer: ClientAnswer, { include, json }: CallOptions, io: Io): void {
  const text = Buffer.from(answer.body).toString('utf8')
  const { status, headers, messageId, milliseconds } = answer
  if (json) {
    io.out(JSON.stringify({ status, headers, body: text, messageId, milliseconds }))
    return
  }
  if (include) for (const line of [`${status}`, ...headers.map(([name, value]) => `${name}: ${value}`), '']) io.out(line)
  io.out(text)
}
