import { instant } from '../base/clock.ts'
import { NODE_API } from '../exchange/administration/node-api.ts'
import { callApi } from '../exchange/centre/api/call-api.ts'
import { CENTRE_API } from '../exchange/centre/api/centre-api.ts'
import { type Api, type Person, ROLES } from '../exchange/centre/api/operation.ts'
import type { Json, JsonObject } from '../exchange/contract/json.ts'
import { withCosts } from '../exchange/costs/costs-api.ts'
import type { LogEntry } from '../exchange/ports.ts'
import { type Administration, hasCentre, openCentre, openNode } from '../local/administration.ts'
import { trouble } from '../local/troubles.ts'
import { worldCosts } from '../local/world-costs.ts'
import { nodeNamed, readWorldFile } from '../local/world-file.ts'
import type { CloudNode } from './cloud/agency-here.ts'
import { EXIT, type Io, inLanguage, tell } from './io.ts'

export type ApiQuestion = {
  readonly home: string
  /** A node of the world; without one the centre. */
  readonly node?: string | undefined
  /** Or a deployed node, by its agency. */
  readonly cloud?: CloudNode | undefined
  /** Who acts. On one machine whoever holds the folder may be anybody; in the cloud the sign-in says who, or the credentials at hand do beside this name. */
  readonly as: string
  readonly method: string
  readonly path: string
  readonly body?: JsonObject | undefined
}
/** What came of it: the answer, or the exit code when there is none. */
export type ApiReply = { readonly status: number; readonly body: Json } | number

/** One operation of a centre's or a node's API, on the files of this machine or on a deployed node's table, by the very rules of the API. */
export async function askApi({ home, node, cloud, as, method, path, body }: ApiQuestion, io: Io): Promise<ApiReply> {
  const opened = await (cloud ? openInCloud(cloud, io) : open(home, node, io))
  if (typeof opened === 'number') return opened
  try {
    const person: Person = { id: opened.who === undefined ? as : `${as} (${opened.who})`, roles: new Set(ROLES) }
    const [where = '', query = ''] = path.split('?')
    const bytes = body === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(body))
    return await callApi(opened.api, { method, path: where, query, body: bytes }, person, opened.ports)
  } finally {
    await opened.close()
  }
}

type Opened = Administration & { readonly api: Api; readonly who?: string }

const logTo = (io: Io) => (entry: LogEntry) => (entry.level === 'error' ? io.err(JSON.stringify(entry)) : undefined)

async function openInCloud(cloud: CloudNode, io: Io): Promise<Opened | number> {
  const { openCloudNode } = await import('./cloud/administration.ts')
  const opened = await openCloudNode(cloud, logTo(io), io)
  return opened.ok ? { ...opened.value, api: NODE_API, close: async () => {} } : opened.fault
}

async function open(home: string, node: string | undefined, io: Io): Promise<Opened | number> {
  const now = () => instant(Date.now())
  const log = logTo(io)
  if (node === undefined)
    return hasCentre(home)
      ? { ...openCentre(home, now, log), api: withCosts(CENTRE_API, worldCosts(home, now)) }
      : tell(trouble('no_world', { home }), io)
  const world = readWorldFile(home)
  if (!world.ok) return tell(world, io)
  const named = nodeNamed(world.value, node)
  return named.ok ? { ...(await openNode(named.value.folder, now, log)), api: NODE_API } : tell(named, io)
}

/** Says what came of it: JSON as it is, or made to be read. */
export function tellReply(reply: ApiReply, json: boolean, io: Io, readable: (body: Json) => readonly string[]): number {
  if (typeof reply === 'number') return reply
  if (json) io.out(JSON.stringify(reply.body))
  else if (reply.status < 300) for (const line of readable(reply.body)) io.out(line)
  else io.err(sentence((reply.body as { readonly message: string }).message, io))
  return reply.status < 300 ? EXIT.ok : EXIT.no
}

/** The API says both languages in one line, and then the detail in brackets. */
function sentence(message: string, io: Io): string {
  const [, es = message, en = message, detail = ''] = /^(.*?) \| (.*?)( \([^()]*(?:\([^()]*\)[^()]*)*\))?$/s.exec(message) ?? []
  return inLanguage({ es: es + detail, en: en + detail }, io.lang)
}
