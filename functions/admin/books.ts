import type { CostPorts } from '../../src/exchange/costs/cost-operations.ts'
import { refuse } from '../../src/protocol/faults.ts'

/**
 * The receipts of an exchange in the cloud lie under lock in each agency's own bucket, which no role of the centre reaches: what a month cost is told
 * by whoever may read them. Prices, estimates and budgets are the centre's own.
 */
export const booksElsewhere: CostPorts['books'] = async () =>
  refuse('not_found', 'the receipts lie with each agency, under lock, out of reach of the centre: read them there (docs/costos.md)')
