import { awsFromEnvironment, machineNow, RUNTIME_SETTINGS } from '../../src/adapters/aws/environment.ts'
import { jsonLog } from '../../src/adapters/aws/json-log.ts'
import { signWithKms } from '../../src/adapters/aws/kms-sign.ts'
import { nodeInAws } from '../../src/adapters/aws/node.ts'
import { keepInQueue } from '../../src/adapters/aws/sqs-keep.ts'
import { keyInParameter } from '../../src/adapters/aws/ssm-key.ts'
import { callPeerOverTls } from '../../src/adapters/http/call-peer.ts'
import { owedPayer } from '../../src/exchange/life/owed.ts'
import { MOST_MESSAGE } from '../../src/exchange/limits.ts'
import { noteBug } from '../../src/exchange/noted-bugs.ts'
import { besideOwed } from '../beside-owed.ts'
import { door } from '../door.ts'
import { readSettings } from '../settings.ts'
import { consumeBug, consumeHandler } from './handler.ts'
import { withLocalServices } from './local-services.ts'
import { CONSUME_SETTINGS } from './settings.ts'

const settings = readSettings([...CONSUME_SETTINGS, ...RUNTIME_SETTINGS], process.env)
const { log, logContext } = jsonLog((line) => process.stdout.write(line), machineNow)
const aws = awsFromEnvironment(process.env)
const node = nodeInAws({ aws, table: settings.NODE_TABLE, bucket: settings.EVIDENCE_BUCKET, now: machineNow, log })
const keyOf = keyInParameter(aws, settings.AUTHENTICATION_PARAMETER, machineNow)

const ports = {
  ...node,
  sign: signWithKms(aws),
  keep: keepInQueue(aws, settings.EVIDENCE_QUEUE, node.putLocked),
  callPeer: callPeerOverTls({
    credentials: async () => {
      const { certificate, intermediates } = (await node.configuration()).authentication
      return { key: await keyOf(certificate), certificates: [certificate, ...intermediates] }
    },
    mostBytes: MOST_MESSAGE,
  }),
}

/** The consumer's door in AWS. What the node owes its centre is signed and sent beside a message. */
export const handler = door(withLocalServices(node, besideOwed(consumeHandler(ports), owedPayer(ports), log)), {
  log,
  logContext,
  answerBug: consumeBug,
  noteBug: () => noteBug('consume', machineNow(), node.store),
})
