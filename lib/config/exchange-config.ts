/**
 * What `exchange.config.ts` may say. Everything that has a default may be left out; what has none must be decided by a person.
 * Lo que puede decir `exchange.config.ts`. Lo que tiene valor por omisión puede faltar; lo que no lo tiene lo decide una persona.
 */
export type ExchangeConfig = {
  /** The instance identifier of the exchange, the first part of every member's identifier: 'QRO'. */
  readonly instance: string
  /** DNS zone of the exchange. An agency gets `<id>.<domain>` (peers) and `api.<id>.<domain>` (its own systems); in test, under `test.<domain>`. */
  readonly domain: string
  /** At least one. Each has its own account: what is locked in production must not share an account with what is tried out. */
  readonly environments: { readonly test?: TestConfig; readonly production?: ProductionConfig }
  /** One node each, in every environment. */
  readonly agencies: readonly AgencyConfig[]
  /** @default 'mx-central-1' (Querétaro). An opt-in Region: enable it in each account first. */
  readonly region?: string
  /** Who is told of alarms. @default nobody: alarms are seen only in the console, and synth says so */
  readonly alarmMail?: string
}

type EnvironmentConfig = {
  /** The operator's AWS account, 12 digits: the centre and every agency without an account of its own. */
  readonly account: string
  /** Days that operation logs are kept. @default 14 in test, 365 in production */
  readonly logDays?: number
  /** What the account may use, as `sacbe preflight` reads it. The shares of all agencies together must fit. */
  readonly quotas?: QuotasConfig
}

export type QuotasConfig = {
  /** Concurrent executions of Lambda. @default 1000. New accounts often have less. */
  readonly lambdaConcurrency?: number
  /** Requests a second of API Gateway, all APIs together. @default 2500, what newer Regions give */
  readonly apiRate?: number
  /** Burst of the same. @default 1250 */
  readonly apiBurst?: number
}

/** Evidence is locked in GOVERNANCE mode: an administrator can lift it in an emergency. */
export type TestConfig = EnvironmentConfig & {
  /** @default 1, at most 30 */
  readonly retentionDays?: number
}

/**
 * Evidence is locked in COMPLIANCE mode, and this CANNOT BE UNDONE: nobody, not even the account's root user or AWS, can delete it or shorten its
 * time, and the account cannot be closed cleanly before it is over. So there is no default.
 */
export type ProductionConfig = EnvironmentConfig & {
  /** Years that every piece of evidence is kept under lock, 1 to 100: the law that binds the agencies decides. */
  readonly retentionYears: number
}

export type AgencyConfig = {
  /** Short name, part of its DNS names and stacks: lower case letters, digits and '-', 2 to 20. It never changes. */
  readonly id: string
  /** Member class and code, as registered: 'GOB/DIF'. */
  readonly member: string
  /** Its own AWS account in an environment: then only the agency itself can cause a signature. @default the operator's */
  readonly accounts?: { readonly test?: string; readonly production?: string }
  /** @default the exchange's Region */
  readonly region?: string
  /**
   * Edge towards its own systems. 'rest' passes paths on as they were sent. 'http' costs 2.50 USD a million less and decodes them first ('%2F'
   * becomes '/'): only for systems known to send plain paths. @default 'rest'
   */
  readonly consumerEdge?: 'rest' | 'http'
  /** How many calls each door takes at a time; reserved for this agency alone. @default 5 each */
  readonly concurrency?: { readonly consume?: number; readonly provide?: number }
  /** Requests a second and burst at each of its two edges; more is answered 429. @default 20 and 10 */
  readonly throttle?: { readonly rate?: number; readonly burst?: number }
  /** @default the exchange's */
  readonly alarmMail?: string
}
