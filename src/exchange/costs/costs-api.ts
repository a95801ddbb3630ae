import { describeApi } from '../centre/api/describe.ts'
import type { Api } from '../centre/api/operation.ts'
import { type CostPorts, costOperations } from './cost-operations.ts'

/** An administration API that also answers what messages cost, and says so in its description. */
export function withCosts({ operations, document }: Api, ports: CostPorts): Api {
  const all = [...operations, ...costOperations(ports)]
  return { operations: all, document: describeApi((document.info as { title: string }).title, all) }
}
