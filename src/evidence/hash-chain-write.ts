import { Buffer } from 'node:buffer'
import { base64, type Digest } from '../protocol/digests.ts'
import { escapeAttribute } from '../protocol/xml-write.ts'
import {
  type ChainMember,
  type ChainStep,
  DS,
  type HashChain,
  type HashChainResult,
  HC,
  readChain,
  readChainResult,
} from './hash-chain-documents.ts'
import { SHA512 } from './hash-chain-tree.ts'

/** Which of the two namespaces is the default one varies between stock servers, and so does the order of the declarations. */
type Layout = { readonly hc: '' | 'ns2:'; readonly ds: '' | 'ns2:'; readonly declarations: string }

const HC_DEFAULT = [`xmlns="${HC}"`, `xmlns:ns2="${DS}"`] as const
const DS_DEFAULT = [`xmlns="${DS}"`, `xmlns:ns2="${HC}"`] as const
const LAYOUTS: readonly Layout[] = [
  { hc: '', ds: 'ns2:', declarations: HC_DEFAULT.join(' ') },
  { hc: 'ns2:', ds: '', declarations: DS_DEFAULT.join(' ') },
  { hc: 'ns2:', ds: '', declarations: DS_DEFAULT.toReversed().join(' ') },
  { hc: '', ds: 'ns2:', declarations: HC_DEFAULT.toReversed().join(' ') },
]
const OURS = LAYOUTS[0] as Layout
const DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

/** The chain document of one message, as stock servers indent it. */
export const writeChain = (steps: readonly ChainStep[], digest: Digest = SHA512): Uint8Array =>
  Buffer.from(chainText({ algorithm: digest.xmlUri, steps }, OURS), 'utf8')

/** The result document. Its octets are what is signed or stamped: never write it anew. */
export const writeChainResult = (uri: string, root: Uint8Array, digest: Digest = SHA512): Uint8Array =>
  Buffer.from(resultText({ uri, algorithm: digest.xmlUri, value: root }, OURS), 'utf8')

/** Whether a chain or result document is, byte for byte, what a known writer makes of what it says. */
export function isCanonicalChain(bytes: Uint8Array): boolean {
  const chain = readChain(bytes)
  if (chain.ok) return LAYOUTS.some((layout) => same(bytes, chainText(chain.value, layout)))
  const result = readChainResult(bytes)
  return result.ok && LAYOUTS.some((layout) => same(bytes, resultText(result.value, layout)))
}

/**
 * Whether a result and its chain document are, byte for byte, what one known writer makes of both. The result is signed or stamped, so it
 * settles the layout of the chain document too: that has then one form only.
 */
export function isCanonicalPair(resultBytes: Uint8Array, chainBytes: Uint8Array): boolean {
  const [result, chain] = [readChainResult(resultBytes), readChain(chainBytes)]
  if (!result.ok || !chain.ok || !chain.value.steps.every(({ id }, index) => id === `STEP${index}`)) return false
  return LAYOUTS.some((layout) => same(resultBytes, resultText(result.value, layout)) && same(chainBytes, chainText(chain.value, layout)))
}

const same = (bytes: Uint8Array, text: string): boolean => Buffer.from(text, 'utf8').equals(bytes)

function chainText({ algorithm = '', steps }: HashChain, { hc, ds, declarations }: Layout): string {
  const lines = steps.flatMap(({ id, members }) => [
    `    <${hc}HashStep id="${escapeAttribute(id)}">`,
    ...members.flatMap((each) => memberLines(each, hc, ds)),
    `    </${hc}HashStep>`,
  ])
  return `${DECLARATION}${[
    `<${hc}HashChain ${declarations}>`,
    `    <${hc}DefaultDigestMethod Algorithm="${escapeAttribute(algorithm)}"/>`,
    ...lines,
    `</${hc}HashChain>`,
    '',
  ].join('\n')}`
}

function memberLines(member: ChainMember, hc: string, ds: string): string[] {
  if (member.kind === 'step') return [`        <${hc}StepRef URI="${escapeAttribute(member.uri)}"/>`]
  const [name, uri] = member.kind === 'data' ? ['DataRef', ` URI="${escapeAttribute(member.uri)}"`] : ['HashValue', '']
  return [
    `        <${hc}${name}${uri}>`,
    `            <${ds}DigestValue>${base64(member.value)}</${ds}DigestValue>`,
    `        </${hc}${name}>`,
  ]
}

function resultText({ uri, algorithm = '', value }: HashChainResult, { hc, ds, declarations }: Layout): string {
  return `${DECLARATION}${[
    `<${hc}HashChainResult URI="${escapeAttribute(uri)}" ${declarations}>`,
    `    <${ds}DigestMethod Algorithm="${escapeAttribute(algorithm)}"/>`,
    `    <${ds}DigestValue>${base64(value)}</${ds}DigestValue>`,
    `</${hc}HashChainResult>`,
    '',
  ].join('\n')}`
}
