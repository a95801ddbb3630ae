import { randomUUID } from 'node:crypto'
import { awsFromEnvironment, machineNow, RUNTIME_SETTINGS } from '../../src/adapters/aws/environment.ts'
import { jsonLog } from '../../src/adapters/aws/json-log.ts'
import { nodeInAws } from '../../src/adapters/aws/node.ts'
import { lineIn } from '../../src/adapters/aws/sqs-depth.ts'
import { drainedLine, drainedQueue } from '../../src/adapters/aws/sqs-drain.ts'
import { stampOverHttp } from '../../src/adapters/http/stamp.ts'
import { SECOND } from '../../src/base/clock.ts'
import { archiveWhenNeeded } from '../../src/exchange/archive-quiet.ts'
import { keepAllowances } from '../../src/exchange/node-allowances.ts'
import { type DoorContext, door } from '../door.ts'
import { readSettings } from '../settings.ts'
import { archiveHandler } from './handler.ts'
import { pricesHere } from './prices.ts'
import { ARCHIVE_SETTINGS } from './settings.ts'

/** For one file of the archive, which may have 32 MiB. */
const FILE_MS = 30 * SECOND

const settings = readSettings([...ARCHIVE_SETTINGS, ...RUNTIME_SETTINGS], process.env)
const { log, logContext } = jsonLog((line) => process.stdout.write(line), machineNow)
const aws = awsFromEnvironment(process.env)
const node = nodeInAws({ aws, table: settings.NODE_TABLE, bucket: settings.EVIDENCE_BUCKET, bucketMs: FILE_MS, now: machineNow, log })
const queue = (url: string) => drainedQueue(aws, url, node.getLocked)
/** How many dead letters there were at the last look. */
let dead = 0
const ports = {
  ...node,
  ...drainedLine(queue(settings.EVIDENCE_QUEUE), queue(settings.EVIDENCE_DEAD_LETTERS), () => dead > 0),
  stamp: stampOverHttp(node.fetchUrl, node.trust, log),
}
const archiving = archiveHandler(ports, randomUUID())
const spending = {
  tariff: () => pricesHere(settings.AWS_REGION, machineNow()),
  edge: settings.CONSUMER_EDGE === 'http' ? 'http' : 'rest',
  doors: Number(settings.CONSUME_DOORS),
} as const
const run = async (event: unknown, context?: DoorContext) => {
  const done = await archiving(event, context)
  await keepAllowances(node, spending)
  return done
}
const look = async () => {
  const line = await lineIn(aws, settings.EVIDENCE_QUEUE, settings.EVIDENCE_DEAD_LETTERS)
  dead = line.dead
  return line
}

/** The evidence line in AWS, called by a schedule. Fails after its work is done when something waits for a person. */
export const handler = door((event: unknown, context?: DoorContext) => archiveWhenNeeded(() => run(event, context), { ...node, look }), {
  log,
  logContext,
})
