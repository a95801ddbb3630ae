import { type Refused, refused } from '../base/result.ts'
import type { Fault, FaultCode, RaisedBy } from '../protocol/faults.ts'
import { raisedBy, under } from '../protocol/faults.ts'

/** Refusals by which a provider's node says that it never called the service; others, and words we do not know, leave that open. */
const BEFORE_THE_CALL: readonly (readonly FaultCode[])[] = [
  ['access_denied'],
  ['busy'],
  ['clock_skew'],
  ['client_proxy_version_not_supported'],
  ['global_conf_outdated'],
  ['invalid_http_method'],
  ['missing_rest'],
  ['missing_signature'],
  ['missing_soap'],
  ['service_disabled'],
  ['service_malformed_url'],
  ['service_missing_url'],
  ['service_type'],
  ['signature_verification'],
  ['ssl_authentication_failed'],
  ['unknown_host'],
  ['unknown_service'],
  ['service_failed', 'invalid_security_server'],
  ['service_failed', 'ssl_authentication_failed'],
  ['service_failed', 'unknown_host'],
  ['service_failed', 'unknown_member'],
]

/**
 * Says that the service may have been called, unless the provider's node itself said that it was not. 'busy' alone would say that nothing was
 * done, so it stands under 'service_failed' from here on.
 */
export function afterSending(failed: Refused<Fault>): Refused<Fault> {
  const { relayed, path } = failed.fault
  if (relayed && saysNotCalled(failed.fault)) return failed
  const { fault } = !relayed && path[0] === 'busy' ? under('service_failed', failed) : failed
  return refused({ ...fault, outcome: 'unknown' })
}

const saysNotCalled = ({ path }: Fault): boolean => BEFORE_THE_CALL.some((codes) => codes.every((code, index) => path[index] === code))

/** Names the door, and adds the request id that both sides' evidence goes by. */
export function told(by: RaisedBy, failed: Refused<Fault>, requestId: string): Refused<Fault> {
  const { fault } = raisedBy(by, failed)
  if (fault.outcome !== 'unknown' || fault.relayed) return refused(fault)
  return refused({ ...fault, detail: `${fault.detail}${fault.detail ? '; ' : ''}x-road-request-id ${requestId}` })
}
