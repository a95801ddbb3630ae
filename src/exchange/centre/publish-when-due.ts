import { type Instant, later, SECOND } from '../../base/clock.ts'
import { lastLine } from '../register/change-log.ts'
import { isFresh, type PublicationPorts, publish, publishedNow } from './publication.ts'

const TURN = 'publication/turn'
/** Longer than a publication takes: whoever had the turn and died keeps nobody waiting for longer. */
const TURN_MS = 30 * SECOND

/**
 * Publishes what is due before somebody is answered; where nothing is, it costs two reads. One at a time: whoever asks meanwhile gets what is published.
 * An act at the centre so counts with the next question, and nobody has to call anybody.
 */
export async function publishWhenDue(ports: PublicationPorts): Promise<void> {
  const { store, now } = ports
  const published = await publishedNow(store)
  if (published && published.line === (await lastLine(store)) && isFresh(published, now())) return
  const turn = await store.get<Instant>(TURN)
  const version = turn?.version ?? 0
  if (turn && turn.value > now()) return
  if (!(await store.put(TURN, later(now(), TURN_MS), version))) return
  await publish(ports)
  await store.put(TURN, now(), version + 1)
}
