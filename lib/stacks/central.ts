import { Duration, RemovalPolicy, Stack, type StackProps, Tags } from 'aws-cdk-lib'
import { DomainName, HttpMethod, SecurityPolicy } from 'aws-cdk-lib/aws-apigatewayv2'
import { Certificate, CertificateValidation } from 'aws-cdk-lib/aws-certificatemanager'
import { ARecord, HostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53'
import { ApiGatewayv2DomainProperties } from 'aws-cdk-lib/aws-route53-targets'
import type { Construct } from 'constructs'
import { ADMIN_SETTINGS } from '../../functions/admin/settings.ts'
import { CA_SETTINGS } from '../../functions/ca/settings.ts'
import { CONF_SETTINGS } from '../../functions/conf/settings.ts'
import { OCSP_SETTINGS } from '../../functions/ocsp/settings.ts'
import { TSA_SETTINGS } from '../../functions/tsa/settings.ts'
import type { Bundles } from '../bundle.ts'
import type { Environment } from '../config/exchange.ts'
import { CENTRE_THROTTLE } from '../config/shares.ts'
import { Told, watch } from '../constructs/alarms.ts'
import { Door } from '../constructs/door.ts'
import { LockedBucket } from '../constructs/locked-bucket.ts'
import { httpEdge, type Route } from '../constructs/message-path.ts'
import { NamesRole } from '../constructs/names-role.ts'
import { People } from '../constructs/people.ts'
import { RecordsTable } from '../constructs/records-table.ts'
import { Every } from '../constructs/schedule.ts'
import { SigningKey } from '../constructs/signing-key.ts'
import { reservedOf } from '../doors.ts'

const SETTINGS = { admin: ADMIN_SETTINGS, ca: CA_SETTINGS, ocsp: OCSP_SETTINGS, tsa: TSA_SETTINGS, conf: CONF_SETTINGS } as const
type CentreDoor = keyof typeof SETTINGS

export type CentralProps = StackProps & { readonly environment: Environment; readonly bundles: Bundles }

/**
 * The centre of one exchange: the zone of its names, the registry, four keys with one job each (the root of the certification authority is
 * offline), what it publishes under lock, and the doors to them. It holds no key of any agency and sees no message.
 */
export class CentralStack extends Stack {
  readonly #props: CentralProps

  constructor(scope: Construct, id: string, props: CentralProps) {
    super(scope, id, props)
    this.#props = props
    const zone = new HostedZone(this, 'Zone', { zoneName: props.environment.domain })
    zone.applyRemovalPolicy(RemovalPolicy.RETAIN)
    for (const agency of props.environment.agencies)
      new NamesRole(this, `Names${agency.id}`, { environment: props.environment, agency, zone })
    const records = new RecordsTable(this, 'Registry')
    const published = new LockedBucket(this, 'Published', { lock: props.environment.lock, cold: [] })
    this.#authority('ca', 'Ca', 'CA_KEY', { records, first: ['certificates', 'serial'] })
    this.#authority('tsa', 'Tsa', 'TSA_KEY', { records, first: ['serial'] })
    this.#publisher('ocsp', 'Ocsp', 'OCSP_KEY', { records, published, prefix: 'ocsp/', period: Duration.hours(4) })
    const conf = this.#publisher('conf', 'Conf', 'CONFIGURATION_KEY', { records, published, prefix: 'conf/', period: Duration.hours(1) })
    if (conf) this.#watch(conf)
    this.#administration(records, published)
    this.#api(zone)
  }

  readonly #routes: Route[] = []

  #door(door: CentreDoor, id: string): Door | undefined {
    const bundle = this.#props.bundles.get(door)
    if (bundle === undefined) return undefined
    return new Door(this, id, {
      door,
      bundle,
      settings: SETTINGS[door],
      reserved: reservedOf(door),
      logDays: this.#props.environment.logDays,
    })
  }

  /** A key with its one signer; the key is there before its door, for certificates of the exchange name it. */
  #authority(
    name: CentreDoor,
    id: string,
    setting: string,
    { records, first }: { readonly records: RecordsTable; readonly first: readonly string[] },
  ): Door | undefined {
    const door = this.#door(name, id)
    const key = new SigningKey(this, `${id}Key`, { signers: door ? [door] : [], description: `Signs as ${name}` })
    if (!door) return undefined
    key.giveSign(door, { [setting]: key.key.keyArn })
    records.give(door, { REGISTRY_TABLE: records.table.tableName }, first)
    this.#routes.push({ path: `/${name}`, methods: [HttpMethod.POST], door })
    return door
  }

  #publisher(name: CentreDoor, id: string, setting: string, { records, published, prefix, period }: Publishing): Door | undefined {
    const door = this.#authority(name, id, setting, { records, first: ['publication'] })
    if (!door) return undefined
    published.give(door, { PUBLICATION_BUCKET: published.bucket.bucketName }, { put: [prefix], get: [prefix] })
    if (name === 'conf') this.#routes.push({ path: '/conf/{proxy+}', methods: [HttpMethod.GET], door })
    new Every(this, `${id}Schedule`, { door, period })
    return door
  }

  /** People act on the registry by name and second factor; whoever has neither never reaches the door. */
  #administration(records: RecordsTable, published: LockedBucket): void {
    const door = this.#door('admin', 'Admin')
    if (!door) return
    const people = new People(this, 'People')
    door.give({ PEOPLE_ISSUER: people.issuer })
    records.give(door, { REGISTRY_TABLE: records.table.tableName }, 'all')
    published.give(door, { PUBLICATION_BUCKET: published.bucket.bucketName }, { put: ['conf/'], get: ['conf/'] })
    this.#routes.push({ path: '/admin/{proxy+}', methods: [HttpMethod.ANY], door, authorizer: people.authorizer })
  }

  #watch(conf: Door): void {
    watch(this, 'ConfigurationStale', {
      metric: conf.function.metricErrors({ period: Duration.hours(1), statistic: 'Sum' }),
      above: 0,
      times: [3, 3],
      silence: 'bad',
      means: 'The global configuration is not being signed anew. Nodes go on with the one they have until it runs out.',
      told: new Told(this, 'Told', this.#props.environment.alarmMail).topic,
    })
  }

  #api(zone: HostedZone): void {
    if (this.#routes.length === 0) return
    const { domain, logDays } = this.#props.environment
    const name = `centro.${domain}`
    const certificate = new Certificate(this, 'Certificate', { domainName: name, validation: CertificateValidation.fromDns(zone) })
    const address = new DomainName(this, 'Address', { domainName: name, certificate, securityPolicy: SecurityPolicy.TLS_1_2 })
    const api = httpEdge(this, { throttle: CENTRE_THROTTLE, logDays, routes: this.#routes, domainName: address })
    new ARecord(this, 'Name', {
      zone,
      recordName: 'centro',
      target: RecordTarget.fromAlias(new ApiGatewayv2DomainProperties(address.regionalDomainName, address.regionalHostedZoneId)),
    })
    Tags.of(api).add('service', 'centre-edge')
  }
}

type Publishing = { readonly records: RecordsTable; readonly published: LockedBucket; readonly prefix: string; readonly period: Duration }
