import type { WorldPlan } from './plan.ts'
import type { Words } from './troubles.ts'
import type { ContainerFile, WorldView } from './world-view.ts'

/** A story that a world tells: its parties, and steps that each hold or do not. scenarios/<name>/scenario.ts exports one as `scenario`. */
export type Scenario = {
  readonly name: string
  readonly title: Words
  readonly plan: WorldPlan
  readonly steps: readonly Step[]
  /** A call that works, shown to whoever wants to try the world by hand. */
  readonly example?: {
    readonly client: string
    readonly service: string
    readonly path: string
    readonly headers?: Readonly<Record<string, string>>
  }
}

export type Step = {
  /** Its number on the run sheet: '2'. */
  readonly id: string
  readonly title: Words
  readonly run: (world: WorldView) => Promise<StepResult>
}

export type StepResult = {
  readonly held: boolean
  /** What was seen, one sentence. */
  readonly shown: Words
  /** Printed under the step and given as they are in --json: status, code, milliseconds, where files lie. */
  readonly facts?: Readonly<Record<string, string | number | boolean>>
}

export type { ContainerFile, WorldView }
