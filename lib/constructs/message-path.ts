import { Duration, Stack, Tags } from 'aws-cdk-lib'
import { EndpointType, LambdaIntegration, LogGroupLogDestination, RestApi } from 'aws-cdk-lib/aws-apigateway'
import {
  HttpApi,
  LogGroupLogDestination as HttpLogDestination,
  HttpMethod,
  HttpStage,
  type IDomainName,
  type IHttpRouteAuthorizer,
} from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { Construct } from 'constructs'
import type { Agency } from '../config/exchange.ts'
import { accessLogFormat } from './access-log.ts'
import { acknowledge, bothPacks } from './acknowledge.ts'
import type { Door } from './door.ts'
import { accessLog } from './log-group.ts'

/** No more than the edge itself allows: consume 28 s, peer 25, provide 24 and service 20 lie inside. */
const EDGE_TIME = Duration.seconds(29)

export type Throttle = { readonly rate: number; readonly burst: number }
export type EdgeProps = { readonly throttle: Throttle; readonly logDays: number }

/**
 * The edge towards peers: node to node is always `POST /`. It has no address of its own: only the domain with mutual TLS, which the edge door
 * makes once the certificate is there, leads to it.
 */
export class ProviderEdge extends Construct {
  readonly apiId: string

  constructor(scope: Construct, id: string, { door, ...props }: EdgeProps & { readonly door: Door }) {
    super(scope, id)
    this.apiId = httpEdge(this, { ...props, routes: [{ path: '/', methods: [HttpMethod.POST], door }] }).apiId
    Tags.of(this).add('service', 'provider-edge')
  }
}

/** The edge towards the agency's own systems: any method, any path, under mutual TLS of its own. */
export class ConsumerEdge extends Construct {
  readonly apiId: string
  readonly stageName: string

  constructor(
    scope: Construct,
    id: string,
    { door, kind, ...props }: EdgeProps & { readonly door: Door; readonly kind: Agency['consumerEdge'] },
  ) {
    super(scope, id)
    const rest = kind === 'rest'
    this.apiId = rest
      ? restEdge(this, { ...props, door }).restApiId
      : httpEdge(this, {
          ...props,
          routes: [
            { path: '/{proxy+}', methods: [HttpMethod.ANY], door },
            { path: '/', methods: [HttpMethod.ANY], door },
          ],
        }).apiId
    this.stageName = rest ? 'live' : '$default'
    Tags.of(this).add('service', 'consumer-edge')
  }
}

/** `authorizer`: who must be known by name before the door is asked; without one the door judges certificates or public questions itself. */
export type Route = {
  readonly path: string
  readonly methods: HttpMethod[]
  readonly door: Door
  readonly authorizer?: IHttpRouteAuthorizer
}

/** An HTTP API without an address of its own; each route may invoke its door, and nothing else may. */
export function httpEdge(
  scope: Construct,
  { throttle, logDays, routes, domainName }: EdgeProps & { readonly routes: readonly Route[]; readonly domainName?: IDomainName },
): HttpApi {
  const api = new HttpApi(scope, 'Api', { disableExecuteApiEndpoint: true, createDefaultStage: false })
  for (const { path, methods, door, authorizer } of routes) {
    const integration = new HttpLambdaIntegration(`To${door.node.id}`, door.live, { timeout: EDGE_TIME })
    const made = api.addRoutes({ path, methods, integration, ...(authorizer ? { authorizer } : {}) })
    if (!authorizer) for (const route of made) acknowledge(route, CERTIFICATE_IS_THE_KEY)
  }
  const log = accessLog(scope, logDays)
  new HttpStage(scope, 'Stage', {
    httpApi: api,
    stageName: '$default',
    autoDeploy: true,
    ...(domainName ? { domainMapping: { domainName } } : {}),
    throttle: { rateLimit: throttle.rate, burstLimit: throttle.burst },
    accessLogSettings: { destination: new HttpLogDestination(log), format: accessLogFormat() },
  })
  return api
}

/** A REST API hands the path on as the client sent it, and its headers one by one: what we sign is what was sent. */
function restEdge(scope: Construct, { throttle, logDays, door }: EdgeProps & { readonly door: Door }): RestApi {
  const integration = new LambdaIntegration(door.live, { proxy: true, timeout: EDGE_TIME, allowTestInvoke: false })
  const api = new RestApi(scope, 'Api', {
    restApiName: `${Stack.of(scope).stackName}-consumer`,
    endpointTypes: [EndpointType.REGIONAL],
    disableExecuteApiEndpoint: true,
    cloudWatchRole: false,
    binaryMediaTypes: ['*/*'],
    defaultIntegration: integration,
    deployOptions: {
      stageName: 'live',
      throttlingRateLimit: throttle.rate,
      throttlingBurstLimit: throttle.burst,
      accessLogDestination: new LogGroupLogDestination(accessLog(scope, logDays)),
      accessLogFormat: accessLogFormat(),
    },
  })
  const methods = [api.root.addMethod('ANY'), api.root.addProxy().anyMethod]
  for (const method of methods) if (method) acknowledge(method, { ...CERTIFICATE_IS_THE_KEY, ...NO_POOL })
  acknowledge(api, {
    ...bothPacks(
      'APIG2',
      [],
      'The door reads and judges requests itself: their form is that of the X-Road protocols, which models cannot say.',
    ),
  })
  acknowledge(api.deploymentStage, REST_STAGE)
  return api
}

const CERTIFICATE_IS_THE_KEY = bothPacks(
  'APIG4',
  [],
  'Mutual TLS on the only domain that leads here asks for a certificate; the door then judges that certificate, its chain and its OCSP answer itself.',
)
const NO_POOL = { 'AwsSolutions-COG4': 'Callers are information systems with certificates, not people with passwords.' }

const REST_STAGE = {
  ...bothPacks(
    'APIG3',
    ['APIGWAssociatedWithWAF'],
    'A web ACL costs five times what the node does, and sees only what a holder of a registered certificate sends; the stage is throttled.',
  ),
  ...bothPacks(
    'APIG6',
    ['APIGWExecutionLoggingEnabled'],
    'Execution logs hold paths and headers, which may name persons; the access log and the lines of the door have what operation needs.',
  ),
  'NIST.800.53.R5-APIGWCacheEnabledAndEncrypted': 'Answers are signed for one question and must never come from a cache.',
  'NIST.800.53.R5-APIGWSSLEnabled':
    'The back end is a function, which the gateway invokes by its permission; a client certificate towards it does not exist.',
}
