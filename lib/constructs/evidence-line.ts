import { Duration, RemovalPolicy, Tags } from 'aws-cdk-lib'
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import type { Lock } from '../config/exchange.ts'
import { doorRow } from '../doors.ts'
import type { Door } from './door.ts'
import { allBut, deployRole } from './except.ts'
import { LockedBucket } from './locked-bucket.ts'

const FORTNIGHT = Duration.days(14)
/** Longer than a run: a record that one run holds is not handed to the next. */
const HELD = Duration.seconds(doorRow('archive').seconds + 300)
/** At a receive every 15 minutes these are ten days: what lands among the dead letters has failed for long, and is alarmed either way. */
const MOST_RECEIVES = 1000

export type EvidenceLineProps = {
  readonly lock: Lock
  /** The doors that keep records. */
  readonly keepers: readonly Door[]
  /** The one that takes them out, when it is there. */
  readonly archive: Door | undefined
}

/**
 * Where what was said is kept: a queue that only the message doors fill and only the archive empties, and the locked bucket behind it.
 * The queue is transit, never the log; nobody purges it.
 */
export class EvidenceLine extends Construct {
  readonly queue: Queue
  readonly deadLetters: Queue
  readonly locked: LockedBucket

  constructor(scope: Construct, id: string, { lock, keepers, archive }: EvidenceLineProps) {
    super(scope, id)
    const common = {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: FORTNIGHT,
      removalPolicy: RemovalPolicy.RETAIN,
    }
    this.deadLetters = new Queue(this, 'DeadLetters', { ...common, visibilityTimeout: HELD })
    this.queue = new Queue(this, 'Queue', {
      ...common,
      visibilityTimeout: HELD,
      maxMessageSizeBytes: 1024 * 1024,
      receiveMessageWaitTime: Duration.seconds(1),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: MOST_RECEIVES },
    })
    this.locked = new LockedBucket(this, 'Locked', { lock, cold: ['archive/', 'journal/', 'staging/'] })
    const drainers = archive ? [archive.role.roleArn] : []
    close(this.queue, { send: allBut(keepers.map(({ role }) => role.roleArn)), drainers })
    close(this.deadLetters, { send: NO_PERSON, drainers })
    Tags.of(this).add('service', 'evidence')
  }

  /** Lets a message door keep records: in the queue, large bodies under staging/ first. */
  giveKeep(door: Door): void {
    door.give(
      { EVIDENCE_QUEUE: this.queue.queueUrl },
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.queue.queueArn] }),
    )
    this.locked.give(
      door,
      { EVIDENCE_BUCKET: this.locked.bucket.bucketName },
      { put: ['staging/', 'configurations/'], get: ['staging/', 'configurations/'] },
    )
  }

  /** Lets the provider's door answer questions about operation: from what the archive noted, never from what was said. */
  giveOperations(door: Door): void {
    this.locked.give(door, {}, { get: ['operations/'] })
  }

  /**
   * Lets the archive take records out, the dead letters too, and write what it makes of them. It may list the whole bucket: to who may not,
   * S3 answers 403 instead of 404 for a name that is not there, and the archive asks for names that are not there yet.
   */
  giveArchive(door: Door): void {
    door.give(
      { EVIDENCE_QUEUE: this.queue.queueUrl, EVIDENCE_DEAD_LETTERS: this.deadLetters.queueUrl },
      new PolicyStatement({
        actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
        resources: [this.queue.queueArn, this.deadLetters.queueArn],
      }),
    )
    const put = ['journal/', 'operations/', 'seals/', 'archive/', 'receipts/', 'set-aside/', 'configurations/']
    this.locked.give(door, { EVIDENCE_BUCKET: this.locked.bucket.bucketName }, { put, get: [...put, 'staging/'], list: [''] })
  }
}

type Condition = Record<string, Record<string, unknown>>
/** SQS itself moves dead letters; no role and no user puts any there. */
const NO_PERSON: Condition = { Bool: { 'aws:PrincipalIsAWSService': 'false' } }

function close(queue: Queue, { send, drainers }: { readonly send: Condition; readonly drainers: readonly string[] }): void {
  const deny = (sid: string, actions: string[], conditions: Condition) =>
    queue.addToResourcePolicy(
      new PolicyStatement({ sid, effect: Effect.DENY, principals: [new AnyPrincipal()], actions, resources: [queue.queueArn], conditions }),
    )
  deny('OnlyMessageDoorsSend', ['sqs:SendMessage'], send)
  deny('OnlyTheArchiveTakesOut', ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'], allBut(drainers))
  deny('NobodyPurges', ['sqs:PurgeQueue'], {})
  deny(
    'OnlyDeploymentsChangeRules',
    ['sqs:DeleteQueue', 'sqs:SetQueueAttributes', 'sqs:AddPermission', 'sqs:RemovePermission', 'sqs:StartMessageMoveTask'],
    allBut([deployRole(queue)]),
  )
}
