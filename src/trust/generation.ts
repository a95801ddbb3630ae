import { attribute } from '../protocol/xml-lookup.ts'
import type { XmlElement } from '../protocol/xml-tree.ts'
import type { Generation } from './shared-parameters.ts'
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
