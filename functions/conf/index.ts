import { CENTRE_MS, centreInAws } from '../../src/adapters/aws/centre.ts'
import { awsFromEnvironment, machineNow, RUNTIME_SETTINGS } from '../../src/adapters/aws/environment.ts'
import { jsonLog } from '../../src/adapters/aws/json-log.ts'
import { publicKeyByRole, signByRole } from '../../src/adapters/aws/kms-role-keys.ts'
import { USUAL_TERMS } from '../../src/exchange/centre/authority-schedule.ts'
import { askedBug, type Called, isAsked } from '../asked.ts'
import { door } from '../door.ts'
import type { GatewayEvent, GatewayResult } from '../http.ts'
import { readSettings } from '../settings.ts'
import { confHandler, type Published, publishHandler } from './handler.ts'
import { CONF_SETTINGS } from './settings.ts'

const settings = readSettings([...CONF_SETTINGS, ...RUNTIME_SETTINGS], process.env)
const { log, logContext } = jsonLog((line) => process.stdout.write(line), machineNow)
const aws = awsFromEnvironment(process.env, CENTRE_MS)
const keys = { configuration: settings.CONFIGURATION_KEY }
const ports = {
  ...centreInAws(aws, { table: settings.REGISTRY_TABLE, bucket: settings.PUBLICATION_BUCKET, now: machineNow, log }),
  instance: settings.INSTANCE,
  sign: signByRole(aws, keys),
  makeKey: publicKeyByRole(aws, keys),
  terms: USUAL_TERMS,
}
const answer = confHandler(ports, '')
const publishing = publishHandler(ports)

/** The door of the global configuration in AWS: everybody reads, a schedule signs anew. */
export const handler = door<GatewayEvent | Called, GatewayResult | Published>(
  async (event) => (isAsked(event) ? answer(event) : publishing(event)),
  { log, logContext, answerBug: askedBug },
)
