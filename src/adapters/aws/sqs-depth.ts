import type { Line } from '../../exchange/archive-quiet.ts'
import type { Aws } from './aws.ts'

/** What lies in the evidence queue and among its dead letters. SQS says that it counts approximately. */
export async function lineIn(aws: Pick<Aws, 'ask'>, queue: string, deadLetters: string): Promise<Line> {
  const [line, dead] = [await depthOf(aws, queue), await depthOf(aws, deadLetters)]
  return { ...line, dead: dead.visible + dead.inFlight }
}

export async function depthOf({ ask }: Pick<Aws, 'ask'>, queue: string): Promise<Omit<Line, 'dead'>> {
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible', 'ApproximateNumberOfMessagesDelayed'] as const
  const { Attributes } = await ask<{ Attributes: Readonly<Record<string, string>> }>('GetQueueAttributes', {
    QueueUrl: queue,
    AttributeNames: names,
  })
  const [visible = 0, inFlight = 0, delayed = 0] = names.map((name) => Number(Attributes[name]))
  return { visible: visible + delayed, inFlight }
}
