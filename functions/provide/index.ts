import { awsFromEnvironment, machineNow, RUNTIME_SETTINGS } from '../../src/adapters/aws/environment.ts'
import { jsonLog } from '../../src/adapters/aws/json-log.ts'
import { signWithKms } from '../../src/adapters/aws/kms-sign.ts'
import { nodeInAws } from '../../src/adapters/aws/node.ts'
import { keepInQueue } from '../../src/adapters/aws/sqs-keep.ts'
import { callServiceOverHttp } from '../../src/adapters/http/call-service.ts'
import { MINUTE } from '../../src/base/clock.ts'
import { owedPayer } from '../../src/exchange/life/owed.ts'
import { noteBug } from '../../src/exchange/noted-bugs.ts'
import { PUBLIC_ONLY } from '../../src/exchange/reach/reach.ts'
import { besideOwed } from '../beside-owed.ts'
import { door } from '../door.ts'
import { readSettings } from '../settings.ts'
import { provideBug, provideHandler } from './handler.ts'
import { PROVIDE_SETTINGS } from './settings.ts'

const settings = readSettings([...PROVIDE_SETTINGS, ...RUNTIME_SETTINGS], process.env)
const { log, logContext } = jsonLog((line) => process.stdout.write(line), machineNow)
const aws = awsFromEnvironment(process.env)
const node = nodeInAws({ aws, table: settings.NODE_TABLE, bucket: settings.EVIDENCE_BUCKET, now: machineNow, log })

/** A record is in sight once the archive, which is called every five minutes, has taken it. */
const IN_SIGHT_WITHIN = 15 * MINUTE

const ports = {
  ...node,
  journal: { getLocked: node.getLocked, listLocked: node.listLocked, peek: async () => [], lateMs: IN_SIGHT_WITHIN },
  sign: signWithKms(aws),
  keep: keepInQueue(aws, settings.EVIDENCE_QUEUE, node.putLocked),
  callService: callServiceOverHttp({ reach: async () => (await node.configuration()).reach ?? PUBLIC_ONLY }),
}

/** The provider's door in AWS. It pays what is owed, too: a node that is only asked still renews its certificates. */
export const handler = door(besideOwed(provideHandler(ports), owedPayer(ports), log), {
  log,
  logContext,
  answerBug: provideBug,
  noteBug: () => noteBug('provide', machineNow(), node.store),
})
