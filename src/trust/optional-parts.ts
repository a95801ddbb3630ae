import type { Outcome } from '../protocol/faults.ts'
import type { ClientId } from '../protocol/identifiers.ts'
import { type Form, form, type Parts, partsOf, readForm } from './xml-form.ts'
import { readClientElement } from './xml-identifiers.ts'
import { booleanOf, integerOf, mustBe } from './xml-values.ts'

/** The three optional parts a centre may publish beside its parameters. Each is refused with 'malformed_optional_parts_conf'. */
const NEXT_UPDATE = form(['verifyNextUpdate'])
const FETCH_INTERVAL = form(['ocspFetchInterval'])
const MONITORING = form(['monitoringClient'])
const MONITORING_CLIENT = form(['monitoringClientId?'])

/** nextupdate-params.xml: does a past nextUpdate spoil an OCSP answer? Without the part it does. */
export const readNextUpdate = (bytes: Uint8Array): Outcome<boolean> =>
  readPart(bytes, NEXT_UPDATE, (conf) => booleanOf(conf.one('verifyNextUpdate')))

/** fetchinterval-params.xml: seconds between OCSP fetches, never below 60. Without the part 1200. */
export const readFetchInterval = (bytes: Uint8Array): Outcome<number> =>
  readPart(bytes, FETCH_INTERVAL, (conf) => Math.max(60, integerOf(conf.one('ocspFetchInterval'), 0)))

/** monitoring-params.xml: who, besides a server's owner, may read its monitoring data; null when nobody. */
export const readMonitoring = (bytes: Uint8Array): Outcome<ClientId | null> =>
  readPart(bytes, MONITORING, (conf) => {
    const id = partsOf(conf.one('monitoringClient'), MONITORING_CLIENT).maybe('monitoringClientId')
    return id ? mustBe(readClientElement(id, 'derived'), 'monitoringClientId') : null
  })

const readPart = <T>(bytes: Uint8Array, expected: Form, read: (conf: Parts) => T): Outcome<T> =>
  readForm('malformed_optional_parts_conf', bytes, 'conf', (root) => read(partsOf(root, expected)))
