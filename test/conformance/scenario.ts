import { expect } from 'vitest'
import type { TrustInForce } from '../../src/exchange/ports.ts'
import type { ServerEntry } from '../../src/trust/shared-parameters.ts'
import { sha512 } from '../peer/signature.ts'
import type { Reaction } from './dummy.ts'
import { type Shape, soap } from './messages.ts'
import type { Ask, Conformance, Edge, Reply } from './world.ts'

/** What came of it at one edge: 'OK', a fault code, 'HTTP 413', or 'n/a: why the edge cannot carry it'. */
export type Scenario = (world: Conformance, edge: Edge) => Promise<string>

export const questionOf = (world: Conformance, edge: Edge, shape: Shape = {}): string => soap({ client: world.clientOf(edge), ...shape })
export const hashOf = (soapOctets: string | Uint8Array): string => sha512(Buffer.from(soapOctets as string)).toString('base64')

/** The code of a reply, or OK; a gateway's own answer by its status. */
export const outcomeOf = ({ code, status }: Reply): string => code ?? (status === 200 ? 'OK' : `HTTP ${status}`)

export type Going = {
  /** The SOAP octets; else the ordinary question. */
  readonly soap?: (world: Conformance, edge: Edge) => string
  /** How the question is put into a body, when it is not alone. */
  readonly wrapped?: (soap: string) => { readonly type: string; readonly body: Buffer }
  readonly ask?: Ask
  readonly react: Reaction
  readonly check?: (reply: Reply, call: Conformance['dummy']['calls'][number], question: string) => void
}

/** A question that a service answers. What comes back carries the hash of what was asked, once. */
export const answered =
  ({ soap: write = questionOf, wrapped, ask = {}, react, check }: Going): Scenario =>
  async (world, edge) => {
    const question = write(world, edge)
    const { type = 'text/xml; charset=utf-8', body = Buffer.from(question) } = wrapped?.(question) ?? {}
    world.dummy.react = react
    const before = world.dummy.calls.length
    const reply = await world.ask(edge, { headers: ['Content-Type', type], body, ...ask })
    if (outcomeOf(reply) !== 'OK') return outcomeOf(reply)
    expect(world.dummy.calls.length).toBe(before + 1)
    expect(reply.text.split('requestHash algorithmId=').length).toBe(2)
    expect(reply.text).toContain(`>${hashOf(question)}</`)
    const call = world.dummy.calls.at(-1)
    if (!call) throw new Error('the service was not called')
    check?.(reply, call, question)
    return 'OK'
  }

/**
 * A call that goes wrong before any service is called. Nothing is forwarded, and nothing is kept of the client's own mistakes; of what went
 * wrong later there is the question at the consumer's node at most.
 */
export const refusedHere =
  (ask: (world: Conformance, edge: Edge) => Ask): Scenario =>
  async (world, edge) => {
    const before = [world.dummy.calls.length, await kept(world, nodeOf(edge))] as const
    const outcome = outcomeOf(await world.ask(edge, ask(world, edge)))
    expect(world.dummy.calls.length, 'nothing is forwarded').toBe(before[0])
    const more = (await kept(world, nodeOf(edge))) - before[1]
    expect(more, 'what is kept').toBeLessThanOrEqual(
      /^client\.|unknown_member|maintenance_mode|cannot_create_signature/.test(outcome) ? 0 : 1,
    )
    return outcome
  }
const kept = async ({ exchange }: Conformance, node: string): Promise<number> => (await exchange.kept(node)).length

/** A scenario with something changed in the nodes while it runs. */
export const under =
  (twist: (world: Conformance, edge: Edge) => Conformance['twist'], scenario: Scenario): Scenario =>
  async (world, edge) => {
    world.twist = twist(world, edge)
    try {
      return await scenario(world, edge)
    } finally {
      world.twist = {}
    }
  }

export const nodeOf = (edge: Edge): string => (edge === 'http' ? 'stranger' : 'bank')
export const answering =
  (body: (question: string) => string | Uint8Array, type = 'text/xml; charset=utf-8', status = 200): Reaction =>
  (_call, question, response) =>
    response.writeHead(status, type === '' ? {} : { 'Content-Type': type }).end(body(question.toString('utf8')))

/** The configuration a node goes by, with its servers changed. */
export const withServers = (today: TrustInForce, change: (server: ServerEntry) => ServerEntry): TrustInForce => ({
  ...today,
  trust: {
    ...today.trust,
    instances: new Map([...today.trust.instances].map(([name, each]) => [name, { ...each, servers: each.servers.map(change) }])),
  },
})
