import { ok } from '../base/result.ts'
import { type Outcome, refuse } from './faults.ts'
import { decodeComponents, printable, type ServiceId } from './identifiers.ts'

/** The request target of a REST call, taken apart; `servicePath` and `query` are raw, as sent. */
export type Target = { readonly service: ServiceId; readonly servicePath: string; readonly query: string | null }

const METHODS = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE'])

/** The eight methods of X-Road REST, upper case only. */
export const checkMethod = (method: string): Outcome<true> =>
  METHODS.has(method) ? ok(true) : refuse('internal_error', `method "${printable(method)}" is not supported`, 'unknown_method')

/** What java.net.URI takes in a path and in a query without complaint, ASCII only: providers' servers parse the target with it. */
const PATH = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*$/
const QUERY = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?[\]]|%[0-9A-Fa-f]{2})*$/

/** Stock servers end at 8 KiB for the request line and all headers together. */
const MOST_TARGET = 8 * 1024

/**
 * '/r1/instance/class/member/subsystem/service[/rest][?query]'. The path after the service, when there is one, begins with '/'.
 * Refused with 'internal_error', as stock servers answer. Source: X-Road PR-REST §4.1.
 */
export function splitTarget(target: string): Outcome<Target> {
  if (target.length > MOST_TARGET)
    return refuse('internal_error', `a target of ${target.length} characters; at most ${MOST_TARGET}`, 'target_too_long')
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  const query = mark < 0 ? null : target.slice(mark + 1)
  if (!PATH.test(path)) return refuse('internal_error', `the path holds ${illegalIn(path, PATH)}`, 'illegal_target')
  if (query !== null && !QUERY.test(query)) return refuse('internal_error', `the query holds ${illegalIn(query, QUERY)}`, 'illegal_target')
  const pieces = path.split('/')
  if (pieces[0] !== '' || pieces[1] !== 'r1') return refuse('internal_error', 'the path does not begin with /r1/', 'malformed_path')
  if (pieces.length < 7) return refuse('internal_error', `the path has ${pieces.length - 2} of the 5 parts of a service`, 'malformed_path')
  const parts = decodeComponents(pieces.slice(2, 7).join('/'))
  if (!parts.ok) return parts
  const [instance, memberClass, memberCode, subsystemCode, serviceCode] = parts.value as [string, string, string, string, string]
  const servicePath = pieces.length === 7 ? '' : `/${pieces.slice(7).join('/')}`
  return ok({ service: { instance, memberClass, memberCode, subsystemCode, serviceCode }, servicePath, query })
}

function illegalIn(text: string, legal: RegExp): string {
  for (let i = 0; i < text.length; i++) {
    const step = text[i] === '%' ? 3 : 1
    if (!legal.test(text.slice(i, i + step)))
      return step === 3 ? `the bad escape "${printable(text.slice(i, i + 3))}"` : characterName(text, i)
    i += step - 1
  }
  return 'an illegal character'
}

const characterName = (text: string, at: number): string =>
  `the character U+${(text.codePointAt(at) ?? 0).toString(16).toUpperCase().padStart(4, '0')} at position ${at}`

/**
 * Refuses a path that another server could read as a different one: '.' and '..' steps, plain or escaped once or twice
 * (a provider's server decodes twice before it matches rights), a parameter behind the dots, and empty segments, which it collapses.
 */
export function checkUnambiguous(servicePath: string): Outcome<true> {
  if (servicePath.includes('//')) return refuse('internal_error', 'the path holds an empty segment', 'ambiguous_path')
  let path = servicePath
  for (let round = 0; round <= 2; round++) {
    if (DOT_STEP.test(path)) return refuse('internal_error', 'the path holds a "." or ".." step', 'ambiguous_path')
    if (!path.includes('%')) break
    path = path.replace(/%[0-9A-Fa-f]{2}/g, (escaped) => String.fromCharCode(Number.parseInt(escaped.slice(1), 16)))
  }
  return ok(true)
}

const DOT_STEP = /(?:^|\/)\.\.?(?:[/;]|$)/
