import { type GatewayEvent, type GatewayResult, resultFor } from './http.ts'

/** What a door is called with when no gateway stands before it: by a schedule, which says nothing, or by whoever operates the centre. */
export type Called = { readonly ceremony?: unknown }

export const isAsked = (event: GatewayEvent | Called): event is GatewayEvent => 'requestContext' in event

/** After a bug: nothing but that there was one. A schedule sees its call fail. */
export const askedBug = (event: GatewayEvent | Called): GatewayResult | undefined =>
  isAsked(event) ? resultFor(event, { status: 500, headers: [['Content-Type', 'text/plain']], body: new Uint8Array() }) : undefined
