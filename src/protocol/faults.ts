import { type Refused, type Result, refused } from '../base/result.ts'
import { FAULTS } from './fault-catalogue.ts'
import type { FaultReason } from './fault-reasons.ts'

export type FaultCode = keyof typeof FAULTS
/** Which door noticed: the consumer's own request, our outgoing door, our incoming door, or the signer behind them. */
export type RaisedBy = 'client' | 'server.clientproxy' | 'server.serverproxy' | 'signer'

/**
 * One refusal.
 *
 * `path` holds the codes from the outside in: ['signature_verification', 'invalid_cert_path', 'cert_validation'].
 * `detail` is for the operator: ids, sizes, names of parts; never bodies, never personal data.
 * `reason` names the sentence a person is told where the code alone says too little (stock servers answer many mistakes with internal_error).
 * `by` is set once, by the flow that answers. `outcome: 'unknown'` says the service was already called.
 * `relayed` is a fault that came from a peer or a service: its code and texts are passed on untouched.
 */
export type Fault = {
  readonly path: readonly [FaultCode, ...FaultCode[]]
  readonly detail: string
  readonly reason?: FaultReason
  readonly by?: RaisedBy
  readonly outcome?: 'unknown'
  readonly relayed?: {
    readonly code: string
    readonly message: string
    readonly detail: string
    /** The SOAP envelope it came in, for those who speak SOAP: passed on byte for byte. */
    readonly envelope?: Uint8Array
  }
}

export type Outcome<T> = Result<T, Fault>

export const refuse = (code: FaultCode, detail = '', reason?: FaultReason): Refused<Fault> =>
  refused(reason === undefined ? { path: [code], detail } : { path: [code], detail, reason })

/** Puts a code in front of a refusal's own, unless it stands there already: how stock servers nest codes. */
export function under(code: FaultCode, { fault }: Refused<Fault>): Refused<Fault> {
  return refused(fault.path[0] === code || fault.relayed ? fault : { ...fault, path: [code, ...fault.path] })
}

/** Names the door that noticed. A door that is already named stays. */
export const raisedBy = (by: RaisedBy, { fault }: Refused<Fault>): Refused<Fault> => refused({ by, ...fault })

/** 'server.serverproxy.service_failed.invalid_soap'; without a door just the codes. The 7.8 spelling. */
export function codeOf(fault: Fault): string {
  if (fault.relayed) return fault.relayed.code
  return [fault.by, ...fault.path].filter(Boolean).join('.')
}

const DOORS_LEGACY: Record<RaisedBy, string> = {
  client: 'Client',
  'server.clientproxy': 'Server.ClientProxy',
  'server.serverproxy': 'Server.ServerProxy',
  signer: 'Signer',
}

/** The dotted CamelCase that servers up to 7.7 write: 'Server.ServerProxy.ServiceFailed.InvalidSoap'. */
export function legacyCodeOf(fault: Fault): string {
  if (fault.relayed) return fault.relayed.code
  return [fault.by && DOORS_LEGACY[fault.by], ...fault.path.map((code) => FAULTS[code].legacy)].filter(Boolean).join('.')
}

/**
 * 400 when the consumer's own request is at fault, else 500: by prefix, in any letter case, as peers of either spelling do.
 * A code of our own may have a status of its own.
 */
export function httpStatus(fault: Fault): 400 | 422 | 500 {
  const row: { readonly legacy: string; readonly status?: 422 } = FAULTS[fault.path.at(-1) as FaultCode]
  if (!fault.relayed && row.status !== undefined) return row.status
  return /^server\./i.test(codeOf(fault)) ? 500 : 400
}

const BY_SPELLING = new Map(
  Object.entries(FAULTS).flatMap(([code, { legacy }]) => [code, legacy].map((spelling) => [spelling.toLowerCase(), code as FaultCode])),
)

/** The codes we know in a peer's code of either spelling, from the outside in; 'service_failed' when we know none of them. */
export function codesIn(text: string): Fault['path'] {
  const parts = text.slice(0, 500).toLowerCase().split('.')
  const known = parts.flatMap((part, index) => BY_SPELLING.get(part) ?? BY_SPELLING.get(`${part}.${parts[index + 1]}`) ?? [])
  const [first, ...rest] = known
  return first === undefined ? ['service_failed'] : [first, ...rest]
}
