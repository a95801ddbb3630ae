import type { Instant } from '../../../base/clock.ts'
import type { Outcome } from '../../../protocol/faults.ts'
import type { MemberId } from '../../../protocol/identifiers.ts'
import type { GroupsOn } from '../../administration/groups-on.ts'
import type { Json, JsonObject } from '../../contract/json.ts'
import type { NewId } from '../../ports.ts'
import type { ChangeLogPorts } from '../../register/change-log.ts'
import type { Work } from '../../register/work.ts'

/**
 * What people may do at a centre or a node. 'registration', 'security', 'system' and 'services' (of a node) divide the work as stock servers do;
 * 'finance' sets budgets and reads what things cost; 'auditor' reads everything and changes nothing; 'break-glass' lets one person do what takes two, loudly.
 */
export const ROLES = ['registration', 'security', 'system', 'services', 'finance', 'auditor', 'break-glass'] as const
export type Role = (typeof ROLES)[number]
/** By the name their sign-in proves. */
export type Person = { readonly id: string; readonly roles: ReadonlySet<Role> }

export type ApiPorts = ChangeLogPorts & {
  readonly newId: NewId
  /** 256 random bits as text that survives a link. */
  readonly newSecret: () => string
  /** Called after every act: makes it count. */
  readonly publish: () => Promise<unknown>
  /** At a node: the instance's groups as they were. */
  readonly groupsOn?: GroupsOn
  /** At a node: whether it holds a signing key of a member. Absent: of any. */
  readonly signsFor?: (member: MemberId) => Promise<boolean>
}

/** What an operation is given: everything checked against its description before. */
export type Given = {
  readonly parameters: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly body: JsonObject
  /** Who asks; for an act of two, who asked first. */
  readonly who: string
  readonly roles: ReadonlySet<Role>
  readonly at: Instant
  readonly ports: ApiPorts
}

/** One operation of the API: its place, who may, how many people it takes, what goes in and out, and what it does. */
export type Operation = {
  readonly id: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** '/members/{memberClass}/{memberCode}' */
  readonly path: string
  readonly es: string
  readonly en: string
  /** Whoever has one of these. */
  readonly roles: readonly Role[]
  readonly people: 1 | 2
  /** Names and schemas of what may stand in the query; none is required. */
  readonly query?: Readonly<Record<string, JsonObject>>
  readonly body?: JsonObject
  readonly status: 200 | 201
  readonly answer: JsonObject
  readonly run: (work: Work, given: Given) => Promise<Outcome<Json>>
}

/** A whole API: what it can do, and the OpenAPI document that says so. */
export type Api = { readonly operations: readonly Operation[]; readonly document: JsonObject }

/** Reading is for everybody who has a role. */
export const READERS: readonly Role[] = [...ROLES]

// Schemas in few words. A name that ends in '?' may be missing; nothing else may be there.
export const text = (most = 255): JsonObject => ({ type: 'string', minLength: 1, maxLength: most })
export const anyText: JsonObject = { type: 'string' }
export const number: JsonObject = { type: 'integer' }
export const flag: JsonObject = { type: 'boolean' }
export const list = (items: JsonObject, most = 1000): JsonObject => ({ type: 'array', items, maxItems: most })
export const oneOf = (...words: readonly string[]): JsonObject => ({ type: 'string', enum: words })
export const ref = (name: string): JsonObject => ({ $ref: `#/components/schemas/${name}` })
export function object(properties: Readonly<Record<string, JsonObject>>): JsonObject {
  const names = Object.keys(properties)
  return {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name.replace('?', ''), properties[name] as JsonObject])),
    required: names.filter((name) => !name.endsWith('?')),
    additionalProperties: false,
  }
}
/** Base64 of DER or of a file, up to about 48 KiB. */
export const octets: JsonObject = { type: 'string', minLength: 4, maxLength: 64_000, pattern: '^[A-Za-z0-9+/]+={0,2}$' }
