import { ok } from '../base/result.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import type { ServiceId } from '../protocol/identifiers.ts'
import type { OpenApiDocument } from './contract/openapi.ts'
import { type ContractedRequest, keepsContract } from './contract/openapi-request.ts'

/** What a consumer's node asks of its own clients' calls to one service, before anything is signed or sent. Off unless configured. */
export type Policy = {
  readonly service: ServiceId
  /** 'issue': X-Road-Issue must name the case or legal basis. */
  readonly requires: readonly 'issue'[]
  /** The service's contract: what does not keep it is not sent. */
  readonly openapi?: OpenApiDocument
}

/**
 * Judges one call.
 * @returns true; 'legal_basis_missing' when X-Road-Issue is absent or blank; 'openapi_violation' with what is wrong, in both languages
 */
export function checkPolicy(policy: Policy, request: ContractedRequest): Outcome<true> {
  if (policy.requires.includes('issue') && !namesIssue(request)) return refuse('legal_basis_missing', 'X-Road-Issue')
  return policy.openapi ? keepsContract(policy.openapi, request) : ok(true)
}

const namesIssue = ({ headers }: ContractedRequest) =>
  headers.some(([name, value]) => name.toLowerCase() === 'x-road-issue' && value.trim() !== '')
