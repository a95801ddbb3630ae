import { type Operator, refusal } from '../../adapters/aws/operator.ts'
import { Busy } from '../../exchange/busy.ts'
import { invoke } from './enrol.ts'
import { pause, type Resource, resourceOf } from './stack-steps.ts'

export type Drained = { readonly clear: boolean; readonly why: string; readonly sealed: number }

const FUNCTION = 'AWS::Lambda::Function'
/** What takes calls in, and what would bring names back that are being taken away. */
const TO_CLOSE = ['Consume', 'Provide', 'Edge', 'Enrol'] as const
/** The longest that a call lasts at the edge: after it nothing that was begun before the doors were closed is under way. */
const LONGEST_CALL = 30_000
const TIMES = 20
const BETWEEN = 15_000

/** No call is taken in any more; a deployment opens the doors again. */
export async function closeDoors(resources: readonly Resource[], { path }: Operator): Promise<void> {
  for (const door of TO_CLOSE) {
    const name = resourceOf(resources, FUNCTION, door)?.physical
    if (!name) continue
    const body = JSON.stringify({ ReservedConcurrentExecutions: 0 })
    const answer = await path('PutFunctionConcurrency', `/2017-10-31/functions/${name}/concurrency`, {
      body,
      contentType: 'application/json',
    })
    if (answer.status !== 200) throw refusal('PutFunctionConcurrency', answer)
  }
}

/** Until whatever was begun before the doors were closed has come to its end. */
export const callsEnded = (): Promise<void> => pause(LONGEST_CALL)

/**
 * Runs the archive until it has nothing left, and looks itself whether both queues are empty. A run of the schedule's that is under way is waited for.
 * @param began when the command began: what the archive told before that has been heard, and lies under lock
 */
export async function drain(resources: readonly Resource[], operator: Operator, began: number): Promise<Drained> {
  const archive = resourceOf(resources, FUNCTION, 'Archive')
  if (!archive) return { clear: false, why: 'there is no archive', sealed: 0 }
  let sealed = 0
  let why = ''
  for (let time = 0; time < TIMES; time++) {
    const run = await runOnce(archive.physical, operator, began)
    sealed += run.sealed
    why = run.why
    const left = why === '' ? await waitingIn(resources, operator) : 0
    if (why === '' && left === 0) return { clear: true, why: '', sealed }
    if (run.hopeless) break
    if (left > 0) why = `${left} in the queues`
    await pause(BETWEEN)
  }
  return { clear: false, why, sealed }
}

type Run = { readonly sealed: number; readonly why: string; readonly hopeless?: boolean }

/** The archive's own word; what it throws is what waits for a person. */
async function runOnce(archive: string, operator: Operator, began: number): Promise<Run> {
  const done = await invoke(operator, archive, {}).catch((problem: Error) => {
    if (problem instanceof Busy) return undefined
    throw problem
  })
  if (done === undefined) return { sealed: 0, why: 'another run is under way' }
  if (!done.ok && wasToldBefore(done.why, began)) return { sealed: 0, why: '' }
  // Held by a run that died: it comes again. Everything else it says waits for a person.
  if (!done.ok) return { sealed: 0, why: done.why, hopeless: !/held by a run|none was to be had|more than one call/.test(done.why) }
  if (done.result === 'quiet') return { sealed: 0, why: '' }
  const { busy, more, sealed, waiting } = done.result as {
    busy: boolean
    more: boolean
    sealed: number
    waiting?: { path: readonly string[] }
  }
  return { sealed, why: busy ? 'another run is under way' : more ? 'more than one call could do' : (waiting?.path.join('.') ?? '') }
}

/** The archive repeats for a while what is over: when it was first told, it says. */
function wasToldBefore(why: string, began: number): boolean {
  const [, what = '', at = ''] = /^the line is not clear: ([^;]*) \((\d{4}-\S+Z)\)$/.exec(why) ?? []
  return /set aside|internal_error/.test(what) && Date.parse(at) < began
}

async function waitingIn(resources: readonly Resource[], { json }: Operator): Promise<number> {
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible', 'ApproximateNumberOfMessagesDelayed']
  let left = 0
  for (const { physical } of resources.filter(({ type }) => type === 'AWS::SQS::Queue')) {
    const { Attributes } = await json<{ Attributes: Record<string, string> }>('GetQueueAttributes', {
      QueueUrl: physical,
      AttributeNames: names,
    })
    left += names.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0)
  }
  return left
}
