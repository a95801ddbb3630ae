import { type ClientId, sameClient } from '../protocol/identifiers.ts'
import { type Certificate, isIssuedBy, type Name } from './certificates.ts'
import type { ApprovedCa, CaCertificate, SharedParameters } from './shared-parameters.ts'

/** Everything a judgement needs, as of one set of configurations. Immutable: a newer configuration is another Trust. */
export type Trust = {
  /** The instance of the own anchor. Its OCSP freshness holds for all. */
  readonly own: string
  readonly instances: ReadonlyMap<string, SharedParameters>
  /** false only when the centre's optional part says so: then a past nextUpdate does not spoil an OCSP answer. */
  readonly verifyNextUpdate: boolean
  /** Who may read the monitoring data of every server, where the centre names somebody. Source: X-Road PR-ENVMON. */
  readonly monitoringClient?: ClientId
}

/** One CA certificate of the configuration, with the certification service it belongs to. */
export type Issuer = CaCertificate & { readonly instance: string; readonly approved: ApprovedCa; readonly isTop: boolean }
/** 'sign': without the services that issue TLS certificates only. */
export type Purpose = 'any' | 'sign'

/** The own instance first: where several could answer, home does. Throws when the own instance is not among them. */
export function trustOf(own: string, parameters: readonly SharedParameters[], verifyNextUpdate = true): Trust {
  const home = parameters.find(({ instance }) => instance === own)
  if (!home) throw new Error(`no shared parameters of the own instance ${own}`)
  return { own, instances: new Map([home, ...parameters].map((each) => [each.instance, each])), verifyNextUpdate }
}

/** The same trust with that client as the one who may read monitoring data; null: nobody may. The very same when nothing changes. */
export function withMonitor(trust: Trust, client: ClientId | null): Trust {
  const { monitoringClient, ...rest } = trust
  if (client === null) return monitoringClient === undefined ? trust : rest
  return monitoringClient !== undefined && sameClient(client, monitoringClient) ? trust : { ...rest, monitoringClient: client }
}

export const ownParameters = (trust: Trust): SharedParameters => trust.instances.get(trust.own) as SharedParameters
export const ocspFreshness = (trust: Trust): number => ownParameters(trust).ocspFreshnessSeconds

/** Of one instance, nothing when it is unknown; of all, when none is given. */
export function parametersOf(trust: Trust, instance?: string): readonly SharedParameters[] {
  if (instance === undefined) return [...trust.instances.values()]
  const parameters = trust.instances.get(instance)
  return parameters ? [parameters] : []
}

/** Every CA certificate, top and intermediate, in the order of the files. */
export const issuersOf = (trust: Trust, instance?: string, purpose: Purpose = 'any'): readonly Issuer[] =>
  parametersOf(trust, instance).flatMap((parameters) => indexOf(parameters).issuers.filter((issuer) => serves(issuer, purpose)))

/** Every CA certificate whose subject is that name. More than one after a CA renewed its key. */
export const issuersNamed = (trust: Trust, name: Name, instance?: string, purpose: Purpose = 'any'): readonly Issuer[] =>
  parametersOf(trust, instance).flatMap((parameters) =>
    (indexOf(parameters).byName.get(name.canonical) ?? []).filter((issuer) => serves(issuer, purpose)),
  )

/**
 * The approved CA that issued a certificate: found by issuer name; where several have that name, the one whose key signed it.
 * (Stock servers take the last of them, which fails after a CA renews its key under the same name.)
 */
export function caOf(trust: Trust, certificate: Certificate, instance?: string, purpose: Purpose = 'any'): Issuer | undefined {
  const named = issuersNamed(trust, certificate.issuer, instance, purpose)
  return named.length < 2 ? named[0] : (named.find((issuer) => isIssuedBy(certificate, issuer.certificate)) ?? named.at(-1))
}

const serves = (issuer: Issuer, purpose: Purpose): boolean => purpose === 'any' || !issuer.approved.authenticationOnly

/** The certificates of all approved time-stamping authorities, of all instances. */
export const tsaCertificates = (trust: Trust): readonly Certificate[] =>
  parametersOf(trust).flatMap(({ approvedTsas }) => approvedTsas.map(({ certificate }) => certificate))

/** The responder certificates the configurations list, of all CAs of all instances. */
export const ocspResponders = (trust: Trust): readonly Certificate[] =>
  issuersOf(trust).flatMap(({ ocsp }) => ocsp.flatMap(({ certificate }) => certificate ?? []))

type Index = { readonly issuers: readonly Issuer[]; readonly byName: ReadonlyMap<string, readonly Issuer[]> }
const indexes = new WeakMap<SharedParameters, Index>()

function indexOf(parameters: SharedParameters): Index {
  const known = indexes.get(parameters)
  if (known) return known
  const issuers = parameters.approvedCas.flatMap((approved) =>
    [approved.top, ...approved.intermediates].map((ca) => ({ ...ca, instance: parameters.instance, approved, isTop: ca === approved.top })),
  )
  const index = { issuers, byName: Map.groupBy(issuers, ({ certificate }) => certificate.subject.canonical) }
  indexes.set(parameters, index)
  return index
}
