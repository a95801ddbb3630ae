/** A REST call and its answer as values: the one place others take them from. */
export type { Header } from './rest-headers.ts'
export { type RestCall, type RestRequest, readCall, readRequestBlock } from './rest-request.ts'
export { answers, type RestResponse, readResponseBlock, type ServiceAnswer, writeResponse } from './rest-response.ts'
