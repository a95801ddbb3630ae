import { type IpAddress, isWithin, type Network, readNetwork } from './ip-address.ts'

/** What an address leads to. 'link-local' holds the clouds' metadata services; 'special' is nowhere a service could be. */
export type AddressKind = 'public' | 'private' | 'loopback' | 'link-local' | 'special'

const network = (text: string): Network => readNetwork(text) as Network

/** The first row that holds an address decides. Source: IANA special-purpose address registries (RFC 6890); metadata: the clouds' manuals. */
const KINDS: readonly (readonly [Network, AddressKind])[] = (
  [
    ['0.0.0.0/8', 'special'],
    ['10.0.0.0/8', 'private'],
    ['100.64.0.0/10', 'private'],
    ['127.0.0.0/8', 'loopback'],
    ['168.63.129.16', 'link-local'], // Azure's own
    ['169.254.0.0/16', 'link-local'],
    ['172.16.0.0/12', 'private'],
    ['192.0.0.0/24', 'special'],
    ['192.168.0.0/16', 'private'],
    ['198.18.0.0/15', 'special'],
    ['224.0.0.0/3', 'special'],
    ['::', 'special'],
    ['::1', 'loopback'],
    ['64:ff9b:1::/48', 'private'],
    ['100::/64', 'special'],
    ['2001::/32', 'special'], // Teredo: an IPv4 address in disguise
    ['fd00:ec2::/32', 'link-local'], // AWS's own
    ['fc00::/7', 'private'],
    ['fe80::/10', 'link-local'],
    ['fec0::/10', 'private'],
    ['ff00::/8', 'special'],
  ] as const
).map(([text, kind]) => [network(text), kind])

/** Where an IPv6 address carries an IPv4 one that it leads to, and at which octet. */
const CARRIERS: readonly (readonly [Network, number])[] = [
  [network('::ffff:0:0/96'), 12], // mapped
  [network('64:ff9b::/96'), 12], // NAT64
  [network('2002::/16'), 2], // 6to4
  [network('::/96'), 12], // IPv4-compatible; '::' and '::1' have rows of their own
]

/** Where an address leads in the end: to the IPv4 address that it carries, or to itself. */
export function endOf(address: IpAddress): IpAddress {
  if (rowOf(address)) return address
  const carrier = CARRIERS.find(([carrying]) => isWithin(carrying, address))
  return carrier ? address.subarray(carrier[1], carrier[1] + 4) : address
}

export const kindOf = (address: IpAddress): AddressKind => rowOf(endOf(address))?.[1] ?? 'public'

const rowOf = (address: IpAddress) => KINDS.find(([range]) => isWithin(range, address))
