import { formatId } from '../../protocol/identifiers.ts'
import { serverOfCertificate } from '../../trust/directory.ts'
import { ownParameters } from '../../trust/trust.ts'
import type { CallPeer, CurrentTrust, Store, TrustInForce } from '../ports.ts'
import { type AlarmPorts, raise } from './alarms.ts'

/**
 * Nodes tell each other, with every message and outside what is signed, which configuration they act on: a centre that shows one node another than the
 * rest is found out by the first message between the two. Stock servers pass over the header.
 */
export const GOSSIP = 'x-sacbe-configuration'
export type GossipPorts = AlarmPorts & { readonly store: Store; readonly trust: CurrentTrust }

/** 'QRO 6 42 <SHA-512>': instance, version, serial and digest; nothing where a configuration has no serial. */
export function gossipOf({ trust }: TrustInForce): string | undefined {
  const { instance, version, generation, sha512 } = ownParameters(trust)
  return generation && [encodeURIComponent(instance), version, generation.serial, sha512].join(' ')
}

/** What a node tells whoever calls it, and what it does with what it is told. */
export type Gossip = {
  readonly word: () => Promise<string | undefined>
  readonly hear: (word: string | undefined, peer: string) => Promise<string | undefined>
}

export async function gossipWord(trust: CurrentTrust): Promise<string | undefined> {
  const today = await trust()
  return today.ok ? gossipOf(today.value) : undefined
}

type Known = Readonly<Record<string, string>>
/** Which configuration was last noted in a store: its serial need not be looked for again with every message. */
const noted = new WeakMap<GossipPorts['store'], TrustInForce['trust']>()
const KEY = 'watch/generations'
/** Generations remembered: more than a day's worth. */
const MOST = 64

/** Remembers which digest a serial had, so that an older word of a peer can be judged too. */
export async function noteGeneration(today: TrustInForce, { store }: Pick<GossipPorts, 'store'>): Promise<Known> {
  const { version, generation, sha512 } = ownParameters(today.trust)
  const stored = await store.get<Known>(KEY)
  const known = stored?.value ?? {}
  const name = generation && `${version} ${generation.serial}`
  if (!name || known[name] === sha512) {
    noted.set(store, today.trust)
    return known
  }
  const before = generation.previous === undefined ? [] : [[`${version} ${generation.serial - 1}`, generation.previous] as const]
  const next = Object.fromEntries([...before, ...Object.entries(known), [name, sha512] as const].slice(-MOST))
  await store.put(KEY, next, stored?.version ?? 0) // another door of ours was faster: it noted the same
  return next
}

/** A peer's word held against what we were shown. @returns what we were shown under that serial, when it was something else: the peer should hear it. */
export async function hear(word: string | undefined, peer: string, ports: GossipPorts): Promise<string | undefined> {
  const [instance, version, serial, sha512] = /^(\S{1,255}) ([2-6]) ([1-9]\d{0,14}) ([0-9a-f]{128})$/.exec(word ?? '')?.slice(1) ?? []
  const today = sha512 === undefined ? undefined : await ports.trust()
  if (!today?.ok || instance !== encodeURIComponent(today.value.trust.own)) return undefined
  if (word === gossipOf(today.value) && noted.get(ports.store) === today.value.trust) return undefined
  const known = (await noteGeneration(today.value, ports))[`${version} ${serial}`]
  if (known === undefined || known === sha512) return undefined
  await raise('configuration_fork', `${version} ${serial}`, `${peer} was shown another configuration of serial ${serial}`, ports)
  return [instance, version, serial, known].join(' ')
}

/** The word goes with every message to a peer, and the peer's comes back with its answer. */
export const gossiping =
  (callPeer: CallPeer, ports: GossipPorts): CallPeer =>
  async (addresses, message, accepts, budgetMs) => {
    const today = await ports.trust()
    const word = today.ok ? gossipOf(today.value) : undefined
    let peer = addresses[0] ?? 'a peer'
    const named: typeof accepts = async (certificate, address) => {
      const server = today.ok ? serverOfCertificate(today.value.trust, certificate) : undefined
      if (server) peer = formatId(server.id)
      return accepts(certificate, address)
    }
    const told = word === undefined ? message : { ...message, headers: [...message.headers, [GOSSIP, word] as const] }
    const answer = await callPeer(addresses, told, named, budgetMs)
    const words = answer.ok
      ? answer.value.headers.filter(([name]) => name.toLowerCase() === GOSSIP).flatMap(([, said]) => said.split(/, ?/))
      : []
    for (const said of words.slice(0, 2)) await hear(said, peer, ports)
    return answer
  }
