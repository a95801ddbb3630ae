import { DAY, isoInstant } from '../../base/clock.ts'
import { ok } from '../../base/result.ts'
import { hex, sha512 } from '../../protocol/digests.ts'
import { codeOf, type Outcome } from '../../protocol/faults.ts'
import { formatId } from '../../protocol/identifiers.ts'
import { signStatement } from '../../trust/registry/statement.ts'
import { ownParameters } from '../../trust/trust.ts'
import { currentHead, type HeadPorts } from '../archive-head.ts'
import { sendJson } from '../life/centre-client.ts'
import { type LifePorts, ownerSpeaks } from '../life/certificates.ts'
import type { PutLocked, Stamp } from '../ports.ts'
import { type AlarmPorts, raise } from './alarms.ts'

export type ChainHeadPorts = LifePorts &
  HeadPorts &
  AlarmPorts & { readonly putLocked: PutLocked /** By an authority that may be outside the operator's hands. */; readonly witness: Stamp }

/** `day` is the one it stands for, position and head where the chain stood, stamp the SHA-512 (hex) of the token, which lies under lock. */
export type StampedHead = { readonly day: string; readonly position: number; readonly head: string; readonly stamp: string }
const KEY = 'watch/head'
/** `until`: the end of the configuration in force when it was sent. */
type Sent = StampedHead & { readonly sentAt?: number; readonly until?: number }

/**
 * Once a day: where the chain of evidence stands is stamped by a witness and sent to the centre, to be published in the next configuration, which every
 * peer keeps. After that neither the centre nor whoever runs this node can put another chain in its place. Nothing to do on a day without evidence.
 */
export async function witnessHead(ports: ChainHeadPorts): Promise<Outcome<StampedHead | null>> {
  const day = isoInstant(ports.now()).slice(0, 10)
  const stored = await ports.store.get<Sent>(KEY)
  const last = stored?.value
  if (last?.sentAt !== undefined && (last.day === day || ports.now() - last.sentAt < DAY / 2)) return ok(null)
  const { head } = await currentHead(ports)
  if (!head.last || (last?.sentAt !== undefined && last.position === head.position)) return ok(null)
  const made = last && last.sentAt === undefined ? ok(last) : await stamped(day, head.position, head.last.link, ports)
  if (!made.ok) return made
  if (last !== made.value && !(await ports.store.put(KEY, made.value, stored?.version ?? 0))) return ok(null) // another process does it
  const { server } = await ports.configuration()
  const { day: stampedDay, position, head: link, stamp } = made.value
  const content: StampedHead = { day: stampedDay, position, head: link, stamp }
  const said = await signStatement('head', server, content, ports.now(), await ownerSpeaks(server, ports), ports.sign)
  const taken = await sendJson<true>('/node/head', said, ports)
  if (!taken.ok && taken.fault.path[0] !== 'conflict') {
    ports.log({ level: 'warn', event: 'head_not_sent', code: codeOf(taken.fault), why: taken.fault.detail })
    return taken
  }
  const now = await ports.store.get<Sent>(KEY)
  const today = await ports.trust()
  const until = today.ok ? { until: today.value.validUntil } : {}
  await ports.store.put(KEY, { ...content, sentAt: ports.now(), ...until } satisfies Sent, now?.version ?? 0)
  return ok(content)
}

async function stamped(day: string, position: number, head: string, { witness, putLocked }: ChainHeadPorts): Promise<Outcome<StampedHead>> {
  const token = await witness(sha512(Buffer.from(head)))
  if (!token.ok) return token
  const name = `heads/${day}-${String(position).padStart(9, '0')}`
  await putLocked(`${name}-${hex(sha512(token.value)).slice(0, 16)}.tst`, token.value)
  return ok({ day, position, head, stamp: hex(sha512(token.value)) })
}

/** What was sent must stand in a configuration that is a day younger, and no other head; if not, it is an alarm. A centre that is down owes nothing. */
export async function headIsPublished(ports: ChainHeadPorts): Promise<boolean> {
  const sent = (await ports.store.get<Sent>(KEY))?.value
  const today = await ports.trust()
  if (sent?.until === undefined || !today.ok || today.value.validUntil - sent.until < DAY) return true
  const { server } = await ports.configuration()
  const there = ownParameters(today.value.trust).chainHeads?.find((each) => formatId(each.server) === formatId(server))
  if (there && there.position >= sent.position && (there.position > sent.position || there.head === sent.head)) return true
  await raise('head_not_published', `${sent.day} ${sent.position}`, `the head of ${sent.day} is not published as it was sent`, ports)
  return false
}
