import { ok } from '../../../base/result.ts'
import { type Outcome, refuse } from '../../../protocol/faults.ts'
import { type ClientId, type MemberId, parseClientId, parseServerId, type ServerId } from '../../../protocol/identifiers.ts'
import { type JsonObject, textAt } from '../../contract/json.ts'
import type { Work } from '../../register/work.ts'
import { instanceOf } from '../members.ts'
import type { Given } from './operation.ts'

/** What the description demands is there: asked for by its name alone. */
export const textIn = (body: JsonObject, name: string): string => {
  const text = textAt(body, name)
  if (text === undefined) throw new Error(`the description let a body without ${name} through`)
  return text
}
/** A property under its own name, or none at all. */
export const maybe = <Name extends string>(body: JsonObject, name: Name): { readonly [name in Name]?: string } => {
  const text = textAt(body, name)
  return (text === undefined ? {} : { [name]: text }) as { readonly [name in Name]?: string }
}

/** The member a path names, of this instance. */
export async function memberAt(work: Work, { parameters }: Given): Promise<MemberId> {
  const { memberClass = '', memberCode = '' } = parameters
  return { instance: (await instanceOf(work)).instance, memberClass, memberCode }
}
export const serverAt = async (work: Work, given: Given): Promise<ServerId> => ({
  ...(await memberAt(work, given)),
  serverCode: given.parameters.serverCode ?? '',
})
export const subsystemAt = async (work: Work, given: Given): Promise<ClientId> => ({
  ...(await memberAt(work, given)),
  subsystemCode: given.parameters.subsystemCode ?? '',
})

/** An identifier as people write it: 'QRO/GOB/DIF/APOYOS'. Refused with 'bad_request'. */
export const clientFrom = (text: string): Outcome<ClientId> => asBadRequest(parseClientId(text))
export const serverFrom = (text: string): Outcome<ServerId> => asBadRequest(parseServerId(text))
export function memberFrom(text: string): Outcome<MemberId> {
  const client = clientFrom(text)
  if (!client.ok) return client
  return client.value.subsystemCode === undefined ? ok(client.value) : refuse('bad_request', `${text} is a subsystem, not a member`)
}

const asBadRequest = <T>(read: Outcome<T>): Outcome<T> => (read.ok ? read : refuse('bad_request', read.fault.detail))
