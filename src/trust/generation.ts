import { formatId, parseServerId } from '../protocol/identifiers.ts'
import { attribute } from '../protocol/xml-lookup.ts'
import type { XmlElement } from '../protocol/xml-tree.ts'
import { escapeAttribute } from '../protocol/xml-write.ts'
import type { ChainHead, Generation } from './shared-parameters.ts'
import { notOfForm } from './xml-form.ts'

/**
 * Our one element in the open tail of shared-params.xml: `<g:generation xmlns:g="…" serial="42" previous="…"/>`.
 * The published schemas let anything follow the last element (version 3 and up) and check only what they know, so stock servers pass over it.
 */
export const GENERATION = 'urn:x-sacbe:global-configuration'

/** Our element among what follows the last known one, or nothing; more than one, or a broken one, is not of form. */
export function readGeneration(tail: readonly XmlElement[]): Generation | undefined {
  const [element, another] = tail.filter(({ uri, local }) => uri === GENERATION && local === 'generation')
  if (another) notOfForm('more than one <generation>')
  if (!element) return undefined
  const serial = attribute(element, 'serial') ?? ''
  const previous = attribute(element, 'previous')
  if (!/^[1-9][0-9]{0,14}$/.test(serial)) notOfForm('the serial of <generation> is not a whole number of at least 1')
  if (previous !== undefined && !/^[0-9a-f]{128}$/.test(previous)) notOfForm('the previous of <generation> is not a SHA-512 in hex')
  return previous === undefined ? { serial: Number(serial) } : { serial: Number(serial), previous }
}

export const writeGeneration = ({ serial, previous }: Generation): string =>
  `<g:generation xmlns:g="${GENERATION}" serial="${serial}"${previous === undefined ? '' : ` previous="${previous}"`}/>`

/** `<g:chainHead server="QRO/GOB/DIF/S1" day="2025-11-23" position="12" head="…" stamp="…"/>`, one for each server that has sent one. */
export function readChainHeads(tail: readonly XmlElement[]): readonly ChainHead[] {
  const elements = tail.filter(({ uri, local }) => uri === GENERATION && local === 'chainHead')
  return elements.map((element) => {
    const of = (name: string) => attribute(element, name) ?? ''
    const server = parseServerId(of('server'))
    if (!server.ok) return notOfForm('the server of a <chainHead> is none')
    const [day, position, head, stamp] = [of('day'), of('position'), of('head'), of('stamp')]
    if (!/^\d{4}-\d\d-\d\d$/.test(day) || !/^[0-9]{1,15}$/.test(position) || ![head, stamp].every((each) => /^[0-9a-f]{128}$/.test(each)))
      return notOfForm('a <chainHead> without day, position, head and stamp')
    return { server: server.value, day, position: Number(position), head, stamp }
  })
}

export const writeChainHead = ({ server, day, position, head, stamp }: ChainHead): string =>
  `<g:chainHead xmlns:g="${GENERATION}" server="${escapeAttribute(formatId(server))}" day="${day}" position="${position}" head="${head}" stamp="${stamp}"/>`
