import { ok } from '../../base/result.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import type { ClientId, MemberId, ServerId } from '../../protocol/identifiers.ts'

/** What a code may be made of when a person gives it. Source: X-Road UG-CS, strict identifier checks. */
const STRICT = /^[A-Za-z0-9'()+,\-.=?]{1,255}$/
/** What a code may be made of when it comes in a request: what stock servers take. Source: X-Road PR-MSERV. */
const LOOSE = /^[^:;%/\\\u0000-\u001f\u007f-\u009f\u200b\ufeff]{1,255}$/u

/** A code a person gives to something new. Refused with 'bad_request'. */
export function checkCode(code: string, what: string): Outcome<true> {
  if (!STRICT.test(code) || code === '.' || code === '..')
    return refuse('bad_request', `${what}: letters, digits and '()+,-.=? only, at most 255`)
  return ok(true)
}

/** Every part of an identifier in a request. Refused with 'invalid_client_identifier'. */
export function checkIdentifier(id: MemberId | ClientId | ServerId): Outcome<true> {
  const bad = Object.entries(id).find(([, part]) => !LOOSE.test(part))
  return bad ? refuse('invalid_client_identifier', `${bad[0]} holds what no code may, or is too long`) : ok(true)
}

/** A name people read. Refused with 'bad_request'. */
export function checkName(name: string, what: string): Outcome<true> {
  if (name.trim() === '' || name.length > 255 || /[\u0000-\u001f\u007f-\u009f\ufffe\uffff]/.test(name) || !name.isWellFormed())
    return refuse('bad_request', `${what}: 1 to 255 characters, none of them a control`)
  return ok(true)
}

const LABEL = /^(?!-)[\p{L}\p{N}-]{1,63}(?<!-)$/u
const OCTET = /^(25[0-5]|2[0-4]\d|1?\d?\d)$/

/** Where peers connect: a host name, or an IP address; with a port when it is not 5500 (stock peers know no other). Refused with 'bad_request'. */
export function checkAddress(address: string): Outcome<true> {
  const [, host = '', port] = /^(\[[0-9A-Fa-f:.]{2,45}\]|[^:[\]]{1,253}|[0-9A-Fa-f:]{2,39})(?::(\d{1,5}))?$/.exec(address) ?? []
  const isHost = isIpAddress(host) || (host.split('.').every((label) => LABEL.test(label)) && !/^[\d.]+$/.test(host))
  const isPort = port === undefined || (Number(port) > 0 && Number(port) < 65536)
  return isHost && isPort ? ok(true) : refuse('bad_request', 'the address is neither a host name nor an IP address')
}

function isIpAddress(host: string): boolean {
  const parts = host.split('.')
  if (parts.length === 4 && parts.every((part) => OCTET.test(part))) return true
  const bare = host.replace(/^\[|\]$/g, '')
  const groups = bare.split(':')
  const wellCounted = bare.includes('::') ? groups.length <= 8 && bare.split('::').length === 2 : groups.length === 8
  return groups.length > 2 && wellCounted && groups.every((group) => /^[0-9A-Fa-f]{0,4}$/.test(group))
}
