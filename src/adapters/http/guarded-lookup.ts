import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import type { Fault, Outcome } from '../../protocol/faults.ts'

/** A name resolved to where it may not lead. Carries the refusal through the socket that asked. */
export class AddressRefused extends Error {
  readonly fault: Fault
  constructor(fault: Fault) {
    super(fault.detail)
    this.fault = fault
  }
}

/**
 * A look-up whose every answer is judged. The connection is made to the very addresses that were judged, so a name that
 * answers differently the next time gains nothing; one bad address among good ones spoils the name.
 */
export function guardedLookup(lookup: LookupFunction, judge: (host: string, address: string) => Outcome<true>): LookupFunction {
  return (hostname, options, callback) =>
    lookup(hostname, options, (error, found, family) => {
      if (error) return callback(error, found, family)
      for (const address of addressesIn(found)) {
        const judged = judge(hostname, address)
        if (!judged.ok) return callback(new AddressRefused(judged.fault), found, family)
      }
      return callback(null, found, family)
    })
}

const addressesIn = (found: string | LookupAddress[]): readonly string[] =>
  typeof found === 'string' ? [found] : found.map(({ address }) => address)
