import { CENTRE_MS, newSerial } from '../../src/adapters/aws/centre.ts'
import { dynamoStore } from '../../src/adapters/aws/dynamo-store.ts'
import { awsFromEnvironment, machineNow, RUNTIME_SETTINGS } from '../../src/adapters/aws/environment.ts'
import { jsonLog } from '../../src/adapters/aws/json-log.ts'
import { signByRole } from '../../src/adapters/aws/kms-role-keys.ts'
import { STAMP_POLICY } from '../../src/exchange/centre/stamp-policy.ts'
import { askedBug } from '../asked.ts'
import { door } from '../door.ts'
import { readSettings } from '../settings.ts'
import { tsaHandler } from './handler.ts'
import { TSA_SETTINGS } from './settings.ts'

const settings = readSettings([...TSA_SETTINGS, ...RUNTIME_SETTINGS], process.env)
const { log, logContext } = jsonLog((line) => process.stdout.write(line), machineNow)
const aws = awsFromEnvironment(process.env, CENTRE_MS)

/** The time-stamping authority in AWS. */
export const handler = door(
  tsaHandler({
    store: dynamoStore(aws, settings.REGISTRY_TABLE),
    sign: signByRole(aws, { tsa: settings.TSA_KEY }),
    now: machineNow,
    newSerial,
    policy: STAMP_POLICY,
  }),
  { log, logContext, answerBug: askedBug },
)
