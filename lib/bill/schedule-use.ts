import { type DoorName, doorRow } from '../doors.ts'
import type { Template } from '../synth.ts'
import { IDLE_RUNS } from './idle-runs.ts'
import type { Use } from './use.ts'

const HOURS_A_MONTH = 730
const GB = 1_000_000_000
const MEGABYTES_OF_A_GB = 1024

/** The calls of a schedule and all that they use. undefined: it calls something whose runs nobody counted. */
export function scheduleUse(properties: Readonly<Record<string, unknown>>, template: Template): readonly Use[] | undefined {
  const runs = runsAMonth(String(properties.ScheduleExpression))
  const door = doorOf(properties.Target as { Arn: unknown }, template)
  const run = door && IDLE_RUNS[door]
  if (runs === undefined || !door || !run) return undefined
  const times = (price: Use['price'], each = 0): Use => ({ price, quantity: each * runs })
  return [
    times('eb.scheduler', 1),
    times('lambda.req', 1),
    times('lambda.arm.t1', (doorRow(door).memory / MEGABYTES_OF_A_GB) * (run.ms / 1000)),
    times('cwl.std', run.logBytes / GB),
    times('sqs.std.t1', run.queueRequests),
    times('ddb.rru', run.tableReads),
    times('ddb.wru', run.tableWrites),
    times('s3.put', run.bucketPuts),
    times('s3.get', run.bucketGets),
    times('kms.rsa2048.req', run.signatures),
  ]
}

function runsAMonth(expression: string): number | undefined {
  const [, every, unit] = /^rate\((\d+) (minute|hour)s?\)$/.exec(expression) ?? []
  if (every === undefined) return undefined
  return (unit === 'hour' ? HOURS_A_MONTH : HOURS_A_MONTH * 60) / Number(every)
}

/** The door behind a schedule: its target is an alias of a function that bears the door's name as a tag. */
function doorOf({ Arn }: { Arn: unknown }, { Resources }: Template): DoorName | undefined {
  const alias = Resources[String((Arn as { Ref?: string }).Ref)]
  const made = Resources[String((alias?.Properties?.FunctionName as { Ref?: string } | undefined)?.Ref)]
  const tags = (made?.Properties?.Tags ?? []) as { Key: string; Value: string }[]
  return tags.find(({ Key }) => Key === 'service')?.Value as DoorName | undefined
}
