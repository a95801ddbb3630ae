import { type Archive, type ArchiveVerdict, readArchive, verifyChain } from '../evidence/archive-verify.ts'
import { verifyContainer } from '../evidence/container-verify.ts'
import type { Profile } from '../evidence/verify.ts'
import { type Fault, refuse } from '../protocol/faults.ts'
import type { Trust } from '../trust/trust.ts'
import { EXIT, type Io } from './io.ts'
import { readWhole, trustIn } from './verify.ts'
import { type Answer, answerOf, inOneLine, readable } from './verify-answer.ts'
import { meaningOf } from './verify-words.ts'

export type VerifyArchiveOptions = {
  /** The last link of the archive before, in hexadecimal; 'first' when there is none. */
  readonly previous: string
  /** With it every container inside is judged too. */
  readonly trust?: string
  readonly profile: Profile
  readonly json: boolean
}

/**
 * Judges an archive file: the chain of its containers, and with a trust folder each container.
 * The first line is about the archive: its parts are the containers, each with its link, so the last one's digest is the last link.
 * @returns 0 valid, 1 invalid, 2 could not run
 */
export async function verifyArchive(file: string, options: VerifyArchiveOptions, io: Io): Promise<number> {
  const trust = options.trust === undefined ? undefined : await trustIn(options.trust, io)
  if (options.trust !== undefined && !trust) return EXIT.cannot
  const bytes = await readWhole(file, io)
  if (!bytes) return EXIT.cannot
  const archive = await readArchive(bytes)
  if (!archive.ok) return tell([refusedAnswer(file, archive.fault, io)], options.json, io)
  const containers = trust ? await judgeContainers(file, archive.value, trust, options.profile, io) : []
  const chain = verifyChain(archive.value, options.previous.toLowerCase())
  return tell([archiveAnswer(file, chain, containers, io), ...containers], options.json, io)
}

function tell(answers: readonly Answer[], json: boolean, io: Io): number {
  for (const [index, answer] of answers.entries())
    io.out(json ? JSON.stringify(answer) : readable(answer, io.lang, index === 0 ? 'linked' : 'signed'))
  return answers[0]?.verdict === 'valid' ? EXIT.ok : EXIT.no
}

async function judgeContainers(file: string, archive: Archive, trust: Trust, profile: Profile, io: Io): Promise<Answer[]> {
  const answers: Answer[] = []
  for (const { name, bytes } of archive.containers)
    answers.push(answerOf(`${file}!${name}`, await verifyContainer(bytes, trust, profile), io.lang))
  return answers
}

const NOTHING = { code: null, signer: null, timestamp: null, ocsp: null } as const

function refusedAnswer(file: string, fault: Fault, io: Io): Answer {
  return { ...NOTHING, file, verdict: 'invalid', code: fault.path.join('.'), parts: [], why: inOneLine(meaningOf(fault), io.lang) }
}

function archiveAnswer(file: string, chain: ArchiveVerdict, containers: readonly Answer[], io: Io): Answer {
  const parts = chain.containers.map(({ name, link, holds }) => ({ name, digest: link, covered: holds }))
  const broken = chain.fault === undefined ? undefined : refuse('archive_linking_broken', chain.fault).fault
  if (broken) return { ...refusedAnswer(file, broken, io), parts }
  const bad = containers.filter((answer) => answer.verdict === 'invalid')
  const last = chain.last
  if (bad.length === 0) {
    const es = `La cadena de ${parts.length} contenedores está completa. Último resumen: ${last}`
    const en = `The chain of ${parts.length} containers is whole. Last digest: ${last}`
    return { ...NOTHING, file, verdict: 'valid', parts, why: inOneLine({ es, en }, io.lang) }
  }
  const names = bad.map((answer) => answer.file.slice(file.length + 1)).join(', ')
  const es = `La cadena está completa (último resumen: ${last}), pero no valen: ${names}`
  const en = `The chain is whole (last digest: ${last}), but not valid: ${names}`
  return { ...NOTHING, file, verdict: 'invalid', code: bad[0]?.code ?? null, parts, why: inOneLine({ es, en }, io.lang) }
}
