import { createServer, request as forward, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Emulators } from './emulators.ts'

/** One call to AWS, as it passed: who signed it, and what it asked for. */
export type AwsCallSeen = { readonly who: string; readonly service: string; readonly action: string; readonly target: string }
/** What becomes of a call: it passes; is answered instead; is lost before it arrives; or its answer is lost after it was done. */
export type Fate = 'pass' | 'lost' | 'done but unanswered' | { readonly status: number; readonly body: string }

export type AwsProxy = {
  readonly url: string
  readonly calls: readonly AwsCallSeen[]
  /** Every action that an emulator carried out, ever. */
  readonly answered: ReadonlySet<string>
  /** What every call to a JSON service said. */
  readonly questions: readonly { readonly action: string; readonly input: Readonly<Record<string, unknown>> }[]
  /** The headers of every put into a bucket. */
  readonly puts: readonly Readonly<Record<string, string | string[] | undefined>>[]
  /** Decides every call's fate from now on. */
  readonly decide: (fate: (call: AwsCallSeen) => Fate) => void
  /** Forgets the calls so far. */
  readonly forget: () => void
  readonly close: () => Promise<void>
}

/** Stands before the emulators as AWS stands before a door: counts every call by the service its signature names, and passes it on unchanged. */
export async function startProxy(emulators: Pick<Emulators, 'endpointOf'>): Promise<AwsProxy> {
  const calls: AwsCallSeen[] = []
  const answered = new Set<string>()
  const questions: { action: string; input: Record<string, unknown> }[] = []
  const puts: Record<string, string | string[] | undefined>[] = []
  let decide: (call: AwsCallSeen) => Fate = () => 'pass'
  const server = createServer((incoming, outgoing) => {
    void bodyOf(incoming).then((body) => {
      const call = seen(incoming, body)
      calls.push(call)
      if (call.action === 'PutObject') puts.push(incoming.headers)
      if (incoming.headers['x-amz-target'])
        questions.push({ action: call.action, input: JSON.parse(body.toString('utf8')) as Record<string, unknown> })
      const fate = decide(call)
      if (fate === 'lost') return void incoming.socket.destroy()
      if (typeof fate === 'object')
        return void outgoing.writeHead(fate.status, { 'content-type': 'application/x-amz-json-1.0' }).end(fate.body)
      const { hostname, port } = new URL(emulators.endpointOf(call.service))
      const onward = forward({ hostname, port, method: incoming.method, path: incoming.url, headers: incoming.headers, setHost: false })
      onward.on('error', () => incoming.socket.destroy())
      onward.on('response', (answer) => {
        if ((answer.statusCode ?? 500) < 300) answered.add(call.action)
        if (fate !== 'pass') return void answer.resume().on('end', () => incoming.socket.destroy())
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(outgoing)
      })
      onward.end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    answered,
    puts,
    questions,
    decide: (fate) => {
      decide = fate
    },
    forget: () => void calls.splice(0),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** What services that speak in paths are asked for. */
const PATHS: readonly (readonly [service: string, method: string, path: RegExp, action: string])[] = [
  ['apigateway', 'GET', /^\/v2\/domainnames\/[^/]+$/, 'GetDomainName'],
  ['apigateway', 'POST', /^\/v2\/domainnames$/, 'CreateDomainName'],
  ['apigateway', 'PATCH', /^\/v2\/domainnames\/[^/]+$/, 'UpdateDomainName'],
  ['apigateway', 'GET', /\/apimappings$/, 'GetApiMappings'],
  ['apigateway', 'POST', /\/apimappings$/, 'CreateApiMapping'],
  ['apigateway', 'PATCH', /\/apimappings\/[^/]+$/, 'UpdateApiMapping'],
  ['apigateway', 'GET', /^\/v2\/domainnames$/, 'GetDomainNames'],
  ['apigateway', 'DELETE', /^\/v2\/domainnames\/[^/]+$/, 'DeleteDomainName'],
  ['lambda', 'GET', /\/account-settings\/$/, 'GetAccountSettings'],
  ['lambda', 'POST', /\/invocations$/, 'Invoke'],
  ['lambda', 'PUT', /\/concurrency$/, 'PutFunctionConcurrency'],
  ['route53', 'GET', /^\/2013-04-01\/hostedzone\/[^/]+$/, 'GetHostedZone'],
  ['route53', 'GET', /^\/2013-04-01\/hostedzone\/[^/]+\/rrset$/, 'ListResourceRecordSets'],
  ['route53', 'POST', /^\/2013-04-01\/hostedzone\/[^/]+\/rrset$/, 'ChangeResourceRecordSets'],
]

/** The service and the caller by the signature's own scope: 'Credential=AKIA…/20261124/mx-central-1/kms/aws4_request'. */
function seen({ headers, method, url = '/' }: IncomingMessage, body: Buffer): AwsCallSeen {
  const [, who = '?', service = '?'] = /Credential=([^/]+)\/\d+\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? '') ?? []
  const { pathname, searchParams } = new URL(url, 'http://x')
  const target = headers['x-amz-target']
  if (typeof target === 'string') return { who, service, action: target.slice(target.indexOf('.') + 1), target: pathname }
  const inForm = /form-urlencoded/.test(headers['content-type'] ?? '') ? new URLSearchParams(body.toString('utf8')).get('Action') : null
  if (inForm) return { who, service, action: inForm, target: pathname }
  const inPath = PATHS.find(([its, how, path]) => its === service && how === method && path.test(pathname))
  if (inPath) return { who, service, action: inPath[3], target: pathname }
  const action =
    method === 'GET'
      ? searchParams.has('list-type')
        ? 'ListObjectsV2'
        : pathname === '/'
          ? 'ListBuckets'
          : 'GetObject'
      : method === 'PUT'
        ? 'PutObject'
        : String(method)
  return { who, service, action, target: pathname }
}
