import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openKeys } from '../adapters/local/keys.ts'
import { instant, isoInstant, type Now } from '../base/clock.ts'
import { giveCredential } from '../local/credentials.ts'
import { passphraseOf, readMark } from '../local/home.ts'
import { readNodeFile, writeNodeFile } from '../local/node-file.ts'
import { trouble } from '../local/troubles.ts'
import { readWorldFile, writeWorldFile } from '../local/world-file.ts'
import { parseClientId, parseServiceId } from '../protocol/identifiers.ts'
import { EXIT, type Io, inLanguage, tell } from './io.ts'
import { tellFault } from './tell-fault.ts'

const now: Now = () => instant(Date.now())

export type CredentialOptions = { readonly home: string; readonly client: string; readonly json: boolean }

/** `sacbe credential`: what one of the agency's systems connects with, made now, and kept renewed by its node from now on. */
export async function credentialCommand({ home, client, json }: CredentialOptions, io: Io): Promise<number> {
  const id = parseClientId(client)
  if (!id.ok) return tellFault(id, io)
  const world = readWorldFile(home)
  if (!world.ok) return tell(world, io)
  const mark = readMark(home)
  if (!mark.ok) return tell(mark, io)
  const passphrase = passphraseOf(home, mark.value, io.env.SACBE_PASSPHRASE)
  if (!passphrase.ok) return tell(passphrase, io)
  const node = world.value.nodes.find(({ server }) => client.startsWith(server.split('/').slice(0, 3).join('/')))
  if (!node) return tell(trouble('unknown_client', { client, known: world.value.clients.map((each) => each.id).join(', ') }), io)
  const keys = await openKeys(join(node.folder, 'keys'), passphrase.value)
  if (!keys.ok) return tell(trouble('passphrase_wrong', { home: node.folder }), io)
  const file = readNodeFile(node.folder)
  if (!file.clients.some((each) => each.id === client))
    writeNodeFile(node.folder, { ...file, clients: [...file.clients, { id: client, connection: 'SSLAUTH', certificates: [] }] })
  const { folder, notAfter } = await giveCredential(node.folder, client, keys.value, now)
  const entry = {
    id: client,
    node: node.name,
    certificate: join(folder, 'certificate.pem'),
    key: join(folder, 'key.pem'),
    authority: join(folder, 'authority.pem'),
  }
  writeWorldFile(home, { ...world.value, clients: [...world.value.clients.filter((each) => each.id !== client), entry] })
  if (json) io.out(JSON.stringify({ ...entry, notAfter: isoInstant(notAfter) }))
  else
    io.out(
      inLanguage(
        {
          es: `Credencial de ${client} en ${folder}, válida hasta ${isoInstant(notAfter)}. El nodo la renueva ahí mismo; que el sistema lea los archivos en cada conexión.`,
          en: `Credential of ${client} in ${folder}, good until ${isoInstant(notAfter)}. The node renews it in place; let the system read the files at each connection.`,
        },
        io.lang,
      ),
    )
  return EXIT.ok
}

export type OfferOptions = { readonly home: string; readonly service: string; readonly url: string; readonly to: readonly string[] }

/** `sacbe offer`: a service of the agency's own, and who may call it; the node takes it up within seconds. */
export async function offerCommand({ home, service, url, to }: OfferOptions, io: Io): Promise<number> {
  const id = parseServiceId(service)
  if (!id.ok) return tellFault(id, io)
  const world = readWorldFile(home)
  if (!world.ok) return tell(world, io)
  const owner = service.split('/').slice(0, 3).join('/')
  const node = world.value.nodes.find(({ server }) => server.startsWith(`${owner}/`))
  if (!node || !existsSync(node.folder))
    return tell(trouble('unknown_client', { client: owner, known: world.value.nodes.map(({ server }) => server).join(', ') }), io)
  const file = readNodeFile(node.folder)
  const entry = { id: service, type: 'REST' as const, url, timeoutMs: 20_000, keepBodies: 'full' as const }
  const { hostname } = new URL(url)
  writeNodeFile(node.folder, {
    ...file,
    services: [...file.services.filter((each) => each.id !== service), entry],
    rights: [...file.rights.filter((right) => right.service !== service), ...to.map((client) => ({ service, subject: { client } }))],
    reach: [...new Set([...(file.reach ?? []), hostname])],
  })
  io.out(
    inLanguage(
      {
        es: `${service} se ofrece desde ${url}; pueden llamarlo: ${to.join(', ')}.`,
        en: `${service} is offered from ${url}; who may call it: ${to.join(', ')}.`,
      },
      io.lang,
    ),
  )
  return EXIT.ok
}
