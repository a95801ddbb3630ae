import { ok, type Result } from '../base/result.ts'
import { handOutOcsp } from '../exchange/hand-out-ocsp.ts'
import { healthOf } from '../exchange/health.ts'
import type { NodePorts } from './node-ports.ts'
import type { NodeSettings } from './node-settings.ts'
import { listenPlainly, type PlainAnswer, type PlainListener } from './plain-listener.ts'
import type { Trouble } from './troubles.ts'

/** The ports that are open beside the two doors of messages. */
export type SideDoors = { readonly ocspPort?: number; readonly healthPort?: number; readonly close: () => Promise<void> }

/** Plain listeners for what needs no TLS: OCSP responses prove themselves, and health is nobody's secret. */
export async function openSideDoors({ ocspPort, healthPort }: NodeSettings, ports: NodePorts): Promise<Result<SideDoors, Trouble>> {
  const onBug = (problem: unknown) => ports.log({ level: 'error', event: 'bug', why: String(problem) })
  const open = async (port: number | undefined, answer: (method: string, target: string) => Promise<PlainAnswer>) =>
    port === undefined ? ok(undefined) : listenPlainly(port, answer, onBug)
  const ocsp = await open(ocspPort, (method, target) => handOutOcsp(method, target, ports))
  if (!ocsp.ok) return ocsp
  const health = await open(healthPort, healthAnswer(ports))
  if (!health.ok) await ocsp.value?.close()
  if (!health.ok) return health
  const all = [ocsp.value, health.value].filter((each): each is PlainListener => each !== undefined)
  return ok({
    ...(ocsp.value && { ocspPort: ocsp.value.port }),
    ...(health.value && { healthPort: health.value.port }),
    close: async () => void (await Promise.all(all.map((each) => each.close()))),
  })
}

function healthAnswer(ports: NodePorts): () => Promise<PlainAnswer> {
  const health = healthOf(ports)
  return async () => {
    const { status, text } = await health()
    return { status, headers: [['Content-Type', 'text/plain;charset=utf-8']], body: Buffer.from(text === '' ? '' : `${text}\n`) }
  }
}
