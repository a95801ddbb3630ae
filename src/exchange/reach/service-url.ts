import { ok } from '../../base/result.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { judgeHost, type Reach } from './reach.ts'

/** The address of a service, taken apart by hand: a URL class would tidy the path, and the service must see it as the consumer wrote it. */
export type ServiceUrl = {
  readonly secure: boolean
  /** As written: what goes into the Host header. */
  readonly authority: string
  readonly host: string
  readonly port: number
  /** With the query; begins with '/'. */
  readonly path: string
}

/** 'http://host[:port][/path][?query]' or https, without user names. Refused with 'service_malformed_url'. */
export function readServiceUrl(url: string): Outcome<ServiceUrl> {
  const [, scheme, authority, rest] = /^(https?):\/\/([^/?#@\s\\]+)([/?][\x21\x22\x24-\x7e]*)?$/i.exec(url) ?? []
  const [, bracketed, plain, stated] = /^(?:\[([0-9A-Fa-f:.%]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(authority ?? '') ?? []
  const host = bracketed ?? plain
  if (!scheme || !authority || !host) return refuse('service_malformed_url', 'the address of the service is no http or https URL')
  const secure = scheme.toLowerCase() === 'https'
  const port = stated === undefined ? (secure ? 443 : 80) : Number(stated)
  if (port < 1 || port > 65_535) return refuse('service_malformed_url', `the port ${port} does not exist`)
  const path = rest === undefined ? '/' : rest.startsWith('?') ? `/${rest}` : rest
  return ok({ secure, authority, host, port, path })
}

/** Whether a service may lie at this address, as far as that can be told without looking its host up. 'service_malformed_url' when not. */
export function judgeServiceUrl(url: string, reach: Reach): Outcome<true> {
  const read = readServiceUrl(url)
  return read.ok ? judgeHost(read.value.host, reach) : read
}
