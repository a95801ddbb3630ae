import type { Edge } from './gateway-events.ts'
import type { NodeSettings } from './node-settings.ts'
import type { Words } from './troubles.ts'

/** A world as data: who takes part, what they offer, who may ask. Identifiers are written as on the wire: 'QRO/GOB/DIF/APOYOS'. */
export type WorldPlan = {
  readonly instance: string
  readonly memberClasses: readonly { readonly code: string; readonly description: string }[]
  readonly members: readonly MemberPlan[]
  readonly nodes: readonly NodePlan[]
  readonly globalGroups?: readonly { readonly code: string; readonly description: string; readonly members: readonly string[] }[]
  /** The agencies' own systems: separate programs. */
  readonly programs: readonly ProgramPlan[]
}

export type MemberPlan = {
  /** 'QRO/GOB/SEDESOQ' */
  readonly id: string
  readonly name: string
  readonly subsystems: readonly { readonly code: string; readonly name?: string }[]
}

export type NodePlan = {
  /** Folder and command-line name: lower-case letters, digits, '-'. */
  readonly name: string
  /** The member that owns it: 'QRO/GOB/DIF'. */
  readonly owner: string
  readonly serverCode: string
  /** Which gateway stands before the consumer's door. Node to node it is always 'http', as in the cloud. */
  readonly edge: Edge
  /** Subsystems it speaks for; each gets an information system with a client certificate of its own. */
  readonly clients: readonly ClientPlan[]
  readonly services: readonly ServicePlan[]
  readonly rights: readonly RightPlan[]
  readonly localGroups?: readonly LocalGroupPlan[]
  /** Hosts and networks besides the public one where its services may lie. Its own programs are reached anyway. */
  readonly reach?: readonly string[]
  readonly settings?: NodeSettings
  /** Judged at this node before anything is signed or sent, for calls of its own clients. Off where there is no row. */
  readonly policies: readonly {
    readonly service: string
    readonly requires: readonly 'issue'[] /** Path of an OpenAPI document, YAML or JSON: readOpenApiFile of adapters/local/openapi-file.ts takes it in. */
    readonly openapi?: string
  }[]
}

export type ClientPlan = { readonly id: string /** Default 'SSLAUTH'. */; readonly connection?: 'NOSSL' | 'SSLNOAUTH' | 'SSLAUTH' }

/** A group that one of the node's subsystems keeps for its own services. */
export type LocalGroupPlan = {
  readonly owner: string
  readonly code: string
  readonly description?: string
  readonly members: readonly string[]
}

export type ServicePlan = {
  /** 'QRO/GOB/SEDESOQ/PADRON/beneficiario.consulta.v1' */
  readonly id: string
  readonly type: 'REST' | 'OPENAPI3' | 'WSDL'
  /** Where it lies: in a program of this world under a path ('' or '/base'), or at a URL. */
  readonly at: Place
  /** Where the OpenAPI or WSDL document lies that describes it. */
  readonly description?: Place
  readonly endpoints?: readonly { readonly method: string; readonly path: string }[]
  readonly timeoutMs?: number
  readonly keepBodies?: 'full' | 'digest'
  readonly disabled?: { readonly notice: string }
}

/** In a program of this world, or anywhere. */
export type Place = { readonly program: string; readonly path: string } | { readonly url: string }

export type RightPlan = {
  readonly service: string
  readonly subject:
    | { readonly client: string }
    | { readonly globalGroup: string }
    /** By its code, among the groups of the service's own owner. */
    | { readonly localGroup: string }
  /** Default the whole service: method '*', path '**'. */
  readonly endpoint?: { readonly method: string; readonly path: string }
}

/**
 * An agency's own system as a program: `node run` with the environment variable SACBE_PORT (0: any free port) and
 * SACBE_DATA (a folder of its own, kept between runs). It listens on 127.0.0.1, then writes one line
 * `{"listening":PORT}` to standard output. It ends on SIGTERM, and when its standard input closes.
 */
export type ProgramPlan = { readonly name: string /** Path of the module. */; readonly run: string; readonly title: Words }
