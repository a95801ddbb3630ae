import { createHash, createPublicKey, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { connect as connectPlainly } from 'node:net'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { fetchOverHttp } from '../adapters/http/fetch-url.ts'
import { stampOverHttp } from '../adapters/http/stamp.ts'
import { type Keys, openKeys } from '../adapters/local/keys.ts'
import { type LockedFiles, lockedFiles } from '../adapters/local/locked-files.ts'
import { openNodeStore } from '../adapters/local/node-store.ts'
import { HOUR, isoInstant, type Now, SECOND } from '../base/clock.ts'
import { ok, type Result } from '../base/result.ts'
import { activeOf, FIRST_AUTHENTICATION, identityIn, withIdentity } from '../exchange/life/identity.ts'
import { newMemory } from '../exchange/memory.ts'
import type { NodeConfiguration } from '../exchange/node-configuration.ts'
import { ocspAtHand } from '../exchange/ocsp-at-hand.ts'
import type { FetchUrl, Store, TrustInForce } from '../exchange/ports.ts'
import { ownChain } from '../exchange/signing.ts'
import { lastTrust, refreshTrust } from '../exchange/trust-refresh.ts'
import { alarmsIn, standing } from '../exchange/watch/alarms.ts'
import { codeOf } from '../protocol/faults.ts'
import { formatId } from '../protocol/identifiers.ts'
import { readAnchor } from '../trust/anchor.ts'
import { readCertificate } from '../trust/certificates.ts'
import { serverNamed, serverOfCertificate } from '../trust/directory.ts'
import { writePem } from '../trust/pem.ts'
import { ownParameters, parametersOf } from '../trust/trust.ts'
import { CAUSES, type Cause } from './doctor-words.ts'
import { callAs } from './information-system.ts'
import { configurationOf, must, readNodeFile } from './node-file.ts'
import { type Trouble, trouble } from './troubles.ts'
import type { ClientEntry, NodeEntry } from './world-file.ts'

/** One place a message passes, or depends on. */
export type Hop = 'client' | 'node' | 'configuration' | 'certificate' | 'ocsp' | 'tsa' | 'clock' | 'peer' | 'service' | 'centre'
/** What was found at one of them; `name` says which one. */
export type Finding = {
  readonly node: string
  readonly hop: Hop
  readonly name: string
  readonly state: 'ok' | 'broken' | 'warning'
  readonly cause?: Cause
  readonly detail?: string
}
export type DoctorOptions = { readonly passphrase: string; readonly now: Now }

type Patient = DoctorOptions & {
  readonly entry: NodeEntry
  readonly clients: readonly ClientEntry[]
  readonly configuration: NodeConfiguration
  readonly keys: Keys
  readonly tlsKey: string
  readonly store: Store
  readonly files: LockedFiles
  readonly fetchUrl: FetchUrl
  /** What other clocks say, in milliseconds ahead of this machine's. */
  readonly clocks: Map<string, number>
}

const quiet = () => {}

/**
 * Tests every hop of a node from outside, in another process than the node's, and changes nothing there: its systems' credentials, its doors, the
 * configuration, its certificates, OCSP, time stamps, clocks, its peers, its own services. Runs beside the node; says so when it does not run.
 */
export async function examineNode(
  entry: NodeEntry,
  clients: readonly ClientEntry[],
  options: DoctorOptions,
): Promise<Result<readonly Finding[], Trouble>> {
  const keys = await openKeys(join(entry.folder, 'keys'), options.passphrase)
  if (!keys.ok) return trouble('passphrase_wrong', { home: entry.folder })
  const opened = openNodeStore(join(entry.folder, 'node.sqlite'))
  try {
    const { identity } = await identityIn(opened.store)
    const plain = await configurationOf(entry.folder, readNodeFile(entry.folder))
    const clocks = new Map<string, number>()
    const patient: Patient = {
      ...options,
      entry,
      clients: clients.filter(({ node }) => node === entry.name),
      configuration: withIdentity(plain, identity),
      keys: keys.value,
      tlsKey: activeOf(identity, 'authentication', '')?.key ?? FIRST_AUTHENTICATION,
      store: opened.store,
      files: lockedFiles(join(entry.folder, 'archive')),
      fetchUrl: hearingClocks(fetchOverHttp(), clocks, options.now),
      clocks,
    }
    return ok(await examine(patient))
  } finally {
    await opened.close()
  }
}

/** The same fetch, which notes what the answers say the time is. */
const hearingClocks =
  (fetchUrl: FetchUrl, clocks: Map<string, number>, now: Now): FetchUrl =>
  async (url, ...rest) => {
    const sent = now()
    const answer = await fetchUrl(url, ...rest)
    if (answer.ok) noteClock(clocks, new URL(url).origin, answer.value.headers, sent, now())
    return answer
  }

function noteClock(
  clocks: Map<string, number>,
  who: string,
  headers: readonly (readonly [string, string])[],
  sent: number,
  received: number,
): void {
  const said = Date.parse(headers.find(([name]) => name.toLowerCase() === 'date')?.[1] ?? '')
  if (!Number.isNaN(said)) clocks.set(who, said + SECOND / 2 - (sent + received) / 2)
}

async function examine(patient: Patient): Promise<readonly Finding[]> {
  const found: Finding[] = []
  found.push(...(await doors(patient)))
  const isUp = found.every(({ hop, state }) => hop !== 'node' || state === 'ok')
  found.push(...(await systems(patient, isUp)))
  const trust = await configurationFound(patient, found)
  if (trust) {
    found.push(...(await certificates(trust, patient)))
    found.push(await timeStamps(trust, patient))
    found.push(...(await peers(trust, patient)))
  }
  found.push(...(await services(patient)))
  found.push(...clockFound(patient))
  found.push(...(await alarms(patient)))
  return found
}

const at = (
  { entry }: Pick<Patient, 'entry'>,
  hop: Hop,
  name: string,
  cause?: Cause,
  detail?: string,
  state: 'broken' | 'warning' = 'broken',
): Finding => ({
  node: entry.name,
  hop,
  name,
  state: cause ? state : 'ok',
  ...(cause ? { cause } : {}),
  ...(detail ? { detail: detail.slice(0, 200) } : {}),
})

const REACH_MS = 4000

/** Connects and lets go: nothing is asked. undefined: somebody answers. */
function reach(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connectPlainly({ host, port, timeout: REACH_MS })
    const done = (why?: string) => {
      socket.destroy()
      resolve(why)
    }
    socket.on('connect', () => done())
    socket.on('timeout', () => done('no answer'))
    socket.on('error', (problem: NodeJS.ErrnoException) => done(problem.code ?? problem.message))
  })
}

async function doors(patient: Patient): Promise<readonly Finding[]> {
  const { consumer, provider } = patient.entry
  const found: Finding[] = []
  for (const address of [consumer.replace('https://', ''), provider]) {
    const [host, port] = hostAndPort(address)
    const why = await reach(host, port)
    found.push(at(patient, 'node', address, why === undefined ? undefined : 'node_not_running', why))
  }
  return found
}

function hostAndPort(address: string, usual = 5500): [string, number] {
  const [, host = '', port] = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(address) ?? []
  return [host.replace(/^\[|\]$/g, ''), Number(port ?? usual)]
}

async function systems(patient: Patient, isUp: boolean): Promise<readonly Finding[]> {
  const found: Finding[] = []
  for (const client of patient.clients) found.push(await system(client, patient, isUp))
  return found
}

async function system(client: ClientEntry, patient: Patient, isUp: boolean): Promise<Finding> {
  const here = (cause?: Cause, detail?: string) => at(patient, 'client', client.id, cause, detail)
  if (![client.certificate, client.key, client.authority].every(existsSync)) return here('client_files_missing', client.certificate)
  const certificate = new X509Certificate(readFileSync(client.certificate))
  const known = patient.configuration.clients.find(({ id }) => formatId(id) === client.id)
  const fingerprint = createHash('sha256').update(certificate.raw).digest('hex')
  if (known?.connection === 'SSLAUTH' && !known.certificates.includes(fingerprint)) return here('client_certificate_unknown', fingerprint)
  if (Date.parse(certificate.validTo) < patient.now()) return here('client_certificate_expired', certificate.validTo)
  const own = createPublicKey(readFileSync(client.key)).export({ type: 'spki', format: 'der' })
  if (Buffer.compare(own, certificate.publicKey.export({ type: 'spki', format: 'der' })) !== 0) return here('client_key_differs')
  return isUp ? answered(client, patient, here) : here()
}

/** Any answer at all says that the connection was taken; its Date is the node's own clock. */
async function answered(client: ClientEntry, patient: Patient, here: (cause?: Cause, detail?: string) => Finding): Promise<Finding> {
  const sent = patient.now()
  try {
    const { headers } = await callAs(client, patient.entry, { method: 'GET', service: `${client.id}/sacbe.doctor`, path: '' })
    const remapped = headers.filter(([name]) => /^(x-amzn-remapped-)?date$/i.test(name)).map(([, value]) => ['date', value] as const)
    noteClock(patient.clocks, OWN, remapped, sent, patient.now())
    return here()
  } catch (problem) {
    return here('client_not_connected', problem instanceof Error ? problem.message : String(problem))
  }
}
const OWN = 'this node'

/** What the node acts on, held against what is published now. */
async function configurationFound(patient: Patient, found: Finding[]): Promise<TrustInForce | undefined> {
  const { entry, files, fetchUrl, store, now } = patient
  const anchor = must(readAnchor(readFileSync(join(entry.folder, 'anchor.xml'))))
  const name = new URL(anchor.sources[0]?.url ?? 'http://unknown').host
  const known = await lastTrust({ store, ...files })
  const scratch = { anchor, fetchUrl, store: await copyOf(store, 'trust'), now, memory: newMemory(), log: quiet }
  const fresh = await refreshTrust(known, {
    ...scratch,
    putLocked: async () => 'kept',
    getLocked: files.getLocked,
    listLocked: files.listLocked,
  })
  if (!fresh.ok) {
    const until = known ? isoInstant(known.validUntil) : ''
    found.push(
      at(
        patient,
        'configuration',
        name,
        known && known.validUntil < now() ? 'configuration_ended' : 'configuration_not_had',
        `${codeOf(fresh.fault)} ${fresh.fault.detail} ${until}`,
      ),
    )
    return known
  }
  const stale = known !== undefined && known.validUntil < now() + 48 * HOUR
  found.push(at(patient, 'configuration', name, stale ? 'configuration_stale' : undefined, known && isoInstant(known.validUntil)))
  return fresh.value
}

/** A store that begins with one record of another and is forgotten. */
async function copyOf(store: Store, key: string): Promise<Store> {
  const records = new Map<string, { value: unknown; version: number }>()
  const there = await store.get(key)
  if (there) records.set(key, { value: there.value, version: there.version })
  const put: Store['put'] = async (name, value, ifVersion) => {
    if ((records.get(name)?.version ?? 0) !== ifVersion) return false
    records.set(name, { value, version: ifVersion + 1 })
    return true
  }
  return {
    get: async <T>(name: string) => {
      const found = records.get(name)
      return found && { key: name, value: found.value as T, version: found.version }
    },
    query: async () => [],
    put,
    transact: async (puts) => (await Promise.all(puts.map((each) => put(each.key, each.value, each.ifVersion)))).every(Boolean),
    lease: async () => true,
  }
}

async function certificates(today: TrustInForce, patient: Patient): Promise<readonly Finding[]> {
  const { configuration, now, fetchUrl } = patient
  const ports = { fetchUrl, now, log: quiet, memory: newMemory() }
  const all = new Map([['TLS', configuration.authentication.certificate]])
  for (const { id, signing } of configuration.clients) all.set(formatId(id).split('/').slice(0, 3).join('/'), signing.certificate)
  const found: Finding[] = []
  let responder: Finding | undefined
  for (const [name, der] of all) {
    const chain = ownChain([der], today, ports)
    if (!chain.ok) {
      const read = readCertificate(der)
      const ended = read.ok && read.value.notAfter < now()
      found.push(
        at(
          patient,
          'certificate',
          name,
          ended ? 'certificate_expired' : 'certificate_not_approved',
          `${codeOf(chain.fault)} ${chain.fault.detail}`,
        ),
      )
      continue
    }
    const [leaf] = chain.value
    const good = leaf && (await ocspAtHand(leaf, today, ports))
    const says = good?.ok === false ? good.fault : undefined
    const isRevoked = says?.path[0] === 'cert_validation'
    found.push(
      at(patient, 'certificate', name, isRevoked ? 'certificate_not_good' : unlisted(name, der, today, configuration), says?.detail),
    )
    if (says && !isRevoked) responder = at(patient, 'ocsp', 'OCSP', 'ocsp_silent', `${codeOf(says)} ${says.detail}`)
    else responder ??= at(patient, 'ocsp', 'OCSP')
  }
  return responder ? [...found, responder] : found
}

const unlisted = (name: string, der: Uint8Array, { trust }: TrustInForce, { server }: NodeConfiguration): Cause | undefined => {
  if (name !== 'TLS') return undefined
  const listed = serverOfCertificate(trust, der)
  return listed && formatId(listed.id) === formatId(server) ? undefined : 'certificate_not_registered'
}

async function timeStamps(today: TrustInForce, patient: Patient): Promise<Finding> {
  const names = parametersOf(today.trust).flatMap(({ approvedTsas }) => approvedTsas.map(({ url }) => url))
  const token = await stampOverHttp(patient.fetchUrl, async () => ok(today), quiet)(createHash('sha512').update('sacbe doctor').digest())
  return at(
    patient,
    'tsa',
    [...new Set(names)].join(' '),
    token.ok ? undefined : 'tsa_silent',
    token.ok ? undefined : `${codeOf(token.fault)} ${token.fault.detail}`,
  )
}

/** At most so many are tried; the nearest in the list. */
const MOST_PEERS = 20

async function peers({ trust }: TrustInForce, patient: Patient): Promise<readonly Finding[]> {
  const own = formatId(patient.configuration.server)
  const others = ownParameters(trust).servers.filter(({ id, address }) => address !== undefined && formatId(id) !== own)
  const found = others.slice(0, MOST_PEERS).map(async ({ id, address = '' }) => {
    const name = `${formatId(id)} ${address}`
    const shown = await certificateAt(address, patient)
    if (!(shown instanceof Uint8Array)) return at(patient, 'peer', name, 'peer_unreachable', shown)
    const server = serverOfCertificate(trust, shown)
    return at(patient, 'peer', name, server && formatId(server.id) === formatId(id) ? undefined : 'peer_is_another')
  })
  const here = serverNamed(trust, patient.configuration.server)
  return [...(await Promise.all(found)), at(patient, 'centre', own, here ? undefined : 'not_registered')]
}

/** The TLS certificate somebody shows us at an address, or why there is none. */
function certificateAt(address: string, { keys, tlsKey, configuration }: Patient): Promise<Uint8Array | string> {
  const [host, port] = hostAndPort(address)
  const key = keys.privateKey(tlsKey).export({ type: 'pkcs8', format: 'pem' }).toString()
  const cert = writePem('CERTIFICATE', configuration.authentication.certificate)
  return new Promise((resolve) => {
    const socket = connect(
      { host, port, key, cert, rejectUnauthorized: false, timeout: REACH_MS, servername: /^[\d.:]+$/.test(host) ? '' : host },
      () => {
        const shown = socket.getPeerCertificate().raw
        socket.destroy()
        resolve(shown ?? 'no certificate')
      },
    )
    socket.on('timeout', () => {
      socket.destroy()
      resolve('no answer')
    })
    socket.on('error', (problem: NodeJS.ErrnoException) => resolve(problem.code ?? problem.message))
  })
}

async function services(patient: Patient): Promise<readonly Finding[]> {
  const open = patient.configuration.services.filter(({ disabled }) => !disabled)
  return Promise.all(
    open.map(async ({ id, url }) => {
      const { hostname, port, protocol } = new URL(url)
      const why = await reach(hostname.replace(/^\[|\]$/g, ''), Number(port || (protocol === 'https:' ? 443 : 80)))
      return at(patient, 'service', formatId(id), why === undefined ? undefined : 'service_down', why)
    }),
  )
}

const WARN_SKEW = 2 * SECOND
const MOST_SKEW = 30 * SECOND

/** The node's clock, by its own answers, against everybody else's. */
function clockFound({ clocks, ...patient }: Patient): readonly Finding[] {
  const own = clocks.get(OWN)
  const others = [...clocks].filter(([who]) => who !== OWN).map(([, ahead]) => ahead)
  if (own === undefined || others.length === 0) return []
  const apart = others.map((ahead) => own - ahead).sort((a, b) => Math.abs(a) - Math.abs(b))[0] ?? 0
  const detail = `${Math.round(apart / SECOND)} s`
  if (Math.abs(apart) > MOST_SKEW) return [at(patient, 'clock', OWN, 'clock_wrong', detail)]
  return [Math.abs(apart) > WARN_SKEW ? at(patient, 'clock', OWN, 'clock_off', detail, 'warning') : at(patient, 'clock', OWN)]
}

async function alarms(patient: Patient): Promise<readonly Finding[]> {
  const all = await alarmsIn(patient)
  return standing(all).map(({ id, kind, about, detail }) =>
    at(patient, 'centre', `${kind} ${about.slice(0, 60)}`, 'alarm', `${detail} [${id}]`),
  )
}

export const wordsOf = (cause: Cause) => CAUSES[cause]
