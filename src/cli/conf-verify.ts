import { type Instant, isoInstant } from '../base/clock.ts'
import type { Words } from '../local/troubles.ts'
import { hex } from '../protocol/digests.ts'
import { codeOf, type Fault, type Outcome, refuse } from '../protocol/faults.ts'
import { type Anchor, anchorCertificates, readAnchor } from '../trust/anchor.ts'
import { checkPart } from '../trust/directory-part.ts'
import { isAllOf, readSignedDirectory, type SignedDirectory } from '../trust/signed-directory.ts'
import { meaningOfConfiguration } from './conf-words.ts'
import { EXIT, type Io, inLanguage } from './io.ts'
import { readPartBeside } from './part-beside.ts'
import { readWhole } from './verify.ts'
import { type Answer, inOneLine, readable } from './verify-answer.ts'

export type ConfVerifyOptions = {
  /** The configuration anchor: whose configuration, and signed with which keys. */
  readonly anchor: string
  /** The directory must not have expired at this instant. */
  readonly at: Instant
  readonly json: boolean
}

/**
 * Judges a signed configuration directory against an anchor: signature, expiry, instance, and the digest and form of every part it names.
 * The parts are looked for beside the file, under the path the directory gives them, else under their bare name.
 * @returns 0 valid, 1 invalid, 2 could not run
 */
export async function confVerify(file: string, { anchor, at, json }: ConfVerifyOptions, io: Io): Promise<number> {
  const [bytes, anchorBytes] = [await readWhole(file, io), await readWhole(anchor, io)]
  if (!bytes || !anchorBytes) return EXIT.cannot
  const trusted = readAnchor(anchorBytes)
  if (!trusted.ok) {
    io.err(`${anchor}: ${inLanguage(meaningOfConfiguration(trusted.fault), io.lang)}`)
    return EXIT.cannot
  }
  const directory = readFor(trusted.value, bytes, at)
  const answer = directory.ok ? await judgeParts(file, directory.value, io) : answerOf(file, directory.fault, null, [], io)
  io.out(json ? JSON.stringify(answer) : readable(answer, io.lang))
  return answer.verdict === 'valid' ? EXIT.ok : EXIT.no
}

function readFor(anchor: Anchor, bytes: Uint8Array, at: Instant): Outcome<SignedDirectory> {
  const directory = readSignedDirectory(bytes, anchorCertificates(anchor), at)
  const own = directory.ok ? isAllOf(directory.value, anchor.instance) : directory
  return own.ok ? directory : own
}

async function judgeParts(file: string, directory: SignedDirectory, io: Io): Promise<Answer> {
  const judged = await Promise.all(
    directory.parts.map(async (part) => {
      const bytes = await readPartBeside(file, part.location)
      return { part, outcome: bytes ? checkPart(part, directory.version, bytes) : missing(part.location) }
    }),
  )
  const parts = judged.map(({ part, outcome }) => ({ name: part.location, digest: hex(part.hash), covered: outcome.ok }))
  const bad = judged.find(({ outcome }) => !outcome.ok)?.outcome
  return answerOf(file, bad && !bad.ok ? bad.fault : null, directory, parts, io)
}

const missing = (location: string): Outcome<never> =>
  refuse('global_conf_part_downloaded_file_integrity_failure', `${location} is not beside the directory`)

function answerOf(file: string, fault: Fault | null, directory: SignedDirectory | null, parts: Answer['parts'], io: Io): Answer {
  const words = fault ? meaningOfConfiguration(fault) : validWords(directory as SignedDirectory)
  return {
    file,
    verdict: fault ? 'invalid' : 'valid',
    code: fault ? codeOf(fault) : null,
    signer: directory?.signer.subject.text ?? null,
    timestamp: null,
    ocsp: null,
    parts,
    why: inOneLine(words, io.lang),
  }
}

function validWords({ version, expires, parts }: SignedDirectory): Words {
  const until = isoInstant(expires)
  return {
    es: `La firma es buena y las partes que nombra (${parts.length}) son las que firmó. Configuración de versión ${version}, vigente hasta ${until}.`,
    en: `The signature is good and the parts it names (${parts.length}) are those it signed. Configuration of version ${version}, good until ${until}.`,
  }
}
