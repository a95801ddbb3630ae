import type { ConfigurationFigures } from './configuration.ts'
import type { DoorFigures } from './doors.ts'
import type { ExchangeFigures } from './exchange.ts'
import type { Growth } from './growth.ts'
import type { SealingFigures } from './sealing.ts'
import type { StepFigures } from './steps.ts'
import type { TailFigures } from './tail.ts'
import type { ThroughputFigures } from './throughput/run.ts'

/** What one run of the bench found, part by part. */
export type Figures = {
  readonly machine: string
  readonly at: string
  readonly exchange?: ExchangeFigures
  readonly steps?: StepFigures
  readonly sealing?: SealingFigures
  readonly growth?: readonly Growth[]
  readonly tail?: TailFigures
  readonly configuration?: readonly ConfigurationFigures[]
  readonly doors?: readonly DoorFigures[]
  readonly throughput?: ThroughputFigures
}
