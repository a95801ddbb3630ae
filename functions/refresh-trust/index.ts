import { awsFromEnvironment, machineNow, RUNTIME_SETTINGS } from '../../src/adapters/aws/environment.ts'
import { jsonLog } from '../../src/adapters/aws/json-log.ts'
import { nodeInAws } from '../../src/adapters/aws/node.ts'
import { door } from '../door.ts'
import { readSettings } from '../settings.ts'
import { refreshTrustHandler } from './handler.ts'
import { REFRESH_TRUST_SETTINGS } from './settings.ts'

const settings = readSettings([...REFRESH_TRUST_SETTINGS, ...RUNTIME_SETTINGS], process.env)
const { log, logContext } = jsonLog((line) => process.stdout.write(line), machineNow)
const place = { table: settings.NODE_TABLE, bucket: settings.EVIDENCE_BUCKET, now: machineNow, log }

/** Keeps a node's global configuration fresh, called by a schedule. */
export const handler = door(refreshTrustHandler(nodeInAws({ aws: awsFromEnvironment(process.env), ...place })), { log, logContext })
