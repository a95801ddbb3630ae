import { membersIn, type Operator, textIn } from '../../adapters/aws/operator.ts'
import { pause } from './stack-steps.ts'

export type Change = {
  readonly action: 'Add' | 'Modify' | 'Remove' | string
  readonly type: string
  readonly logical: string
  /** 'True', 'Conditional': a modification makes a new one in its place. */
  readonly replaced: string
}
export type ChangeSet = { readonly status: string; readonly reason: string; readonly changes: readonly Change[] }

/** What a change set would do; `status` 'FAILED' with a reason when there is nothing to do. */
export async function changesIn(stack: string, name: string, { form }: Operator): Promise<ChangeSet> {
  for (;;) {
    const fields = { StackName: stack, ChangeSetName: name }
    const first = await form('DescribeChangeSet', fields)
    const status = textIn(first, 'Status') ?? ''
    if (/PENDING|IN_PROGRESS/.test(status)) {
      await pause(1000)
      continue
    }
    const changes: Change[] = []
    for (let page = first, next: string | undefined; ; page = await form('DescribeChangeSet', { ...fields, NextToken: next })) {
      changes.push(...membersIn(page, 'Changes').map(readChange))
      next = textIn(page, 'NextToken')
      if (!next) break
    }
    return { status, reason: textIn(first, 'StatusReason') ?? '', changes }
  }
}

const readChange = (xml: string): Change => ({
  action: textIn(xml, 'Action') ?? '',
  type: textIn(xml, 'ResourceType') ?? '',
  logical: textIn(xml, 'LogicalResourceId') ?? '',
  replaced: textIn(xml, 'Replacement') ?? 'False',
})

/** What holds evidence, or what it is proved by: no upgrade takes one away or puts another in its place. */
const HOLDS = new Set(['AWS::KMS::Key', 'AWS::S3::Bucket', 'AWS::SQS::Queue', 'AWS::DynamoDB::Table'])
export const endangers = ({ action, type, replaced }: Change): boolean => HOLDS.has(type) && (action === 'Remove' || replaced !== 'False')
