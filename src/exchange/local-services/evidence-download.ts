import type { Instant } from '../../base/clock.ts'
import { instant } from '../../base/clock.ts'
import { ok } from '../../base/result.ts'
import { readArchive } from '../../evidence/archive-verify.ts'
import { escapedMessageId } from '../../evidence/asic.ts'
import { writeZip } from '../../evidence/zip.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { formatId } from '../../protocol/identifiers.ts'
import type { ArchiveRun } from '../archive.ts'
import { archiveFileName } from '../archive-names.ts'
import { type Caller, speaking } from '../client-rules.ts'
import { MOST_BODY } from '../limits.ts'
import type { CurrentConfiguration, Log } from '../ports.ts'
import { clientIn, type EvidenceQuestion, questionIn } from './evidence-question.ts'
import { type FindPorts, type FoundEvidence, findEvidence } from './find-evidence.ts'
import type { LocalAnswer } from './local-answer.ts'
import { plainFault } from './plain-fault.ts'

export type EvidencePorts = FindPorts & {
  readonly configuration: CurrentConfiguration
  readonly log: Log
  /** Runs the archive line once, now. */
  readonly archiveNow: () => Promise<ArchiveRun>
}

/**
 * The evidence of a message, for the systems of the client or provider that it belongs to, over a connection as for its calls: the containers,
 * as they lie in the archive, in a ZIP archive, or one of them alone.
 *
 * Refused in plain text, in this order: whose records (400), who asks (401), which of them (400), none found (404), not all sealed yet (500; with
 * `force` the archive line runs first), `unique` without a direction (400) or with several (500).
 * Source: X-Road UG-SS, "asic".
 */
export async function evidenceDownload(query: URLSearchParams, caller: Caller, ports: EvidencePorts): Promise<LocalAnswer> {
  const answer = await downloadFor(query, caller, ports)
  return answer.ok ? answer.value : plainFault(answer.fault)
}

async function downloadFor(query: URLSearchParams, caller: Caller, ports: EvidencePorts): Promise<Outcome<LocalAnswer>> {
  const client = clientIn(query)
  if (!client.ok) return client
  const authentic = speaking({ client: client.value }, caller, await ports.configuration())
  if (!authentic.ok) return authentic
  const question = questionIn(query, client.value)
  if (!question.ok) return question
  const found = await foundFor(question.value, query.has('force'), ports)
  if (!found.ok) return found
  const containers = await containersOf(found.value, ports)
  if (!containers.ok) return containers
  return query.has('unique') ? onlyOne(containers.value, question.value) : all(containers.value, question.value)
}

type Sealed = Required<FoundEvidence>
const isSealed = (found: FoundEvidence): found is Sealed => found.container !== undefined

async function foundFor(question: EvidenceQuestion, force: boolean, ports: EvidencePorts): Promise<Outcome<readonly Sealed[]>> {
  let found = await findEvidence(question, ports)
  if (force && !(found.length > 0 && found.every(isSealed))) {
    await archiveAll(ports)
    found = await findEvidence(question, ports)
  }
  if (found.length === 0) return refuse('not_found', `no record of ${formatId(question.client)} under that queryId`)
  if (found.every(isSealed)) return ok(found)
  return refuse('asic_timestamp_not_found', `${found.filter((each) => !isSealed(each)).length} of ${found.length}`, 'not_sealed_yet')
}

const MOST_RUNS = 20

async function archiveAll({ archiveNow, log }: EvidencePorts): Promise<void> {
  for (let runs = 0; runs < MOST_RUNS; runs++) {
    const { more, waiting } = await archiveNow()
    if (waiting) log({ level: 'warn', event: 'forced_sealing_waits', code: waiting.path.join('.'), why: waiting.detail })
    if (!more || waiting) return
  }
}

type Container = { readonly name: string; readonly bytes: Uint8Array }

/** As they lie in their archive files. One that cannot be read is an incident of the node's: 'internal_error', and the log names it. */
async function containersOf(found: readonly Sealed[], { getLocked, log }: EvidencePorts): Promise<Outcome<readonly Container[]>> {
  const byArchive = new Map<string, ReadonlyMap<string, Uint8Array>>()
  for (const archive of new Set(found.map((each) => each.archive)))
    byArchive.set(archive, await containersIn(await getLocked(archiveFileName(archive))))
  const containers: Container[] = []
  for (const { container: name, archive } of found) {
    const bytes = byArchive.get(archive)?.get(name)
    if (!bytes) {
      log({ level: 'error', event: 'archive_unreadable', archive, container: name })
      return refuse('internal_error', `${name} is not in its archive file`)
    }
    containers.push({ name, bytes })
  }
  return ok(containers)
}

async function containersIn(archive: Uint8Array | undefined): Promise<ReadonlyMap<string, Uint8Array>> {
  const read = archive && (await readArchive(archive))
  return new Map(read?.ok ? read.value.containers.map(({ name, bytes }) => [name, bytes]) : [])
}

function onlyOne(containers: readonly Container[], { direction }: EvidenceQuestion): Outcome<LocalAnswer> {
  if (direction === undefined) return refuse('bad_request', 'unique goes with requestOnly or responseOnly')
  const [only, ...others] = containers as readonly [Container, ...Container[]]
  if (others.length > 0) return refuse('internal_error', `${containers.length} records`, 'several_records')
  return file('application/vnd.etsi.asic-e+zip', only.name, only.bytes)
}

function all(containers: readonly Container[], { messageId, direction }: EvidenceQuestion): Outcome<LocalAnswer> {
  const name = `${escapedMessageId(messageId)}${direction === undefined ? '' : `-${direction}`}.zip`
  return file(
    'application/zip',
    name,
    writeZip(
      containers.map((container) => ({ ...container, stored: true })),
      TIMELESS,
    ),
  )
}

/** The same containers give the same archive; when they were made they say themselves. */
const TIMELESS: Instant = instant(Date.UTC(1980, 0, 1))

function file(type: string, name: string, body: Uint8Array): Outcome<LocalAnswer> {
  if (body.length > MOST_BODY) return refuse('message_too_large', `${name} has ${body.length} octets; at most ${MOST_BODY}`)
  const headers = [['Content-Type', type] as const, ['Content-Disposition', `filename="${name}"`] as const]
  return ok({ status: 200, headers, body })
}
