import { randomUUID } from 'node:crypto'
import { apiDomains } from '../../src/adapters/aws/api-domains.ts'
import { PATIENT_MS } from '../../src/adapters/aws/aws.ts'
import { dynamoStore } from '../../src/adapters/aws/dynamo-store.ts'
import { awsFromEnvironment, machineNow, RUNTIME_SETTINGS } from '../../src/adapters/aws/environment.ts'
import { jsonLog } from '../../src/adapters/aws/json-log.ts'
import { lockedBucket } from '../../src/adapters/aws/s3-locked.ts'
import { zoneNames } from '../../src/adapters/aws/zone-names.ts'
import { SECOND } from '../../src/base/clock.ts'
import { authoritiesAtEdges } from '../../src/exchange/edge/authorities.ts'
import { lastTrust } from '../../src/exchange/trust-refresh.ts'
import { door } from '../door.ts'
import { readSettings } from '../settings.ts'
import { edgeHandler, placesFrom } from './handler.ts'
import { EDGE_SETTINGS } from './settings.ts'

/** Agencies of one account wait for their turn, not all to the same moment. */
const SPREAD = 5 * SECOND

const settings = readSettings([...EDGE_SETTINGS, ...RUNTIME_SETTINGS], process.env)
const { log, logContext } = jsonLog((line) => process.stdout.write(line), machineNow)
const aws = awsFromEnvironment(process.env)
const store = dynamoStore(aws, settings.NODE_TABLE)
const files = lockedBucket(aws, settings.EVIDENCE_BUCKET, PATIENT_MS)
const write = zoneNames(aws, settings.NAMES_ROLE)

const ports = {
  ...apiDomains(aws, settings.EVIDENCE_BUCKET),
  store,
  putLocked: files.putLocked,
  places: placesFrom(settings.NODE_DOMAINS, settings.PROVIDER_API, settings.CONSUMER_API),
  authorities: authoritiesAtEdges(store, async () => (await lastTrust({ store, ...files }))?.trust),
  point: (zone: string, name: string, target: { host: string; zone: string }) => write(zone, { kind: 'alias', name, ...target }),
  now: machineNow,
  wait: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms + Math.random() * SPREAD)),
  log,
}

/** The reconciler of a node's domains in AWS, called by a schedule. */
export const handler = door(edgeHandler(ports, randomUUID()), { log, logContext })
