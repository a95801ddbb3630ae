import { keepAuthorities, type SchedulePorts } from '../../src/exchange/centre/authority-schedule.ts'
import { type CeremonyPorts, configurationCertificate } from '../../src/exchange/centre/ceremony.ts'
import { type PublicationPorts, publish, publishedFile } from '../../src/exchange/centre/publication.ts'
import { publishWhenDue } from '../../src/exchange/centre/publish-when-due.ts'
import type { Called } from '../asked.ts'
import { callFromEvent, type GatewayEvent, type GatewayResult, resultFor } from '../http.ts'

export type Published = { readonly serial: number } | { readonly configuration: string }
export type ConfCalledPorts = PublicationPorts & Omit<SchedulePorts, 'roles'> & Pick<CeremonyPorts, 'instance'>

/**
 * The global configuration, for everybody: whatever is due is published first. Versions there are not are 404, which clients take for "try an older
 * one". A part never changes under its name; a directory does, with every publication.
 * @param root where the published paths begin in the gateway's
 */
export const confHandler =
  (ports: PublicationPorts, root: string) =>
  async (event: GatewayEvent): Promise<GatewayResult> => {
    const { method, target } = callFromEvent(event)
    const [path = '', query = ''] = target.split('?')
    const isWanted = (method === 'GET' || method === 'HEAD') && path.startsWith(`${root}/`)
    const inside = path.slice(root.length)
    if (isWanted && isDirectory(inside)) await orWhatThereIs(publishWhenDue(ports), ports)
    const file = isWanted ? await publishedFile(inside, new URLSearchParams(query).get('version'), ports) : undefined
    const headers = [
      ['Content-Type', file ? 'application/octet-stream' : 'text/plain'],
      ['Cache-Control', file && !isDirectory(inside) ? 'public, max-age=31536000, immutable' : 'no-cache'],
    ] as const
    return resultFor(event, { status: file ? 200 : 404, headers, body: file ?? new Uint8Array() })
  }

const isDirectory = (path: string): boolean => path.endsWith('conf') && path.lastIndexOf('/') === 0

/** What is published counts until it runs out: whoever asks is not refused because nothing newer could be signed. The schedule fails, and is watched. */
async function orWhatThereIs(work: Promise<void>, { log }: PublicationPorts): Promise<void> {
  await work.catch((problem: unknown) => log({ level: 'error', event: 'not_published', why: String(problem) }))
}

/** Called by a schedule: looks after the key that signs, and publishes what is due. Called for the ceremony: the certificate of that key, base64 of DER. */
export const publishHandler =
  (ports: ConfCalledPorts) =>
  async ({ ceremony }: Called): Promise<Published> => {
    if (ceremony !== undefined) return { configuration: Buffer.from(await configurationCertificate(ports)).toString('base64') }
    await keepAuthorities({ ...ports, roles: ['configuration'] })
    return { serial: (await publish(ports))?.serial ?? 0 }
  }
