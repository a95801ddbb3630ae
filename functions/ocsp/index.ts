import { CENTRE_MS, centreInAws } from '../../src/adapters/aws/centre.ts'
import { awsFromEnvironment, machineNow, RUNTIME_SETTINGS } from '../../src/adapters/aws/environment.ts'
import { jsonLog } from '../../src/adapters/aws/json-log.ts'
import { signByRole } from '../../src/adapters/aws/kms-role-keys.ts'
import type { Presigned } from '../../src/exchange/centre/ocsp-presigned.ts'
import { askedBug, type Called, isAsked } from '../asked.ts'
import { door } from '../door.ts'
import type { GatewayEvent, GatewayResult } from '../http.ts'
import { readSettings } from '../settings.ts'
import { ocspHandler, presignHandler } from './handler.ts'
import { OCSP_SETTINGS } from './settings.ts'

const settings = readSettings([...OCSP_SETTINGS, ...RUNTIME_SETTINGS], process.env)
const { log, logContext } = jsonLog((line) => process.stdout.write(line), machineNow)
const aws = awsFromEnvironment(process.env, CENTRE_MS)
const centre = centreInAws(aws, { table: settings.REGISTRY_TABLE, bucket: settings.PUBLICATION_BUCKET, now: machineNow, log })
const ports = { ...centre, locked: centre, sign: signByRole(aws, { ocsp: settings.OCSP_KEY }) }
const answer = ocspHandler(ports)
const signBefore = presignHandler(ports)

/** The OCSP responder in AWS: nodes ask it, a schedule signs before they do. */
export const handler = door<GatewayEvent | Called, GatewayResult | Presigned>(
  async (event, context) => (isAsked(event) ? answer(event) : signBefore(event, context)),
  { log, logContext, answerBug: askedBug },
)
