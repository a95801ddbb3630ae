import { Buffer } from 'node:buffer'

/**
 * The octets of an xs:base64Binary text: RFC 4648 §4 alphabet with padding, blanks and line ends anywhere between.
 * @returns null for anything else, so also for bits left over that are not zero. Source: XML Schema part 2 §3.2.16.
 */
export function fromBase64Binary(text: string): Uint8Array | null {
  const plain = /[ \t\r\n]/.test(text) ? text.replace(/[ \t\r\n]+/g, '') : text
  const octets = Buffer.from(plain, 'base64')
  return octets.toString('base64') === plain ? octets : null
}
