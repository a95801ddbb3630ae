import { userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fetchOverHttp } from '../adapters/http/fetch-url.ts'
import { instant, type Now } from '../base/clock.ts'
import { systemFolder } from '../local/enrol.ts'
import { fileLog } from '../local/file-log.ts'
import { freePort } from '../local/free-port.ts'
import { openHome } from '../local/home.ts'
import { type Joined, joinExchange } from '../local/join.ts'
import { type RunningNode, startNode } from '../local/node.ts'
import { writeWorldFile } from '../local/world-file.ts'
import { parseServerId } from '../protocol/identifiers.ts'
import { serverNamed } from '../trust/directory.ts'
import { EXIT, type Io, inLanguage, tell } from './io.ts'
import { tellFault } from './tell-fault.ts'

export type JoinOptions = {
  readonly home: string
  readonly invitation: string
  readonly name: string
  readonly server: string
  readonly subsystem?: string
  readonly address?: string
  readonly port?: number
  readonly once: boolean
  readonly json: boolean
}

const now: Now = () => instant(Date.now())
/** What stock software takes for one agency to join an exchange that is there. Source: its manuals, counted step by step; see docs/vida-del-nodo.md. */
export const STOCK = { commands: 10, questions: 7, steps: 68 + 12 + 6, certificatesByHand: 2, approvals: 2, handOvers: 6 } as const

/**
 * `sacbe join`: makes a node of an invitation, registers it, waits for the approval, and stays up as that node.
 * @returns 0 when it is registered (or was interrupted while up), 2 when it could not
 */
export async function joinCommand(options: JoinOptions, io: Io): Promise<number> {
  const began = performance.now()
  const home = openHome(options.home, { scenario: 'node', passphrase: io.env.SACBE_PASSPHRASE })
  if (!home.ok) return tell(home, io)
  try {
    const consumerPort = options.port ?? (await freePort())
    const providerPort = options.port === undefined ? await freePort() : options.port + 1
    const folder = join(home.value.folder, 'nodes', options.name)
    const joined = await joinExchange({
      invitation: options.invitation,
      folder,
      passphrase: home.value.passphrase,
      name: options.name,
      serverCode: options.server,
      ...(options.subsystem === undefined ? {} : { subsystem: options.subsystem }),
      address: options.address ?? `localhost:${providerPort}`,
      consumerPort,
      providerPort,
      fetchUrl: fetchOverHttp(),
      now,
    })
    if (!joined.ok) return tellFault(joined, io)
    const log = fileLog(join(folder, 'log'), now)
    const node = await startNode({ folder, passphrase: home.value.passphrase, now, log, archive: 'ticking', ports: 2 })
    if (!node.ok) return tell(node, io)
    try {
      noteWorld(options, home.value.folder, folder, joined.value, node.value)
      home.value.lock.announce(node.value.consumer)
      return await stand(options, joined.value, node.value, began, io)
    } finally {
      await node.value.close()
    }
  } finally {
    home.value.lock.release()
  }
}

/** The node as a world of its own, so that every other command finds it. */
function noteWorld({ name }: JoinOptions, home: string, folder: string, joined: Joined, node: RunningNode): void {
  const system = systemFolder(folder, joined.client)
  const files = { certificate: join(system, 'certificate.pem'), key: join(system, 'key.pem'), authority: join(system, 'authority.pem') }
  writeWorldFile(home, {
    scenario: 'node',
    instance: joined.instance,
    centre: joined.centre,
    archiveSeconds: node.file().archiveSeconds,
    nodes: [{ name, server: joined.server, edge: 'rest', consumer: node.consumer, provider: node.provider, folder }],
    clients: [{ id: joined.client, node: name, ...files }],
  })
}

async function stand(options: JoinOptions, joined: Joined, node: RunningNode, began: number, io: Io): Promise<number> {
  const say = options.json ? io.err : io.out
  await node.tend()
  const [request] = await node.store.store.query<{ requestId: number } | null>('life/request/server')
  const approval = `sacbe centre approve ${request?.value?.requestId ?? ''}`
  const waits = {
    es: `Nodo ${joined.server} hecho; espera la aprobación del centro (allí: ${approval}).`,
    en: `Node ${joined.server} is made; it waits for the centre's approval (there: ${approval}).`,
  }
  say(inLanguage(waits, io.lang))
  while (!io.interrupted.aborted && !(await isRegistered(joined, node)))
    await pause(1000, undefined, { signal: io.interrupted }).catch(() => {})
  if (io.interrupted.aborted) return EXIT.ok
  const given = [options.invitation, options.subsystem, options.address, options.port].filter((each) => each !== undefined).length
  const figures = {
    commands: 1,
    filesHandled: 0,
    settings: given,
    seconds: Math.round((performance.now() - began) / 100) / 10,
    stock: STOCK,
  }
  for (const line of inLanguage(countWords(figures, node.consumer), io.lang).split('\n')) say(line)
  if (options.json) io.out(JSON.stringify({ ...joined, consumer: node.consumer, provider: node.provider, ...figures }))
  if (!options.once) await new Promise<void>((resolve) => io.interrupted.addEventListener('abort', () => resolve(), { once: true }))
  return EXIT.ok
}

async function isRegistered({ server, client }: Joined, node: RunningNode): Promise<boolean> {
  await node.tend()
  const today = await node.refreshTrust()
  const id = parseServerId(server)
  const entry = today.ok && id.ok ? serverNamed(today.value.trust, id.value) : undefined
  const isMember = client.split('/').length === 3
  return entry !== undefined && (isMember || entry.clients.some(({ subsystemCode }) => client.endsWith(`/${subsystemCode}`)))
}

type Figures = { readonly settings: number; readonly seconds: number }
const countWords = ({ settings, seconds }: Figures, consumer: string) => ({
  es: [
    `Registrado en ${seconds} s. Su dependencia: 1 orden, 0 archivos, ${settings} datos. Sus sistemas llaman a ${consumer}.`,
    `Con el programa de referencia de X-Road®, según sus manuales: ${STOCK.commands} órdenes, ${STOCK.questions} preguntas, ${STOCK.steps} pasos de pantalla, ${STOCK.certificatesByHand} certificados a mano, ${STOCK.approvals} aprobaciones, ${STOCK.handOvers} entregas entre personas.`,
  ].join('\n'),
  en: [
    `Registered in ${seconds} s. Your agency: 1 command, 0 files, ${settings} settings. Its systems call ${consumer}.`,
    `With the reference software of X-Road®, by its manuals: ${STOCK.commands} commands, ${STOCK.questions} questions, ${STOCK.steps} screen steps, ${STOCK.certificatesByHand} certificates by hand, ${STOCK.approvals} approvals, ${STOCK.handOvers} hand-overs between people.`,
  ].join('\n'),
})

/** Whose name acts at a desk stand under. */
export const personHere = ({ env }: Io): string => env.SACBE_PERSON ?? userInfo().username
