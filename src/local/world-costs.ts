import { loadTariff } from '../adapters/local/price-file.ts'
import type { Now } from '../base/clock.ts'
import type { CostPorts } from '../exchange/costs/cost-operations.ts'
import { refuse } from '../protocol/faults.ts'
import { booksOf } from './books.ts'
import { readWorldFile } from './world-file.ts'

const REGION = 'us-east-1'

/** What a world's administration knows of its costs: the prices that come with the program, and the books of its nodes. */
export const worldCosts = (home: string, now: Now): CostPorts => ({
  tariff: async () => loadTariff(undefined, REGION, now()),
  books: async (tariff) => {
    const world = readWorldFile(home)
    return world.ok ? booksOf(world.value, tariff) : refuse('not_found', `there is no world in ${home}`)
  },
})
