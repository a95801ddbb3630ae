import { Buffer } from 'node:buffer'
import { ok } from '../base/result.ts'
import { type Digest, digestByUri, hash } from '../protocol/digests.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { type Digested, stepValue } from './digest-list.ts'
import { type ChainMember, type ChainStep, type HashChain, readChain, readChainResult } from './hash-chain-documents.ts'
import { transformed } from './transforms.ts'

/** Where a chain finds the files it names. On the wire there is only '/sig-hashchain.xml'; a container has its entries. */
export type ChainFiles = {
  /** The octets of a file, or undefined when there is none: 'invalid_reference'. */
  readonly fetch: (uri: string) => Uint8Array | undefined
  /** Whether a DataRef is looked up at all. One that is not is taken at its word, as stock verifiers do; never under 'strict'. */
  readonly looksUp: (uri: string) => boolean
}
/** What must occur in the chain: the digest known to the caller, or null when the file is to be fetched. */
export type Required = ReadonlyMap<string, Digested | null>

/** One DataRef met on the way. 'known' by the caller's digest, 'fetched' and digested, or 'trusted' at its word. */
export type ChainedPart = Digested & { readonly uri: string; readonly how: 'known' | 'fetched' | 'trusted' }

const DEEPEST = 128

/**
 * Walks a hash chain from its result down and computes it up again.
 *
 * Refuses with 'malformed_hash_chain', 'invalid_reference', 'invalid_hash_chain_ref', 'invalid_hash_chain',
 * 'hashchain_unused_inputs', 'internal_error' as the stock verifier does; a circle or more than 128 steps is malformed.
 *
 * Under 'strict' every DataRef must name a required part by a digest that the caller knows and agree with it, each once,
 * every step must be used once, and nothing weaker than SHA-256 takes part: 'weak_algorithm', 'unaccounted_bytes'.
 * Source: X-Road batch signature specification, verification of hash chains.
 */
export function verifyChain(
  result: Uint8Array,
  files: ChainFiles,
  required: Required,
  profile: 'strict' | 'stock',
): Outcome<readonly ChainedPart[]> {
  const top = readChainResult(result)
  if (!top.ok) return top
  const walk = new ChainWalk(files, required, profile === 'strict')
  const root = walk.step(top.value.uri, null, 0)
  if (!root.ok) return root
  const value = algorithmOf(top.value.algorithm, undefined, profile === 'strict')
  if (!value.ok) return value
  const computed = stepValue(value.value, root.value)
  if (!Buffer.from(computed).equals(top.value.value)) return refuse('invalid_hash_chain', 'the result is not that of the chain')
  return walk.finish()
}

type OpenChain = HashChain & { readonly uri: string; readonly byId: ReadonlyMap<string, ChainStep> }

class ChainWalk {
  readonly #files: ChainFiles
  readonly #required: Required
  readonly #strict: boolean
  readonly #chains = new Map<string, OpenChain>()
  readonly #members = new Map<ChainStep, readonly Digested[] | 'open'>()
  readonly #parts: ChainedPart[] = []

  constructor(files: ChainFiles, required: Required, strict: boolean) {
    this.#files = files
    this.#required = required
    this.#strict = strict
  }

  /** The members of the step that `uri` names; `current` is the chain in which the reference stands. */
  step(uri: string, current: OpenChain | null, depth: number): Outcome<readonly Digested[]> {
    const found = this.#find(uri, current)
    if (!found.ok) return found
    const { chain, step } = found.value
    const known = this.#members.get(step)
    if (known === 'open' || depth > DEEPEST) return refuse('malformed_hash_chain', 'the steps run in a circle or too deep')
    if (known) return this.#strict ? refuse('malformed_hash_chain', `step ${step.id} is used twice`) : ok(known)
    this.#members.set(step, 'open')
    const members: Digested[] = []
    for (const member of step.members) {
      const digested = this.#member(member, chain, depth)
      if (!digested.ok) return digested
      members.push(digested.value)
    }
    this.#members.set(step, members)
    return ok(members)
  }

  finish(): Outcome<readonly ChainedPart[]> {
    const met = new Set(this.#parts.map(({ uri }) => uri))
    const unused = [...this.#required.keys()].filter((name) => !met.has(name))
    if (unused.length > 0) return refuse('hashchain_unused_inputs', unused.join(', '))
    if (this.#strict && met.size < this.#parts.length) return refuse('malformed_hash_chain', 'a part is referenced twice')
    const steps = [...this.#chains.values()].reduce((sum, chain) => sum + chain.steps.length, 0)
    if (this.#strict && steps > this.#members.size) return refuse('unaccounted_bytes', 'the chain holds steps that lead nowhere')
    return ok(this.#parts)
  }

  #find(uri: string, current: OpenChain | null): Outcome<{ chain: OpenChain; step: ChainStep }> {
    const hash = uri.indexOf('#')
    if (hash < 0 || hash === uri.length - 1) return refuse('malformed_hash_chain', `${uri} names no step`)
    const chain = hash === 0 && current ? ok(current) : this.#chain(uri.slice(0, hash))
    if (!chain.ok) return chain
    const step = chain.value.byId.get(uri.slice(hash + 1))
    return step ? ok({ chain: chain.value, step }) : refuse('malformed_hash_chain', `there is no step ${uri}`)
  }

  #chain(uri: string): Outcome<OpenChain> {
    const open = this.#chains.get(uri)
    if (open) return ok(open)
    const bytes = this.#files.fetch(uri)
    if (!bytes) return refuse('invalid_reference', `there is no ${uri}`)
    const chain = readChain(bytes)
    if (!chain.ok) return chain
    const opened = { ...chain.value, uri, byId: new Map(chain.value.steps.map((step) => [step.id, step])) }
    this.#chains.set(uri, opened)
    return ok(opened)
  }

  #member(member: ChainMember, chain: OpenChain, depth: number): Outcome<Digested> {
    const digest = algorithmOf(member.algorithm, chain.algorithm, this.#strict)
    if (!digest.ok) return digest
    if (member.kind === 'value') return ok({ digest: digest.value, value: member.value })
    if (member.kind === 'data') return this.#data(member, digest.value)
    const below = this.step(member.uri, chain, depth + 1)
    return below.ok ? ok({ digest: digest.value, value: stepValue(digest.value, below.value) }) : below
  }

  #data(member: ChainMember & { kind: 'data' }, digest: Digest): Outcome<Digested> {
    const known = this.#required.get(member.uri)
    if (this.#strict) return this.#strictData(member, digest, known)
    if (known && known.digest === digest) return this.#met(member.uri, digest, known.value, 'known')
    if (!this.#files.looksUp(member.uri)) return this.#met(member.uri, digest, member.value, 'trusted')
    const octets = this.#files.fetch(member.uri)
    if (!octets) return refuse('invalid_reference', `there is no ${member.uri}`)
    const final = transformed(octets, member.transforms ?? [])
    if (!final.ok) return final
    const value = hash(digest, final.value)
    if (!Buffer.from(value).equals(member.value)) return refuse('invalid_hash_chain_ref', `the digest of ${member.uri} differs`)
    return this.#met(member.uri, digest, value, 'fetched')
  }

  #strictData(member: ChainMember & { kind: 'data' }, digest: Digest, known: Digested | null | undefined): Outcome<Digested> {
    if (!known || member.transforms) return refuse('invalid_reference', `${member.uri} is no part of this message, or is transformed`)
    if (known.digest !== digest) return refuse('invalid_reference', `${member.uri} is not digested with ${known.digest.name}`)
    if (!Buffer.from(member.value).equals(known.value)) return refuse('invalid_hash_chain_ref', `the digest of ${member.uri} differs`)
    return this.#met(member.uri, digest, known.value, 'known')
  }

  #met(uri: string, digest: Digest, value: Uint8Array, how: ChainedPart['how']): Outcome<Digested> {
    const part: ChainedPart = { uri, digest, value, how }
    this.#parts.push(part)
    return ok(part)
  }
}

function algorithmOf(own: string | undefined, inherited: string | undefined, strict: boolean): Outcome<Digest> {
  const digest = digestByUri(own ?? inherited ?? '')
  if (!digest) return refuse('internal_error', 'a digest without an algorithm, or one that nobody knows')
  return strict && digest.weak ? refuse('weak_algorithm', digest.name) : ok(digest)
}
