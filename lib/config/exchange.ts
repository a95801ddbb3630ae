/** The exchange as decided: every setting read, checked and filled in. What the stacks are made from. */
export type EnvironmentName = 'test' | 'production'

export type Lock = { readonly mode: 'GOVERNANCE'; readonly days: number } | { readonly mode: 'COMPLIANCE'; readonly years: number }

export type Quotas = { readonly lambdaConcurrency: number; readonly apiRate: number; readonly apiBurst: number }

export type Exchange = { readonly instance: string; readonly environments: readonly Environment[] }

export type Environment = {
  readonly name: EnvironmentName
  readonly instance: string
  readonly account: string
  readonly region: string
  /** The zone of this environment. */
  readonly domain: string
  readonly lock: Lock
  readonly logDays: number
  readonly quotas: Quotas
  readonly alarmMail: string | null
  readonly agencies: readonly Agency[]
}

export type Agency = {
  readonly id: string
  readonly member: { readonly class: string; readonly code: string }
  readonly account: string
  readonly region: string
  /** In the operator's account, beside others. */
  readonly shared: boolean
  readonly domains: { readonly provider: string; readonly consumer: string }
  readonly consumerEdge: 'rest' | 'http'
  readonly concurrency: { readonly consume: number; readonly provide: number }
  readonly throttle: { readonly rate: number; readonly burst: number }
  readonly alarmMail: string | null
}
