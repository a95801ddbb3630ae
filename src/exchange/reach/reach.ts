import { ok } from '../../base/result.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { printable } from '../../protocol/identifiers.ts'
import { endOf, kindOf } from './address-kinds.ts'
import { type IpAddress, isWithin, type Network, readAddress, readNetwork } from './ip-address.ts'

/**
 * Which hosts beyond the public network a node's service addresses may lead to: nothing else of the operator's own house can be reached
 * through a service address, by whatever name or redirect. A name opens private and loopback addresses that it resolves to; link-local
 * ones, where clouds keep their metadata and credentials, only a network opens that holds them.
 */
export type Reach = { readonly names: ReadonlySet<string>; readonly networks: readonly Network[] }
export const PUBLIC_ONLY: Reach = { names: new Set(), networks: [] }

/**
 * Takes in an operator's list: 'padron.interno', '10.20.0.0/16', '127.0.0.1', 'fd12::/16'.
 * Refused with 'malformed_server_conf' naming the first entry that is none of these.
 */
export function readReach(entries: readonly string[]): Outcome<Reach> {
  const names = new Set<string>()
  const networks: Network[] = []
  for (const entry of entries) {
    const network = readNetwork(entry)
    if (network) networks.push(network)
    else if (isName(entry) && !isNumberLike(entry)) names.add(nameOf(entry))
    else return refuse('malformed_server_conf', `"${printable(entry)}" is neither a host name nor a network`)
  }
  return ok({ names, networks })
}

/** Judges the host of a service address before it is looked up: an address at once, a name by its form alone. */
export function judgeHost(host: string, reach: Reach): Outcome<true> {
  if (readAddress(host)) return judgeAddress(host, host, reach)
  if (!isName(host)) return refuse('service_malformed_url', `"${printable(host)}" is no host name`)
  return isNumberLike(host) ? notAllowed(`${host} could be read as a number; an address is written in four parts`) : ok(true)
}

/**
 * Judges an address that a host name resolved to, or that stands for itself, just before a connection is made to it.
 * @param host the name as in the service address. Refused with 'service_malformed_url' and the reason 'address_not_allowed'.
 */
export function judgeAddress(host: string, address: string, { names, networks }: Reach): Outcome<true> {
  const octets = readAddress(address)
  if (!octets) return notAllowed(`${printable(host)} resolves to "${printable(address)}", which is no address`)
  const kind = kindOf(octets)
  if (kind === 'public' || isOpened(octets, networks)) return ok(true)
  if (names.has(nameOf(host)) && (kind === 'private' || kind === 'loopback')) return ok(true)
  return notAllowed(`${printable(host)} leads to a ${kind} address`)
}

/** A network opens what an address leads to in the end: '::/0' does not open an IPv4 address in disguise. */
const isOpened = (address: IpAddress, networks: readonly Network[]): boolean =>
  networks.some((network) => isWithin(network, endOf(address)))

const notAllowed = (detail: string) => refuse('service_malformed_url', detail, 'address_not_allowed')

/** Letter case and the dot of the root do not make another name. */
const nameOf = (host: string): string => host.toLowerCase().replace(/\.$/, '')
const isName = (host: string): boolean => host.length <= 253 && /^(?=.*[A-Za-z0-9])[A-Za-z0-9._-]+$/.test(host)
/** What resolvers read as a number: '2130706433', '0x7f.1', '0177.0.0.1'. Source: WHATWG URL §3.5, "ends in a number". */
const isNumberLike = (host: string): boolean => /(?:^|\.)(?:\d+|0x[0-9a-f]*)\.?$/i.test(host)
