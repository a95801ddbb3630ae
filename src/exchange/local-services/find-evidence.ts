import { type Direction, decodeRecord, type EvidenceRecord, identityOf, type Side } from '../../evidence/record.ts'
import { formatId, ownerOf, parseServiceId } from '../../protocol/identifiers.ts'
import { JOURNAL, RECEIPTS } from '../archive-names.ts'
import type { GetLocked, ListLocked, Peek } from '../ports.ts'
import { decodeSegment } from '../segment.ts'
import type { EvidenceQuestion } from './evidence-question.ts'

/** A record and, once it is sealed, its container and the archive file that holds it. */
export type FoundEvidence = { readonly identity: string; readonly container?: string; readonly archive?: string }
export type FindPorts = { readonly peek: Peek; readonly getLocked: GetLocked; readonly listLocked: ListLocked }

/** What a queue or a segment holds at most. */
const MOST_RECORDS = 10_000
const MOST_BYTES = 32 * 1024 * 1024

/**
 * The records of a message, each once: the sealed ones in the order of the archive, then the others. Read in the order in which records move
 * on (kept, in a segment, sealed), so that one on the move is not missed; the later place counts.
 * Goes through all receipts: an archive has no index by message.
 */
export async function findEvidence(
  question: EvidenceQuestion,
  { peek, getLocked, listLocked }: FindPorts,
): Promise<readonly FoundEvidence[]> {
  const waiting = new Map<string, FoundEvidence>()
  const note = (bytes: Uint8Array) => {
    const record = decodeRecord(bytes)
    if (record.ok && isWanted(record.value, question)) waiting.set(identityOf(record.value), { identity: identityOf(record.value) })
  }
  for (const bytes of await peek(MOST_RECORDS, MOST_BYTES)) note(bytes)
  const before = await listLocked(RECEIPTS)
  const through = headOf(await textOf(before.at(-1), getLocked)).through
  for (const name of await listLocked(JOURNAL, through)) for (const bytes of decodeSegment(name, await getLocked(name))) note(bytes)
  const settled = new Map<string, FoundEvidence>()
  for (const name of await listLocked(RECEIPTS))
    for (const line of linesFor(question, await textOf(name, getLocked)))
      if (isWanted(line, question))
        settled.set(line.identity, {
          identity: line.identity,
          ...(line.container ? { container: line.container, archive: line.archive } : {}),
        })
  const sealed = [...settled.values()].filter(({ container }) => container !== undefined)
  const others = new Map([...waiting, ...settled])
  for (const { identity } of sealed) others.delete(identity)
  return [...sealed, ...others.values()]
}

type Receipt = Pick<EvidenceRecord, 'messageId' | 'side' | 'direction' | 'client' | 'service'> & {
  readonly identity: string
  readonly container?: string
  readonly archive: string
}

/** A record belongs to the party on whose side it was kept. */
function isWanted(
  record: { messageId: string; side: Side; direction: Direction; client: string; service: string },
  question: EvidenceQuestion,
): boolean {
  if (record.messageId !== question.messageId) return false
  if (question.direction !== undefined && record.direction !== question.direction) return false
  return partyOf(record) === formatId(question.client)
}

function partyOf({ side, client, service }: Pick<EvidenceRecord, 'side' | 'client' | 'service'>): string | undefined {
  if (side === 'consumer') return client
  const id = parseServiceId(service)
  return id.ok ? formatId(ownerOf(id.value)) : undefined
}

const textOf = async (name: string | undefined, getLocked: GetLocked): Promise<string> =>
  name === undefined ? '' : Buffer.from((await getLocked(name)) ?? []).toString('utf8')

const headOf = (receipts: string): { readonly through: string } =>
  receipts === '' ? { through: '' } : (JSON.parse(receipts.slice(0, receipts.indexOf('\n'))) as { through: string })

/** Lines that hold the message's id as receipts write it; the others are not taken apart. */
function linesFor({ messageId }: EvidenceQuestion, receipts: string): readonly Receipt[] {
  const written = JSON.stringify(messageId)
  return receipts
    .split('\n')
    .slice(1)
    .filter((line) => line.includes(written))
    .map((line) => JSON.parse(line) as Receipt)
}
