import { Tags } from 'aws-cdk-lib'
import { AccountPrincipal, ManagedPolicy, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam'
import type { IHostedZone } from 'aws-cdk-lib/aws-route53'
import { Construct } from 'constructs'
import type { Agency, Environment } from '../config/exchange.ts'
import { namesRole } from '../names.ts'

/**
 * Writes one agency's names into the zone and no others: addresses of its two hosts, and the records by which it proves to own them. Only roles
 * of that agency's account that bear its tag may take it on.
 */
export class NamesRole extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { environment, agency, zone }: { readonly environment: Environment; readonly agency: Agency; readonly zone: IHostedZone },
  ) {
    super(scope, id)
    const role = new Role(this, 'Role', {
      roleName: namesRole(environment, agency.id),
      description: `Writes the names of ${agency.id}`,
      assumedBy: new AccountPrincipal(agency.account).withConditions({ StringEquals: { 'aws:PrincipalTag/agency': agency.id } }),
    })
    const { provider, consumer } = agency.domains
    new ManagedPolicy(this, 'Policy', {
      description: `Writes the names of ${agency.id}`,
      roles: [role],
      statements: [
        new PolicyStatement({
          actions: ['route53:ChangeResourceRecordSets'],
          resources: [zone.hostedZoneArn],
          conditions: {
            'ForAllValues:StringLike': {
              'route53:ChangeResourceRecordSetsNormalizedRecordNames': [provider, consumer, `_*.${provider}`, `_*.${consumer}`],
            },
            'ForAllValues:StringEquals': {
              'route53:ChangeResourceRecordSetsRecordTypes': ['A', 'AAAA', 'CNAME'],
              'route53:ChangeResourceRecordSetsActions': ['UPSERT', 'DELETE'],
            },
            // A condition on all of a request's values holds where it has none.
            Null: {
              'route53:ChangeResourceRecordSetsNormalizedRecordNames': 'false',
              'route53:ChangeResourceRecordSetsRecordTypes': 'false',
              'route53:ChangeResourceRecordSetsActions': 'false',
            },
          },
        }),
      ],
    })
    Tags.of(this).add('agency', agency.id)
    Tags.of(this).add('service', 'names')
  }
}
