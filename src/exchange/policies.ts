import type { Outcome } from '../protocol/faults.ts'
import type { RestRequest } from '../protocol/rest-message.ts'
import type { OpenApiDocument } from './node-configuration.ts'

/** Does a call fit the service's OpenAPI document? Refused with 'openapi_violation', naming the place, never the value. */
export type ValidateCall = (document: OpenApiDocument, request: RestRequest) => Outcome<true>
