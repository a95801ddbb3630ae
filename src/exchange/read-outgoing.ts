import type { Outcome } from '../protocol/faults.ts'
import type { RestCall } from '../protocol/rest-message.ts'
import type { CallSetting, OutgoingRequest } from './outgoing.ts'
import { outgoingRest } from './outgoing-rest.ts'
import { outgoingSoap } from './outgoing-soap.ts'

/** REST is told by the beginning of its path; everything else is SOAP, as at stock servers. Source: X-Road PR-REST §4.1. */
export const speaksRest = ({ target }: Pick<RestCall, 'target'>): boolean => target.startsWith('/r1/')

export const readOutgoing = (call: RestCall, setting: CallSetting): Outcome<OutgoingRequest> =>
  speaksRest(call) ? outgoingRest(call, setting) : outgoingSoap(call, setting)
