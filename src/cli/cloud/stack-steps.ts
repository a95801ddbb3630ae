import { membersIn, type Operator, textIn } from '../../adapters/aws/operator.ts'
import { type Stack, stackNamed } from './state.ts'

const LOOK_AGAIN = 3000
const LONGEST = 60 * 60_000
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** A stack once nothing is under way in it; undefined: there is none. Throws after an hour. */
export async function settledStack(name: string, operator: Operator): Promise<Stack | undefined> {
  for (const until = performance.now() + LONGEST; performance.now() < until; await pause(LOOK_AGAIN)) {
    const stack = await stackNamed(name, operator)
    if (!stack || stack.status === 'DELETE_COMPLETE') return undefined
    if (!stack.status.endsWith('_IN_PROGRESS') || stack.status === 'REVIEW_IN_PROGRESS') return stack
  }
  throw new Error(`${name} is still under way after an hour`)
}

export const setProtection = ({ form }: Operator, name: string, on: boolean): Promise<unknown> =>
  form('UpdateTerminationProtection', { StackName: name, EnableTerminationProtection: String(on) })

/** A first creation that failed leaves a stack that can only be taken away; whatever holds evidence stays. */
export const NEVER_MADE = /^(ROLLBACK_COMPLETE|CREATE_FAILED|ROLLBACK_FAILED)$/

/** Makes a stack ready to be deployed: waits for what is under way, and opens one that was never made, so that it can be made anew. */
export async function readyStack(name: string, operator: Operator): Promise<'new' | 'there' | 'begun anew'> {
  const stack = await settledStack(name, operator)
  if (!stack) return 'new'
  if (!NEVER_MADE.test(stack.status)) return 'there'
  if (stack.protected) await setProtection(operator, name, false)
  return 'begun anew'
}

export type Resource = { readonly type: string; readonly logical: string; readonly physical: string; readonly status: string }

export async function resourcesOf(name: string, { form }: Operator): Promise<readonly Resource[]> {
  const xml = await form('DescribeStackResources', { StackName: name })
  return membersIn(xml, 'StackResources').map((each) => ({
    type: textIn(each, 'ResourceType') ?? '',
    logical: textIn(each, 'LogicalResourceId') ?? '',
    physical: textIn(each, 'PhysicalResourceId') ?? '',
    status: textIn(each, 'ResourceStatus') ?? '',
  }))
}

/** The one resource of a type whose logical id begins so. */
export const resourceOf = (resources: readonly Resource[], type: string, begins = ''): Resource | undefined =>
  resources.find((each) => each.type === type && each.logical.startsWith(begins))
