import type { EvidenceRecord } from '../evidence/record.ts'
import { hex, sha512 } from '../protocol/digests.ts'

type Seen = Pick<EvidenceRecord, 'side' | 'direction'>

/** Whether the node's own key signed it: a consumer's request, a provider's response. */
export const isOwn = ({ side, direction }: Seen): boolean => (side === 'consumer') === (direction === 'request')

/**
 * Names the signature of a message that may share it with others: signed over a hash chain, where several messages can be. Two of one batch
 * have the same name. undefined: the signature is its own, or a peer's.
 */
export const sharedSignature = (seen: Seen, { signature, chain }: EvidenceRecord['documents']): string | undefined =>
  isOwn(seen) && chain ? hex(sha512(signature)).slice(0, 32) : undefined
