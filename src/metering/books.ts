import type { Receipt } from './receipt.ts'
import type { SharedCharge } from './shared-costs.ts'
import type { Books } from './statement-json.ts'

/** What is on the books of the nodes of one exchange: receipts, standing costs, how days close, and what has no counterpart. */
export type MonthBooks = Books & {
  readonly receipts: readonly (Receipt & { readonly node: string })[]
  readonly shared: readonly SharedCharge[]
}
