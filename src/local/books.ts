import { containersIn, positionsIn } from '../adapters/local/receipts.ts'
import { ok } from '../base/result.ts'
import type { MonthBooks } from '../metering/books.ts'
import { unmatchedIn } from '../metering/daily-close.ts'
import { type Exchange, exchangesOf, memberIn } from '../metering/exchanges.ts'
import { receiptOf } from '../metering/receipt.ts'
import { archivedBytesOf, sharedCharges } from '../metering/shared-costs.ts'
import type { Tariff } from '../metering/tariff.ts'
import { type KeyTier, USUAL_TERMS } from '../metering/usage.ts'
import type { Outcome } from '../protocol/faults.ts'
import { type EvidenceSource, withEvidence } from './evidence.ts'
import { nodeCloses } from './node-close.ts'
import type { NodeEntry, WorldFile } from './world-file.ts'

/** What a world's nodes have on their books, priced as if they ran in the cloud: the same receipts, the same tariff. */
export type WorldBooks = MonthBooks

/** Refused with 'invalid_receipts', naming node's file and line: nothing is summed then. */
export async function booksOf(world: Pick<WorldFile, 'nodes'>, tariff: Tariff, tier: KeyTier = 'kms'): Promise<Outcome<WorldBooks>> {
  const books: NodeBooks[] = []
  for (const node of world.nodes) {
    const read = await withEvidence(node.name, node.folder, (source) => nodeBooks(node, source, tariff, tier))
    if (!read.ok) return read
    books.push(read.value)
  }
  const agencies = [...new Set(world.nodes.map(({ server }) => memberIn(server)))]
  const archived = archivedBytesOf(books.flatMap(({ exchanges }) => exchanges))
  return ok({
    receipts: books.flatMap(({ receipts }) => receipts),
    shared: sharedCharges(agencies, archived, tier, tariff),
    closes: books.flatMap(({ closes }) => closes),
    unmatched: books.flatMap(({ unmatched }) => unmatched),
  })
}

type NodeBooks = Omit<WorldBooks, 'shared'> & { readonly exchanges: readonly Exchange[] }

async function nodeBooks(node: NodeEntry, source: EvidenceSource, tariff: Tariff, tier: KeyTier): Promise<Outcome<NodeBooks>> {
  const positions = await positionsIn(source.files) // first: it is the one that tells what is wrong with a file
  if (!positions.ok) return positions
  const held = await containersIn(source.files)
  if (!held.ok) return held
  const exchanges = exchangesOf(positions.value)
  const terms = { ...USUAL_TERMS, edge: node.edge, tier }
  const { name } = node
  return ok({
    exchanges,
    receipts: exchanges.map((exchange) => ({ ...receiptOf(exchange, terms, tariff), node: name })),
    closes: (await nodeCloses(positions.value, source, node.folder)).map((close) => ({ ...close, node: name })),
    unmatched: unmatchedIn(positions.value, held.value).map((each) => ({ ...each, node: name })),
  })
}
