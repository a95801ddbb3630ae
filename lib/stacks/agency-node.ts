import { ArnFormat, Duration, Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { ARCHIVE_SETTINGS } from '../../functions/archive/settings.ts'
import { CONSUME_SETTINGS } from '../../functions/consume/settings.ts'
import { EDGE_SETTINGS } from '../../functions/edge/settings.ts'
import { ENROL_SETTINGS } from '../../functions/enrol/settings.ts'
import { PROVIDE_SETTINGS } from '../../functions/provide/settings.ts'
import { REFRESH_TRUST_SETTINGS } from '../../functions/refresh-trust/settings.ts'
import type { Bundles } from '../bundle.ts'
import type { Agency, Environment } from '../config/exchange.ts'
import { FIVE_MINUTES, Told, watch } from '../constructs/alarms.ts'
import { Door } from '../constructs/door.ts'
import { giveEdge, giveEnrol } from '../constructs/edge-rights.ts'
import { EvidenceLine } from '../constructs/evidence-line.ts'
import { Gradual } from '../constructs/gradual.ts'
import { ConsumerEdge, ProviderEdge } from '../constructs/message-path.ts'
import { Parameter } from '../constructs/parameter.ts'
import { RecordsTable } from '../constructs/records-table.ts'
import { Every } from '../constructs/schedule.ts'
import { SigningKey } from '../constructs/signing-key.ts'
import { type AGENCY_DOORS, reservedOf } from '../doors.ts'
import { authenticationParameter, failingAlarm, namesRole } from '../names.ts'

type AgencyDoor = (typeof AGENCY_DOORS)[number]
const SETTINGS = {
  consume: CONSUME_SETTINGS,
  provide: PROVIDE_SETTINGS,
  archive: ARCHIVE_SETTINGS,
  enrol: ENROL_SETTINGS,
  edge: EDGE_SETTINGS,
  'refresh-trust': REFRESH_TRUST_SETTINGS,
} as const satisfies Record<AgencyDoor, readonly string[]>

export type AgencyNodeProps = StackProps & { readonly environment: Environment; readonly agency: Agency; readonly bundles: Bundles }

/**
 * One agency's node: its key, its evidence, its records, its doors and its two edges; nothing in it is shared with another agency. Doors
 * that are not written yet are left out. What a person must not lose (key, queues, bucket, table) stays when the stack goes.
 */
export class AgencyNodeStack extends Stack {
  readonly #props: AgencyNodeProps

  constructor(scope: Construct, id: string, props: AgencyNodeProps) {
    super(scope, id, props)
    this.#props = props
    const [consume, provide, archive] = [
      this.#door('consume', 'Consume'),
      this.#door('provide', 'Provide'),
      this.#door('archive', 'Archive'),
    ]
    const messageDoors = [consume, provide].filter((door) => door !== undefined)
    const key = new SigningKey(this, 'Signing', { signers: messageDoors, description: `Signs what ${props.agency.id} says` })
    const line = new EvidenceLine(this, 'Evidence', { lock: props.environment.lock, keepers: messageDoors, archive })
    const records = new RecordsTable(this, 'Records')
    const parameter = new Parameter(this, authenticationParameter(props.environment, props.agency.id))
    for (const door of messageDoors) {
      key.giveSign(door)
      line.giveKeep(door)
      records.give(door, { NODE_TABLE: records.table.tableName }, ['trust'])
    }
    if (consume) parameter.giveRead(consume, 'AUTHENTICATION_PARAMETER')
    if (provide) line.giveOperations(provide)
    if (archive) this.#archive(archive, line, records)
    this.#refreshTrust(line, records)
    this.#edges({ consume, provide, key, line, records, parameter })
    if (props.environment.name === 'production' && props.agency.shared && messageDoors.length > 0)
      new Gradual(this, 'Gradual', {
        doors: messageDoors,
        alarmArn: this.formatArn({
          service: 'cloudwatch',
          resource: 'alarm',
          resourceName: failingAlarm(props.environment),
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      })
  }

  #door<Name extends AgencyDoor>(door: Name, id: string): Door<(typeof SETTINGS)[Name][number]> | undefined {
    const { bundles, agency, environment } = this.#props
    const bundle = bundles.get(door)
    if (bundle === undefined) return undefined
    return new Door(this, id, { door, bundle, settings: SETTINGS[door], reserved: reservedOf(door, agency), logDays: environment.logDays })
  }

  #archive(archive: Door, line: EvidenceLine, records: RecordsTable): void {
    const { agency } = this.#props
    line.giveArchive(archive)
    archive.give({ CONSUME_DOORS: String(reservedOf('consume', agency)), CONSUMER_EDGE: agency.consumerEdge })
    records.give(archive, { NODE_TABLE: records.table.tableName }, ['archive', 'lease', 'trust', 'usage'])
    new Every(this, 'EveryFiveMinutes', { door: archive, period: FIVE_MINUTES })
    // CloudWatch bills every metric that an alarm reads: three of the queues would cost more than everything else but the key. So the archive
    // itself counts what is visible, in flight and dead after each run, and its run fails when something is left.
    watch(this, 'EvidenceWaits', {
      metric: archive.function.metricErrors({ period: FIVE_MINUTES, statistic: 'Sum' }),
      above: 0,
      times: [3, 3],
      silence: 'bad',
      means:
        'Evidence waits outside the archive, was set aside, the archive does not run, or a message door answered internal_error. Nothing that was kept is lost.',
      told: new Told(this, 'Told', agency.alarmMail).topic,
    })
  }

  #refreshTrust(line: EvidenceLine, records: RecordsTable): void {
    const door = this.#door('refresh-trust', 'RefreshTrust')
    if (!door) return
    line.locked.give(door, { EVIDENCE_BUCKET: line.locked.bucket.bucketName }, { put: ['configurations/'], get: ['configurations/'] })
    records.give(door, { NODE_TABLE: records.table.tableName }, ['trust', 'alarm', 'watch'])
    new Every(this, 'EverySixHours', { door, period: Duration.hours(6) })
  }

  #edges({ consume, provide, key, line, records, parameter }: Inside): void {
    const { agency, environment } = this.#props
    const common = { throttle: agency.throttle, logDays: environment.logDays }
    const provider = provide && new ProviderEdge(this, 'ProviderEdge', { ...common, door: provide })
    const consumer = consume && new ConsumerEdge(this, 'ConsumerEdge', { ...common, door: consume, kind: agency.consumerEdge })
    const zoneRole = `arn:${this.partition}:iam::${environment.account}:role/${namesRole(environment, agency.id)}`
    const edge = this.#door('edge', 'Edge')
    if (edge && provider && consumer) {
      giveEdge(edge, { agency, zoneRole, provider, consumer, line })
      records.give(edge, { NODE_TABLE: records.table.tableName }, ['edge', 'lease'])
      new Every(this, 'EveryHour', { door: edge, period: Duration.hours(1) })
    }
    const enrol = this.#door('enrol', 'Enrol')
    if (!enrol) return
    giveEnrol(enrol, { agency, zoneRole })
    key.giveRead(enrol, { SIGNING_KEY: key.key.keyArn })
    // It sees there what is published of the node: a new certificate is taken up when everybody has it.
    line.locked.give(enrol, { EVIDENCE_BUCKET: line.locked.bucket.bucketName }, { get: ['configurations/'] })
    parameter.giveWrite(enrol, 'AUTHENTICATION_PARAMETER')
    records.give(enrol, { NODE_TABLE: records.table.tableName }, 'all')
    new Every(this, 'EveryDay', { door: enrol, period: Duration.days(1) })
  }
}

type Inside = {
  readonly consume: Door | undefined
  readonly provide: Door | undefined
  readonly key: SigningKey
  readonly line: EvidenceLine
  readonly records: RecordsTable
  readonly parameter: Parameter
}
