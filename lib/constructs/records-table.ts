import { RemovalPolicy, Tags } from 'aws-cdk-lib'
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'
import type { Door } from './door.ts'

/**
 * The small records of a node or of the centre: on demand, so that a sleeping one costs nothing, restorable to any second of 35 days.
 * `pk` is the text of a record's key before its first '/', `sk` the whole key: what a door may write is said by the first part.
 */
export class RecordsTable extends Construct {
  readonly table: Table

  constructor(scope: Construct, id: string) {
    super(scope, id)
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.DEFAULT,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      timeToLiveAttribute: 'expires',
      removalPolicy: RemovalPolicy.RETAIN,
    })
    Tags.of(this).add('service', 'records')
    acknowledge(this.table, {
      'NIST.800.53.R5-DynamoDBInBackupPlan':
        'Point-in-time recovery holds 35 days; what must last (evidence, configurations) lies in the locked bucket, from which the rest is rebuilt.',
    })
  }

  /**
   * Writes only records whose key begins with one of `writes` (or all), and reads those alone that begin with one of `reads`, if it is said. A condition on
   * all of a request's keys holds too where the request has none, so that there be some is asked besides: who scans, names no key.
   */
  give(door: Door, settings: Readonly<Record<string, string>>, writes: readonly string[] | 'all', reads?: readonly string[]): void {
    const resources = [this.table.tableArn]
    const read = new PolicyStatement({
      actions: ['dynamodb:GetItem', 'dynamodb:Query'],
      resources,
      ...(reads ? { conditions: onlyUnder(reads) } : {}),
    })
    const write = new PolicyStatement({
      actions: ['dynamodb:PutItem'],
      resources,
      ...(writes === 'all' ? {} : { conditions: onlyUnder(writes) }),
    })
    door.give(settings, read, ...(writes.length > 0 ? [write] : []))
  }
}

const onlyUnder = (first: readonly string[]) => ({
  'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': first },
  Null: { 'dynamodb:LeadingKeys': 'false' },
})
