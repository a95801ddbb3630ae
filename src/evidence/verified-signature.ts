import type { MemberId } from '../protocol/identifiers.ts'
import type { Certificate } from '../trust/certificates.ts'
import type { OcspVerdict } from '../trust/ocsp.ts'
import type { ChainedPart } from './hash-chain.ts'

export type VerifiedSignature = {
  readonly signer: MemberId
  readonly certificate: Certificate
  readonly ocsp: OcspVerdict
  /** Names of the parts whose digests were compared with what was signed. */
  readonly covered: readonly string[]
  /** Every DataRef of the chain, and how it was judged; empty for a direct signature. */
  readonly chained: readonly ChainedPart[]
  /** The decoded SignatureValue. */
  readonly value: Uint8Array
}
