import { type Digest, digestNamed } from '../protocol/digests.ts'
import { stepValue } from './digest-list.ts'
import type { ChainMember, ChainStep } from './hash-chain-documents.ts'

/**
 * One received or sent part and its SHA-512: '/message.xml', '/attachment1', or '/META-INF/signatures.xml' for a stamp.
 * `octets`, where they are at hand, let a verifier take a direct reference in another digest; only '/message.xml' needs them.
 */
export type PartDigest = { readonly name: string; readonly sha512: Uint8Array; readonly octets?: Uint8Array }

export const SHA512: Digest = digestNamed('SHA-512') as Digest

type Node = { readonly value: Uint8Array; readonly leaves: number; readonly left?: Node; readonly right?: Node }

/**
 * The root over any number of messages, and for each the steps from the root down to its parts.
 *
 * A binary tree in order, split at the largest power of two below the number of leaves; a leaf is the digest of a
 * message's one part, or the step value over its parts. One message of one part has no chain: asking for it is a bug.
 */
export function chainSteps(messages: readonly (readonly PartDigest[])[]): { root: Uint8Array; steps: readonly (readonly ChainStep[])[] } {
  const leaves = messages.map(leafValue)
  if (messages.length === 1 && messages[0]?.length === 1) throw new Error('one part alone has no hash chain')
  const tree = nodeOver(leaves, 0, leaves.length)
  return { root: tree.value, steps: messages.map((parts, index) => stepsTo(tree, index, parts)) }
}

function leafValue(parts: readonly PartDigest[]): Uint8Array {
  const [first] = parts
  if (!first) throw new Error('a message without parts cannot be signed')
  return parts.length === 1 ? first.sha512 : pairValue(parts.map(({ sha512 }) => sha512))
}

const pairValue = (values: readonly Uint8Array[]): Uint8Array =>
  stepValue(
    SHA512,
    values.map((value) => ({ digest: SHA512, value })),
  )

function nodeOver(leaves: readonly Uint8Array[], from: number, to: number): Node {
  if (to - from === 1) return { value: leaves[from] as Uint8Array, leaves: 1 }
  const left = nodeOver(leaves, from, from + powerBelow(to - from))
  const right = nodeOver(leaves, from + left.leaves, to)
  return { value: pairValue([left.value, right.value]), leaves: to - from, left, right }
}

function powerBelow(count: number): number {
  let power = 1
  while (power * 2 < count) power *= 2
  return power
}

function stepsTo(root: Node, index: number, parts: readonly PartDigest[]): ChainStep[] {
  const steps: ChainStep[] = []
  let [node, at] = [root, index]
  while (node.left && node.right) {
    const isLeft = at < node.left.leaves
    const [mine, other] = isLeft ? [node.left, node.right] : [node.right, node.left]
    const own = ownSide(mine, parts, steps.length + 1)
    const beside: ChainMember = { kind: 'value', value: other.value }
    steps.push({ id: `STEP${steps.length}`, members: isLeft ? [own, beside] : [beside, own] })
    if (!isLeft) at -= node.left.leaves
    node = mine
  }
  if (parts.length > 1) steps.push({ id: `STEP${steps.length}`, members: parts.map(dataRef) })
  return steps
}

const dataRef = ({ name, sha512 }: PartDigest): ChainMember => ({ kind: 'data', uri: name, value: sha512 })

function ownSide(mine: Node, parts: readonly PartDigest[], next: number): ChainMember {
  return mine.leaves === 1 && parts.length === 1 ? dataRef(parts[0] as PartDigest) : { kind: 'step', uri: `#STEP${next}` }
}
