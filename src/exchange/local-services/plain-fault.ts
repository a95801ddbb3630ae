import { messageOf } from '../../protocol/fault-sentence.ts'
import { codeOf, type Fault, type FaultCode } from '../../protocol/faults.ts'
import type { LocalAnswer } from './local-answer.ts'

/** What is neither of these is 500. Source: X-Road UG-SS, message log downloads. */
const STATUS: { readonly [code in FaultCode]?: number } = {
  bad_request: 400,
  unknown_member: 401,
  ssl_authentication_failed: 401,
  not_found: 404,
}

/** A refused download, in words. */
export const plainFault = (fault: Fault): LocalAnswer => ({
  status: STATUS[fault.path[0]] ?? 500,
  headers: [['Content-Type', 'text/plain; charset=UTF-8']],
  body: Buffer.from(`${codeOf(fault)}: ${messageOf(fault)}\n`, 'utf8'),
})
