import { Duration, Tags } from 'aws-cdk-lib'
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'

export type Watch = {
  readonly metric: IMetric
  /** Alarms when more than this was seen … */
  readonly above: number
  /** … in so many of the last so many periods. */
  readonly times: readonly [bad: number, of: number]
  /** Whether silence is bad news: of a schedule it is, of traffic it is not. */
  readonly silence: 'bad' | 'good'
  /** What it means, in a sentence that whoever is woken reads first. */
  readonly means: string
  readonly told: Topic
  /** Where others must find it by name. */
  readonly name?: string
}

/** The one way to make an alarm: with what it means, who is told, and its page in docs/runbook.md under the same name. */
export function watch(scope: Construct, id: string, { metric, above, times, silence, means, told, name }: Watch): Alarm {
  const alarm = new Alarm(scope, id, {
    ...(name === undefined ? {} : { alarmName: name }),
    alarmDescription: `${means} docs/runbook.md#${id.toLowerCase()}`,
    metric,
    threshold: above,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    datapointsToAlarm: times[0],
    evaluationPeriods: times[1],
    treatMissingData: silence === 'bad' ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
  })
  alarm.addAlarmAction(new SnsAction(told))
  alarm.addOkAction(new SnsAction(told))
  Tags.of(alarm).add('service', 'alarms')
  return alarm
}

/** Who is told: one topic a stack, and a mailbox when one is named. */
export class Told extends Construct {
  readonly topic: Topic

  constructor(scope: Construct, id: string, mail: string | null) {
    super(scope, id)
    this.topic = new Topic(this, 'Topic', { enforceSSL: true })
    this.topic.grantPublish(new ServicePrincipal('cloudwatch.amazonaws.com'))
    if (mail !== null) this.topic.addSubscription(new EmailSubscription(mail))
    Tags.of(this).add('service', 'alarms')
    acknowledge(this.topic, {
      'NIST.800.53.R5-SNSEncryptedKMS':
        'An alarm says its name and its state, which are no secret; the key it would need costs as much as the node.',
    })
  }
}

export const FIVE_MINUTES = Duration.minutes(5)
