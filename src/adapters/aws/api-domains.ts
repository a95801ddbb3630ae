import type { EdgePorts } from '../../exchange/edge/reconcile.ts'
import type { ActualDomain, DesiredDomain, DomainMapping } from '../../exchange/edge/steps.ts'
import type { RestAction } from './actions.ts'
import { type Aws, AwsRefused, codeIn } from './aws.ts'
import type { Answer } from './send.ts'

type Domains = Pick<EdgePorts, 'domain' | 'createDomain' | 'updateDomain' | 'map'>

/** As Amazon API Gateway v2 writes them; its mappings lead to REST APIs just as well. */
type DomainView = {
  readonly domainNameConfigurations?: readonly {
    readonly apiGatewayDomainName?: string
    readonly hostedZoneId?: string
    readonly domainNameStatus?: string
    readonly certificateArn?: string
    readonly ownershipVerificationCertificateArn?: string | null
  }[]
  readonly mutualTlsAuthentication?: { readonly truststoreUri?: string; readonly truststoreWarnings?: readonly string[] } | null
}
type MappingView = { readonly apiId: string; readonly apiMappingId: string; readonly apiMappingKey?: string; readonly stage: string }

/** The custom domains of API Gateway, each with mutual TLS by a trust store that lies in `bucket`. What is there already counts as made. */
export function apiDomains({ rest }: Pick<Aws, 'rest'>, bucket: string): Domains {
  const ask = async (action: RestAction, path: string, body?: object): Promise<Answer> =>
    rest(action, { path: `/v2/domainnames${path}`, ...(body ? { body: JSON.stringify(body) } : {}) })
  const done = async (action: RestAction, path: string, body: object): Promise<void> => {
    const answer = await ask(action, path, body)
    if (answer.status >= 300 && answer.status !== 409) throw refused(action, answer)
  }
  const mappingOf = async (name: string): Promise<DomainMapping | undefined> => {
    const answer = await ask('GetApiMappings', `/${name}/apimappings`)
    if (answer.status !== 200) throw refused('GetApiMappings', answer)
    const { items = [] } = JSON.parse(answer.body.toString('utf8')) as { items?: readonly MappingView[] }
    const root = items.find(({ apiMappingKey }) => !apiMappingKey)
    return root && { id: root.apiMappingId, api: root.apiId, stage: root.stage }
  }
  return {
    domain: async (name) => {
      const answer = await ask('GetDomainName', `/${name}`)
      if (answer.status === 404) return undefined
      if (answer.status !== 200) throw refused('GetDomainName', answer)
      const mapping = await mappingOf(name)
      return { ...readDomain(JSON.parse(answer.body.toString('utf8')) as DomainView, bucket), ...(mapping ? { mapping } : {}) }
    },
    createDomain: (domain) => done('CreateDomainName', '', { domainName: domain.name, ...settingsOf(domain, bucket) }),
    updateDomain: (domain) => done('UpdateDomainName', `/${domain.name}`, settingsOf(domain, bucket)),
    map: ({ name, api, stage }, instead) =>
      instead
        ? done('UpdateApiMapping', `/${name}/apimappings/${instead.id}`, { apiId: api, stage })
        : done('CreateApiMapping', `/${name}/apimappings`, { apiId: api, stage }),
  }
}

const refused = (action: RestAction, answer: Answer) => new AwsRefused(action, answer.status, codeIn(answer))

const settingsOf = ({ certificate, ownership, trustStore }: DesiredDomain, bucket: string) => ({
  domainNameConfigurations: [
    {
      certificateArn: certificate,
      endpointType: 'REGIONAL',
      securityPolicy: 'TLS_1_2',
      ...(ownership === undefined ? {} : { ownershipVerificationCertificateArn: ownership }),
    },
  ],
  mutualTlsAuthentication: { truststoreUri: `s3://${bucket}/${trustStore}` },
})

function readDomain({ domainNameConfigurations: [config] = [], mutualTlsAuthentication: tls }: DomainView, bucket: string): ActualDomain {
  const store = tls?.truststoreUri?.startsWith(`s3://${bucket}/`) ? tls.truststoreUri.slice(`s3://${bucket}/`.length) : undefined
  return {
    status: config?.domainNameStatus ?? 'UPDATING',
    certificate: config?.certificateArn ?? '',
    ...(config?.ownershipVerificationCertificateArn ? { ownership: config.ownershipVerificationCertificateArn } : {}),
    ...(store === undefined ? {} : { trustStore: store }),
    warnings: tls?.truststoreWarnings ?? [],
    target: { host: config?.apiGatewayDomainName ?? '', zone: config?.hostedZoneId ?? '' },
  }
}
