import { randomBytes } from 'node:crypto'
import { CENTRE_MS, centreInAws } from '../../src/adapters/aws/centre.ts'
import { awsFromEnvironment, machineNow, RUNTIME_SETTINGS } from '../../src/adapters/aws/environment.ts'
import { jsonLog } from '../../src/adapters/aws/json-log.ts'
import { CENTRE_API } from '../../src/exchange/centre/api/centre-api.ts'
import { withCosts } from '../../src/exchange/costs/costs-api.ts'
import { pricesHere } from '../archive/prices.ts'
import { askedBug } from '../asked.ts'
import { door } from '../door.ts'
import { readSettings } from '../settings.ts'
import { booksElsewhere } from './books.ts'
import { adminHandler } from './handler.ts'
import { ADMIN_SETTINGS } from './settings.ts'

const settings = readSettings([...ADMIN_SETTINGS, ...RUNTIME_SETTINGS], process.env)
const { log, logContext } = jsonLog((line) => process.stdout.write(line), machineNow)
const ports = {
  ...centreInAws(awsFromEnvironment(process.env, CENTRE_MS), {
    table: settings.REGISTRY_TABLE,
    bucket: settings.PUBLICATION_BUCKET,
    now: machineNow,
    log,
  }),
  newSecret: () => randomBytes(32).toString('base64url'),
  /** What was done counts with the next question for the configuration: its own door, which alone may sign it, looks before it answers. */
  publish: async () => {},
  peopleIssuer: settings.PEOPLE_ISSUER,
  root: '/admin',
}
const costs = { tariff: async () => pricesHere(settings.AWS_REGION, machineNow()), books: booksElsewhere }

/** The administration of the centre in AWS, for people whom the gateway knows by name. */
export const handler = door(adminHandler(ports, withCosts(CENTRE_API, costs)), { log, logContext, answerBug: askedBug })
