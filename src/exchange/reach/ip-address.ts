/** An IP address as octets: 4 or 16 of them. */
export type IpAddress = Uint8Array
/** All addresses that share the first `bits` bits. */
export type Network = { readonly address: IpAddress; readonly bits: number }

/**
 * '192.0.2.7', '2001:db8::7', '::ffff:192.0.2.7'; a zone ('fe80::1%eth0') is left off. undefined: not an address in canonical dotted or colon
 * form; '127.1' and '0177.0.0.1' are none. Source: RFC 4291 §2.2, RFC 6943 §3.1.1 for the loose forms.
 */
export function readAddress(text: string): IpAddress | undefined {
  return text.includes(':') ? readColons(text.split('%', 1)[0] as string) : readDots(text)
}

function readDots(text: string): IpAddress | undefined {
  const parts = text.split('.')
  const legal = parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
  return legal ? Uint8Array.from(parts, Number) : undefined
}

function readColons(text: string): IpAddress | undefined {
  const halves = text.split('::')
  const [left, right] = halves.map((half, index) => groupsIn(half, index === halves.length - 1))
  if (!left || halves.length > 2 || (halves.length === 2 && !right)) return undefined
  const missing = 8 - left.length - (right?.length ?? 0)
  if (right ? missing < 1 : missing !== 0) return undefined
  const groups = [...left, ...new Array<number>(missing).fill(0), ...(right ?? [])]
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]))
}

/** The 16-bit groups of one side of '::'; the last 32 bits of an address may be written with dots. */
function groupsIn(half: string, last: boolean): number[] | undefined {
  if (half === '') return []
  const words = half.split(':')
  const dotted = last && words.at(-1)?.includes('.') ? readDots(words.pop() as string) : new Uint8Array(0)
  if (!dotted || words.some((word) => !/^[0-9A-Fa-f]{1,4}$/.test(word))) return undefined
  const groups = words.map((word) => Number.parseInt(word, 16))
  for (let at = 0; at < dotted.length; at += 2) groups.push(((dotted[at] as number) << 8) | (dotted[at + 1] as number))
  return groups
}

/** '10.0.0.0/8', 'fc00::/7', or one address alone. undefined: neither. */
export function readNetwork(text: string): Network | undefined {
  const [, written = '', length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const address = readAddress(written)
  const bits = length === undefined ? (address?.length ?? 0) * 8 : Number(length)
  return address && bits <= address.length * 8 ? { address, bits } : undefined
}

export function isWithin({ address: network, bits }: Network, address: IpAddress): boolean {
  if (network.length !== address.length) return false
  return network.every((octet, index) => {
    const mask = 0xff & ~(0xff >> Math.min(8, Math.max(0, bits - 8 * index)))
    return ((octet ^ (address[index] as number)) & mask) === 0
  })
}
