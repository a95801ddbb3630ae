import { Stack } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Agency } from '../config/exchange.ts'
import { acknowledge } from './acknowledge.ts'
import type { Door } from './door.ts'
import type { EvidenceLine } from './evidence-line.ts'
import type { ConsumerEdge, ProviderEdge } from './message-path.ts'

type Edge = {
  readonly agency: Agency
  /** The role that may write the agency's own names into the zone, and no others. */
  readonly zoneRole: string
  readonly provider: ProviderEdge
  readonly consumer: ConsumerEdge
  readonly line: EvidenceLine
}

const namesOf = ({ domains }: Agency): string => `${domains.provider} ${domains.consumer}`
const assume = (zoneRole: string) => new PolicyStatement({ actions: ['sts:AssumeRole'], resources: [zoneRole] })

/**
 * Lets the edge door make and change the agency's two domains, and nobody else's: their names are in the permission. Domains, certificates and
 * trust stores are its alone, not the template's, so that a deployment changes nothing that a renewal did.
 */
export function giveEdge(door: Door, { agency, zoneRole, provider, consumer, line }: Edge): void {
  const stack = Stack.of(door)
  const at = (path: string) => `arn:${stack.partition}:apigateway:${stack.region}::${path}`
  const domains = [agency.domains.provider, agency.domains.consumer]
  const own = domains.flatMap((name) => [at(`/domainnames/${name}`), at(`/domainnames/${name}/*`)])
  line.locked.give(
    door,
    { EVIDENCE_BUCKET: line.locked.bucket.bucketName },
    { put: ['truststore/'], get: ['truststore/', 'configurations/'] },
  )
  door.give(
    {
      NODE_DOMAINS: namesOf(agency),
      PROVIDER_API: provider.apiId,
      CONSUMER_API: `${consumer.apiId}/${consumer.stageName}`,
      NAMES_ROLE: zoneRole,
    },
    new PolicyStatement({ actions: ['apigateway:GET', 'apigateway:PATCH', 'apigateway:POST'], resources: own }),
    new PolicyStatement({ actions: ['apigateway:POST'], resources: [at('/domainnames')] }),
    assume(zoneRole),
  )
  for (const name of domains)
    acknowledge(door.policy, {
      [`AwsSolutions-IAM5[Resource::arn:aws:apigateway:${stack.region}::/domainnames/${name}/*]`]:
        'What hangs under the one domain of this agency: its mappings.',
    })
}

/** Lets the enrol door ask for the agency's public certificate and import its own, both marked as the agency's. */
export function giveEnrol(door: Door, { agency, zoneRole }: Pick<Edge, 'agency' | 'zoneRole'>): void {
  const stack = Stack.of(door)
  const certificates = `arn:${stack.partition}:acm:${stack.region}:${stack.account}:certificate/*`
  const names = [agency.domains.provider, agency.domains.consumer]
  door.give(
    { AGENCY: agency.id, NODE_DOMAINS: namesOf(agency), NAMES_ROLE: zoneRole },
    new PolicyStatement({
      actions: ['acm:ImportCertificate', 'acm:AddTagsToCertificate'],
      resources: [certificates],
      conditions: { StringEquals: { 'aws:RequestTag/agency': agency.id } },
    }),
    new PolicyStatement({
      actions: ['acm:ImportCertificate', 'acm:DescribeCertificate'],
      resources: [certificates],
      conditions: { StringEquals: { 'aws:ResourceTag/agency': agency.id } },
    }),
    // A request has no certificate to name yet; the names it may ask for and how they are proved are held fast instead.
    new PolicyStatement({
      actions: ['acm:RequestCertificate'],
      resources: ['*'],
      conditions: {
        'ForAllValues:StringEquals': { 'acm:DomainNames': names },
        Null: { 'acm:DomainNames': 'false' },
        StringEquals: { 'acm:ValidationMethod': 'DNS', 'aws:RequestTag/agency': agency.id },
      },
    }),
    assume(zoneRole),
  )
  acknowledge(door.policy, {
    [`AwsSolutions-IAM5[Resource::arn:aws:acm:${stack.region}:${stack.account}:certificate/*]`]:
      'Certificates get their names when they are made; the condition on the tag `agency` holds this to the agency that is named in it.',
    'AwsSolutions-IAM5[Resource::*]':
      'ACM offers no resource for a request; the conditions hold it to the two names of this agency, proved by DNS.',
  })
}
