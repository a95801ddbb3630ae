import { type Instant, later, SECOND } from '../../base/clock.ts'

/** A domain name as it should be. Certificates are ARNs; the trust store is a name in the locked bucket that says its own content. */
export type DesiredDomain = {
  readonly name: string
  readonly api: string
  readonly stage: string
  readonly certificate: string
  /** A public certificate for the same name, where `certificate` is an imported one. */
  readonly ownership?: string
  readonly trustStore: string
}
export type DomainMapping = { readonly id: string; readonly api: string; readonly stage: string }
/** Where the gateway itself answers for a domain: what the agency's name must lead to. */
export type DomainTarget = { readonly host: string; readonly zone: string }

/** A domain name as the gateway has it. */
export type ActualDomain = {
  /** 'AVAILABLE', 'UPDATING', 'PENDING_CERTIFICATE_REIMPORT', 'PENDING_OWNERSHIP_VERIFICATION'. */
  readonly status: string
  readonly certificate: string
  readonly ownership?: string
  readonly trustStore?: string
  /** What the gateway has against the trust store. */
  readonly warnings: readonly string[]
  readonly target: DomainTarget
  /** Of the domain's root. */
  readonly mapping?: DomainMapping
  /** The host our name was last led to. */
  readonly pointed?: string
}
export type ActualEdge = {
  readonly domains: ReadonlyMap<string, ActualDomain>
  /** When a domain of ours was last made or changed. */
  readonly changed?: Instant
}

export type EdgeStep =
  | { readonly do: 'create' | 'update'; readonly domain: DesiredDomain }
  | { readonly do: 'map'; readonly domain: DesiredDomain; readonly instead?: DomainMapping }
  | { readonly do: 'point'; readonly name: string; readonly target: DomainTarget }
  | { readonly do: 'wait'; readonly name: string; readonly until: Instant }
  /** What only time or a person ends. */
  | { readonly do: 'tell'; readonly name: string; readonly status: string }

/** Domain names are made and changed once in so long in an account. Source: Amazon API Gateway quotas, CreateDomainName, UpdateDomainName. */
export const BETWEEN_CHANGES = 30 * SECOND
/** An update takes seconds to minutes. */
const LOOK_AGAIN = 15 * SECOND

/**
 * What is to be done now so that the domains become as they should be; nothing when they are. One change of a domain at most: others wait for
 * their turn. Saying it twice is harmless. Nothing is ever taken away: a domain that nobody wishes any more is left to `sacbe remove`.
 */
export function edgeSteps(desired: readonly DesiredDomain[], { domains, changed }: ActualEdge, now: Instant): readonly EdgeStep[] {
  let turn = changed === undefined || now < changed ? now : later(changed, BETWEEN_CHANGES)
  return desired.flatMap((domain): readonly EdgeStep[] => {
    const actual = domains.get(domain.name)
    const change = changeOf(domain, actual)
    if (change === undefined) return actual ? settled(domain, actual, now) : []
    const step: EdgeStep = turn <= now ? { do: change, domain } : { do: 'wait', name: domain.name, until: turn }
    turn = later(turn <= now ? now : turn, BETWEEN_CHANGES)
    return [step]
  })
}

/** While the gateway is at work on a domain, it takes no change. One that waits for a certificate takes that certificate. */
function changeOf(domain: DesiredDomain, actual: ActualDomain | undefined): 'create' | 'update' | undefined {
  if (!actual) return 'create'
  if (actual.status === 'UPDATING') return undefined
  const same = actual.certificate === domain.certificate && actual.ownership === domain.ownership && actual.trustStore === domain.trustStore
  return same ? undefined : 'update'
}

function settled(domain: DesiredDomain, { status, warnings, mapping, target, pointed }: ActualDomain, now: Instant): readonly EdgeStep[] {
  const { name, api, stage } = domain
  if (status === 'UPDATING') return [{ do: 'wait', name, until: later(now, LOOK_AGAIN) }]
  const told = [...(status === 'AVAILABLE' ? [] : [status]), ...warnings].map((each): EdgeStep => ({ do: 'tell', name, status: each }))
  if (mapping?.api !== api || mapping.stage !== stage) return [...told, { do: 'map', domain, ...(mapping ? { instead: mapping } : {}) }]
  return pointed === target.host ? told : [...told, { do: 'point', name, target }]
}
