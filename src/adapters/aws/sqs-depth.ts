import type { Aws } from './aws.ts'

/** How many messages lie in a queue, visible, in flight and delayed together. SQS says that it counts approximately. */
export async function depthOf({ ask }: Pick<Aws, 'ask'>, queue: string): Promise<number> {
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible', 'ApproximateNumberOfMessagesDelayed']
  const { Attributes } = await ask<{ Attributes: Readonly<Record<string, string>> }>('GetQueueAttributes', {
    QueueUrl: queue,
    AttributeNames: names,
  })
  return names.reduce((sum, name) => sum + Number(Attributes[name]), 0)
}
