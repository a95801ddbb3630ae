import { callApi } from '../../src/exchange/centre/api/call-api.ts'
import { CENTRE_API } from '../../src/exchange/centre/api/centre-api.ts'
import { type Api, type ApiPorts, type Person, ROLES, type Role } from '../../src/exchange/centre/api/operation.ts'
import { bodyOf, callFromEvent, type GatewayEvent, type GatewayResult, headersOf, isV2, resultFor } from '../http.ts'

export type AdminPorts = ApiPorts & {
  /** Who must have issued the claims: the user pool's address. A gateway without an authoriser gives none, and then nobody is let in. */
  readonly peopleIssuer: string
  /** Where the API begins in the gateway's paths: '/admin'. */
  readonly root: string
}

/** A person's call to the administration API. Who they are is what the gateway's authoriser proved; everything else they say of themselves is nothing. */
export const adminHandler =
  (ports: AdminPorts, api: Api = CENTRE_API) =>
  async (event: GatewayEvent): Promise<GatewayResult> => {
    const { method, target } = callFromEvent(event)
    const mark = target.indexOf('?')
    const path = mark < 0 ? target : target.slice(0, mark)
    const inside = path.startsWith(`${ports.root}/`) ? path.slice(ports.root.length) : ''
    const query = mark < 0 ? '' : target.slice(mark + 1)
    const ifMatch = headersOf(event).find(([name]) => name.toLowerCase() === 'if-match')?.[1]
    const answer = await callApi(
      api,
      { method, path: inside, query, body: bodyOf(event), ifMatch },
      personIn(event, ports.peopleIssuer),
      ports,
    )
    return resultFor(event, {
      status: answer.status,
      headers: [
        ['Content-Type', 'application/json'],
        ['Cache-Control', 'no-store'],
        ['X-Content-Type-Options', 'nosniff'],
      ],
      body: Buffer.from(JSON.stringify(answer.body)),
    })
  }

/** The groups of the user pool that are roles here: 'sacbe-registration' and so on. Any other means nothing. */
const PREFIX = 'sacbe-'

/** By the claims the authoriser checked: a subject, from the one issuer there is. */
function personIn(event: GatewayEvent, issuer: string): Person | undefined {
  const claims = claimsOf(event)
  const { sub, iss } = claims
  if (typeof sub !== 'string' || !/^[\w.@+:-]{1,128}$/.test(sub) || iss !== issuer) return undefined
  const groups = groupsIn(claims['cognito:groups'])
  return { id: sub, roles: new Set(ROLES.filter((role: Role) => groups.includes(`${PREFIX}${role}`))) }
}

function claimsOf(event: GatewayEvent): Readonly<Record<string, unknown>> {
  if (!isV2(event)) return (event.requestContext.authorizer?.claims as Record<string, unknown> | undefined) ?? {}
  const context = event.requestContext as { readonly authorizer?: { readonly jwt?: { readonly claims?: Record<string, unknown> } } }
  return context.authorizer?.jwt?.claims ?? {}
}

/** A list, or as gateways write one: '[a b]', 'a,b'. */
function groupsIn(claim: unknown): readonly string[] {
  if (Array.isArray(claim)) return claim.filter((each) => typeof each === 'string')
  return typeof claim === 'string' ? claim.replace(/^\[|\]$/g, '').split(/[\s,]+/) : []
}
