import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Synthesized, Template } from '../../lib/synth.ts'
import { httpEvent } from '../../src/local/gateway-events.ts'
import type { DoorProcess } from './door-process.ts'

type Route = { readonly method: string; readonly path: string; readonly door: string; readonly known: boolean }

/**
 * The centre's gateway on loopback: the routes of its template in front of its doors' processes, an HTTP API's own events. No emulator answers by a
 * custom domain. Plain HTTP: TLS of a public certificate is all that AWS would add. Where a route has an authoriser, `peopleOf` stands for the pool:
 * it says what the bearer's token proves, and whoever has none is answered 401.
 */
export function centreEdge(
  { template }: Synthesized,
  doors: Readonly<Record<string, Pick<DoorProcess, 'invoke'>>>,
  peopleOf: (token: string) => object | undefined,
): Server {
  const routes = routesOf(template)
  return createServer((message, answer) => {
    pass(message, answer, routes, doors, peopleOf).catch((problem: unknown) => {
      console.error(problem)
      answer.writeHead(500).end()
    })
  })
}

const CALL_MS = 29_000

async function pass(
  message: IncomingMessage,
  answer: ServerResponse,
  routes: readonly Route[],
  doors: Readonly<Record<string, Pick<DoorProcess, 'invoke'>>>,
  peopleOf: (token: string) => object | undefined,
): Promise<void> {
  const body = Buffer.concat((await message.toArray()) as Buffer[])
  const { method = '', url = '/' } = message
  const route = routeFor(routes, method, url.split('?')[0] ?? '')
  if (!route) return void answer.writeHead(404, { 'content-type': 'application/json' }).end('{"message":"Not Found"}')
  const claims = peopleOf((message.headers.authorization ?? '').replace(/^Bearer /, ''))
  if (route.known && !claims) return void answer.writeHead(401, { 'content-type': 'application/json' }).end('{"message":"Unauthorized"}')
  const headers = Object.entries(message.headersDistinct).flatMap(([name, values = []]) => values.map((value) => [name, value] as const))
  const seen = { method, target: url, headers, body, sourceIp: '127.0.0.1', port: 443, requestId: crypto.randomUUID(), at: Date.now() }
  const event = httpEvent(seen)
  if (!event) return void answer.writeHead(400).end()
  const known = route.known ? { ...event, requestContext: { ...event.requestContext, authorizer: { jwt: { claims } } } } : event
  const result = (await doors[route.door]?.invoke(known, CALL_MS)) as Result
  answer.writeHead(result.statusCode, result.headers).end(Buffer.from(result.body, 'base64'))
}
type Result = { readonly statusCode: number; readonly headers: Record<string, string>; readonly body: string }

/** Exact paths before '{proxy+}', the longer of those first, as an HTTP API chooses. */
function routeFor(routes: readonly Route[], method: string, path: string): Route | undefined {
  const fits = ({ method: its, path: pattern }: Route) =>
    (its === method || its === 'ANY') &&
    (pattern === path || (pattern.endsWith('{proxy+}') && path.startsWith(pattern.slice(0, -8)) && path.length > pattern.length - 8))
  return routes
    .filter(fits)
    .toSorted((a, b) => Number(a.path.endsWith('}')) - Number(b.path.endsWith('}')) || b.path.length - a.path.length)[0]
}

/** Each route of the template, with the door behind it by the tag of its function. */
function routesOf({ Resources }: Template): readonly Route[] {
  return Object.values(Resources)
    .filter(({ Type }) => Type === 'AWS::ApiGatewayV2::Route')
    .map(({ Properties = {} }) => {
      const [method = '', path = ''] = String(Properties.RouteKey).split(' ')
      return { method, path, door: doorBehind(Properties.Target, Resources), known: Properties.AuthorizationType === 'JWT' }
    })
}

function doorBehind(target: unknown, resources: Template['Resources']): string {
  const refs = (value: unknown): readonly string[] => [...JSON.stringify(value).matchAll(/"Ref":"([^"]+)"/g)].map(([, id = '']) => id)
  for (let ids = refs(target), depth = 0; ids.length > 0 && depth < 5; depth++) {
    const made = ids.map((id) => resources[id]).find((each) => each !== undefined)
    const tags = (made?.Type === 'AWS::Lambda::Function' ? made.Properties?.Tags : undefined) as
      | { Key: string; Value: string }[]
      | undefined
    if (tags) return tags.find(({ Key }) => Key === 'service')?.Value ?? ''
    ids = refs(made?.Properties?.IntegrationUri ?? made?.Properties?.FunctionName ?? null)
  }
  throw new Error(`no door behind ${JSON.stringify(target)}`)
}
