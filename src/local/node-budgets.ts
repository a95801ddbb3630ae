import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadTariff } from '../adapters/local/price-file.ts'
import { tellAlerts } from '../exchange/node-allowances.ts'
import type { NodeConfiguration } from '../exchange/node-configuration.ts'
import type { Log } from '../exchange/ports.ts'
import { type AllowancePorts, refreshAllowances, type SpendingRules } from '../exchange/refresh-allowances.ts'
import type { Allowance } from '../metering/allowance.ts'
import { readBudgets } from '../metering/budget.ts'
import { USUAL_TERMS } from '../metering/usage.ts'
import { expectedPrice } from '../metering/what-if.ts'
import type { Edge } from './gateway-events.ts'
import { must } from './node-file.ts'

/** What a node's doors may spend, while it runs. */
export type NodeBudgets = {
  /** The configuration with what may still be spent. */
  readonly onto: (configuration: NodeConfiguration) => NodeConfiguration
  /** After a run of the archive: what is left now. When the receipts cannot be read, what was known stays. */
  readonly refresh: () => Promise<void>
}
type Options = { readonly folder: string; readonly edge: Edge; readonly ports: AllowancePorts; readonly log: Log }

const REGION = 'us-east-1'
/** One process, one door. */
const DOORS = 1

/** Reads `budgets.json` in the node's folder (docs/costos.md); without it nobody set a ceiling. Throws for one that cannot be: it is the operator's own. */
export function nodeBudgets({ folder, edge, ports, log }: Options): NodeBudgets {
  const file = join(folder, 'budgets.json')
  if (!existsSync(file)) return { onto: (configuration) => configuration, refresh: async () => {} }
  const tariff = must(loadTariff(undefined, REGION, ports.now()))
  const budgets = must(readBudgets(JSON.parse(readFileSync(file, 'utf8')), tariff))
  const rules: SpendingRules = { tariff, terms: { ...USUAL_TERMS, edge }, budgets, doors: DOORS, expected: expectedPrice(tariff) }
  let allowances: readonly Allowance[] = []
  return {
    onto: (configuration) => ({ ...configuration, allowances }),
    refresh: async () => {
      const refreshed = await refreshAllowances(ports, rules)
      if (refreshed.ok) {
        tellAlerts(allowances, refreshed.value, log)
        allowances = refreshed.value
      } else log({ level: 'error', event: 'allowances_not_refreshed', why: refreshed.fault.detail })
    },
  }
}
