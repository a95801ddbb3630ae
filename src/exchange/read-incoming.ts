import type { Outcome } from '../protocol/faults.ts'
import { lastValue } from '../protocol/rest-headers.ts'
import type { IncomingRequest, Received } from './incoming.ts'
import { incomingRest } from './incoming-rest.ts'
import { incomingSoap } from './incoming-soap.ts'

/** The peer tells REST by a header in exactly this spelling; everything else is SOAP. Source: X-Road PR-MESST §3. */
export const readIncoming = (received: Received): Outcome<IncomingRequest> =>
  lastValue(received.headers, 'x-road-message-type') === 'REST' ? incomingRest(received) : incomingSoap(received)
