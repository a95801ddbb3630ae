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
    const [ca, ocsp, tsa, conf] = [this.#door('ca', 'Ca'), this.#door('ocsp', 'Ocsp'), this.#door('tsa', 'Tsa'), this.#door('conf', 'Conf')]
    const place = {
      records: new RecordsTable(this, 'Registry'),
      published: new LockedBucket(this, 'Published', { lock: props.environment.lock, cold: [] }),
    }
    const keys = {
      ca: this.#key('ca', 'CaKey', ca),
      ocsp: this.#key('ocsp', 'OcspKey', ocsp),
      tsa: this.#key('tsa', 'TsaKey', tsa),
      conf: this.#key('conf', 'ConfKey', conf),
    }
    if (ca) this.#ca(ca, keys, place)
    if (ocsp) this.#ocsp(ocsp, keys.ocsp, place)
    if (tsa) this.#tsa(tsa, keys.tsa, place)
    this.#administration(place)
    if (conf) this.#conf(conf, keys.conf, place)
    this.#api(zone)
  }

  readonly #routes: Route[] = []

  #door<Name extends CentreDoor>(door: Name, id: string): Door<(typeof SETTINGS)[Name][number]> | undefined {
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
  #key(name: CentreDoor, id: string, signer: Door | undefined): SigningKey {
    return new SigningKey(this, id, { signers: signer ? [signer] : [], description: `Signs as ${name}` })
  }

  /**
   * Nodes are let in, certified and registered; every request proves itself, so that no authoriser stands before it. It may list the whole bucket, as
   * the others that write the log of acts: to who may not, S3 answers 403 instead of 404 for a name that is not there.
   */
  #ca(door: Door, keys: Readonly<Record<'ca' | 'ocsp' | 'tsa', SigningKey>>, { records, published }: Place): void {
    door.give({ INSTANCE: this.#props.environment.instance, CENTRE_URL: this.#url })
    keys.ca.giveSign(door, { CA_KEY: keys.ca.key.keyArn })
    keys.ca.giveRead(door)
    keys.ocsp.giveRead(door, { OCSP_KEY: keys.ocsp.key.keyArn })
    keys.tsa.giveRead(door, { TSA_KEY: keys.tsa.key.keyArn })
    records.give(door, tableOf(records), ['registry', 'audit', 'certificates'], ['registry', 'audit', 'certificates', 'publication'])
    const put = ['audit/', 'issued/', 'revoked/']
    published.give(door, bucketOf(published), { put, get: [...put, 'V6/'], list: [''] })
    this.#routes.push({ path: '/managementservice', methods: [HttpMethod.POST], door })
    this.#routes.push({ path: '/node/{proxy+}', methods: [HttpMethod.GET, HttpMethod.POST], door })
    new Every(this, 'CaSchedule', { door, period: Duration.hours(24) })
  }

  #ocsp(door: Door, key: SigningKey, { records, published }: Place): void {
    key.giveSign(door, { OCSP_KEY: key.key.keyArn })
    records.give(door, tableOf(records), ['certificates', 'answers'], ['registry', 'certificates', 'answers'])
    published.give(door, bucketOf(published), { get: ['issued/', 'revoked/'], list: [''] })
    this.#routes.push({ path: '/ocsp', methods: [HttpMethod.POST], door })
    new Every(this, 'OcspSchedule', { door, period: Duration.hours(4) })
  }

  #tsa(door: Door, key: SigningKey, { records }: Place): void {
    key.giveSign(door, { TSA_KEY: key.key.keyArn })
    records.give(door, tableOf(records), [], ['registry'])
    this.#routes.push({ path: '/tsa', methods: [HttpMethod.POST], door })
  }

  /** Everything that has no door of its own is asked of what is published. */
  #conf(door: Door, key: SigningKey, { records, published }: Place): void {
    door.give({ INSTANCE: this.#props.environment.instance })
    key.giveSign(door, { CONFIGURATION_KEY: key.key.keyArn })
    key.giveRead(door)
    records.give(door, tableOf(records), ['registry', 'audit', 'publication'], ['registry', 'audit', 'publication'])
    const put = ['audit/', 'generations/', 'V2/', 'V3/', 'V4/', 'V5/', 'V6/']
    published.give(door, bucketOf(published), { put, get: put, list: [''] })
    this.#routes.push({ path: '/{proxy+}', methods: [HttpMethod.GET, HttpMethod.HEAD], door })
    new Every(this, 'ConfSchedule', { door, period: Duration.hours(1) })
    this.#watch(door)
  }

  /** People act on the registry by name and second factor; whoever has neither never reaches the door. */
  #administration({ records, published }: Place): void {
    const door = this.#door('admin', 'Admin')
    if (!door) return
    const people = new People(this, 'People')
    door.give({ PEOPLE_ISSUER: people.issuer })
    records.give(door, tableOf(records), ['registry', 'audit', 'costs'], ['registry', 'audit', 'costs', 'publication'])
    published.give(door, bucketOf(published), { put: ['audit/'], get: ['audit/'], list: [''] })
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

  get #name(): string {
    return `centro.${this.#props.environment.domain}`
  }
  get #url(): string {
    return `https://${this.#name}`
  }

  #api(zone: HostedZone): void {
    if (this.#routes.length === 0) return
    const { logDays } = this.#props.environment
    const certificate = new Certificate(this, 'Certificate', { domainName: this.#name, validation: CertificateValidation.fromDns(zone) })
    const address = new DomainName(this, 'Address', { domainName: this.#name, certificate, securityPolicy: SecurityPolicy.TLS_1_2 })
    const api = httpEdge(this, { throttle: CENTRE_THROTTLE, logDays, routes: this.#routes, domainName: address })
    new ARecord(this, 'Name', {
      zone,
      recordName: 'centro',
      target: RecordTarget.fromAlias(new ApiGatewayv2DomainProperties(address.regionalDomainName, address.regionalHostedZoneId)),
    })
    Tags.of(api).add('service', 'centre-edge')
  }
}

type Place = { readonly records: RecordsTable; readonly published: LockedBucket }
const tableOf = ({ table }: RecordsTable) => ({ REGISTRY_TABLE: table.tableName })
const bucketOf = ({ bucket }: LockedBucket) => ({ PUBLICATION_BUCKET: bucket.bucketName })
