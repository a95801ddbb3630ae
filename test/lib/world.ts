import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Bundles } from '../../lib/bundle.ts'
import type { Exchange } from '../../lib/config/exchange.ts'
import { readConfig } from '../../lib/config/read-config.ts'
import { DOOR_NAMES, type DoorName } from '../../lib/doors.ts'
import { type Synthesized, synthesize } from '../../lib/synth.ts'

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export const smallest = {
  instance: 'QRO',
  domain: 'intercambio.queretaro.example',
  environments: { test: { account: '111111111111' } },
  agencies: [
    { id: 'sedesoq', member: 'GOB/SEDESOQ' },
    { id: 'dif', member: 'GOB/DIF' },
  ],
}

/** The exchange of a configuration that must be right. */
export function exchangeFrom(config: unknown): Exchange {
  const exchange = readConfig(config)
  if (!exchange.ok) throw new Error(JSON.stringify(exchange.fault))
  return exchange.value
}

export const manyAgencies = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `agency-${index + 1}`, member: `GOB/A${index + 1}` }))

const folder = mkdtempSync(join(tmpdir(), 'sacbe-lib-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

/** Every door of the table, written or not: what the stacks are with all of them. Their code is not what these tests are about. */
export function everyDoor(doors: readonly DoorName[] = DOOR_NAMES): Bundles {
  return new Map(
    doors.map((door) => {
      const at = join(folder, 'bundles', door)
      mkdirSync(at, { recursive: true })
      writeFileSync(join(at, 'index.mjs'), `// ${door}\n`)
      return [door, at]
    }),
  )
}

let made = 0
/** Synthesizes; throws with the findings when a rule pack has one. */
export const synthesized = (config: unknown, bundles: Bundles = everyDoor()) =>
  synthesize(exchangeFrom(config), bundles, join(folder, `out-${made++}`), ROOT)

type Made = ReturnType<typeof synthesized>
const once = (make: () => Made): (() => Made) => {
  let it: Made | undefined
  return () => {
    it ??= make()
    return it
  }
}

/** Two agencies in both environments, one of them in production in its own account, every door. Made once. */
export const twoAgencies = once(() =>
  synthesized({
    ...smallest,
    alarmMail: 'guardia@queretaro.example',
    environments: { test: { account: '111111111111' }, production: { account: '222222222222', retentionYears: 12 } },
    agencies: [
      { id: 'sedesoq', member: 'GOB/SEDESOQ', accounts: { production: '333333333333' } },
      { id: 'dif', member: 'GOB/DIF', consumerEdge: 'http' },
      { id: 'salud', member: 'GOB/SALUD' },
    ],
  }),
)

/** Sixty agencies in one account, every door. Made once. */
export const sixtyAgencies = once(() => synthesized({ ...smallest, agencies: manyAgencies(60) }))

/** The resources of a type, each with its stage and logical id. */
export function resourcesOf(templates: readonly Synthesized[], type: string) {
  return templates.flatMap(({ stage, template }) =>
    Object.entries(template.Resources)
      .filter(([, { Type }]) => Type === type)
      .map(([id, resource]) => ({ stage, id, ...resource, properties: (resource.Properties ?? {}) as Record<string, unknown> })),
  )
}

export type Statement = {
  readonly Sid?: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Action?: string | readonly string[]
  readonly NotAction?: string | readonly string[]
  readonly Resource?: unknown
  readonly NotResource?: unknown
  readonly Principal?: unknown
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}
export const listOf = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T]
export const statementsOf = (document: unknown): readonly Statement[] =>
  listOf((document as { Statement?: Statement | Statement[] } | undefined)?.Statement)
