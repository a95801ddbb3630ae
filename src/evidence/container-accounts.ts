import { Buffer } from 'node:buffer'
import { ok } from '../base/result.ts'
import { type FaultCode, type Outcome, refuse } from '../protocol/faults.ts'
import { judgeOcsp, readOcspResponse } from '../trust/ocsp.ts'
import { issuersOf, type Trust } from '../trust/trust.ts'
import { ENTRY, isAttachmentName } from './asic-entries.ts'
import type { Container } from './asic-read.ts'
import { isCanonicalPair } from './hash-chain.ts'
import { asicManifest, MIME_TYPE, openDocumentManifest } from './manifest.ts'
import { extraCertificates } from './signature-certificates.ts'
import { isCanonicalForm } from './signature-document.ts'
import { MESSAGE } from './signature-names.ts'
import { ocspValues, type ParsedSignature, unsignedProperties, xadesPath } from './signature-read.ts'
import type { VerifiedSignature } from './verify.ts'

/**
 * Every entry and every byte of a container whose signature and stamp hold already is covered by one of them, or is what a writer must
 * write for it. Refused with 'unaccounted_bytes', a manifest that is not there with 'asic_manifest_not_found'.
 */
export function checkAccounts(container: Container, parsed: ParsedSignature, verified: VerifiedSignature, trust: Trust): Outcome<true> {
  const objection =
    entriesObjection(container) ??
    manifestObjection(container) ??
    chainObjection(container, verified) ??
    (container.stamp.chain ? stampedWholeObjection(parsed) : stampedValueObjection(container, parsed, verified, trust))
  return objection ? refuse(...objection) : ok(true)
}

type Objection = readonly [FaultCode, string] | null
const unaccounted = (detail: string): Objection => ['unaccounted_bytes', detail]

function entriesObjection({ entries, documents, stamp }: Container): Objection {
  if (!isSame(entries.get(ENTRY.mimetype), Buffer.from(MIME_TYPE, 'ascii'))) return unaccounted('mimetype is written otherwise')
  if (stamp.from === 'entry' && !stamp.chain) return unaccounted('the time stamp is an entry, but over one signature value')
  const known: ReadonlySet<string> = new Set([
    ...[ENTRY.mimetype, ENTRY.message, ENTRY.signature, ENTRY.manifest],
    ...(documents.chain ? [ENTRY.signatureChainResult, ENTRY.signatureChain] : []),
    ...(stamp.chain ? [ENTRY.stampChainResult, ENTRY.stampChain, ENTRY.asicManifest, ENTRY.token] : []),
  ])
  const unknown = [...entries.keys()].find((name) => !known.has(name) && !isAttachmentName(name))
  return unknown === undefined ? null : unaccounted(`${unknown} is an entry that belongs to nothing`)
}

function manifestObjection({ entries, stamp }: Container): Objection {
  const attachments = attachmentsOf(entries)
  const others = [...entries.keys()].filter((name) => !isAttachmentName(name))
  const wanted: [string, Uint8Array][] = [[ENTRY.manifest, openDocumentManifest([...others, ...attachments])]]
  if (stamp.chain) wanted.push([ENTRY.asicManifest, asicManifest(stamp.chain.result)])
  for (const [name, bytes] of wanted) {
    if (!entries.has(name)) return ['asic_manifest_not_found', name]
    if (!isSame(entries.get(name), bytes)) return unaccounted(`${name} is not the manifest of this container`)
  }
  return null
}

const attachmentsOf = (entries: Container['entries']): readonly string[] =>
  [...entries.keys()].filter(isAttachmentName).toSorted((a, b) => Number(a.slice(10)) - Number(b.slice(10)))

function chainObjection({ entries, documents, stamp }: Container, { chained }: VerifiedSignature): Objection {
  const pairs = [documents.chain, stamp.chain].flatMap((pair) => pair ?? [])
  if (!pairs.every(({ result, chain }) => isCanonicalPair(result, chain))) return unaccounted('a hash chain is written otherwise')
  const inOrder = [MESSAGE, ...attachmentsOf(entries).map((name) => `/${name}`)]
  const named = chained.map(({ uri }) => uri)
  const same = named.length === inOrder.length && named.every((uri, index) => uri === inOrder[index])
  return documents.chain && !same ? unaccounted('the hash chain names the parts in another order') : null
}

/** The stamp is over the whole signature document: nothing is left to account for, but a second stamp has no business in it. */
const stampedWholeObjection = (parsed: ParsedSignature): Objection =>
  xadesPath(unsignedProperties(parsed), 'SignatureTimeStamp') ? unaccounted('there are two time stamps') : null

/** The stamp is over the signature value alone: what no signature covers must be as a writer writes it, and hold each for itself. */
function stampedValueObjection(container: Container, parsed: ParsedSignature, verified: VerifiedSignature, trust: Trust): Objection {
  if (!isCanonicalForm(container.documents.signature, parsed)) return unaccounted('the signature document is written otherwise')
  const extra = extraCertificates(parsed)
  const approved = issuersOf(trust).map(({ certificate }) => certificate.der)
  const certificates = extra.ok ? extra.value : []
  if (!certificates.every(({ der }) => approved.some((other) => isSame(other, der))))
    return unaccounted('an intermediate certificate is not of an approved authority')
  const subjects = [verified.certificate, ...certificates]
  const held = ocspValues(parsed).every((der) => der !== null && subjects.some((subject) => holdsForItself(der, subject, trust)))
  return held ? null : unaccounted('an OCSP response says nothing about this signature')
}

/** Good when it was made: an older response beside a fresher one need not be good at the time of the stamp. */
function holdsForItself(der: Uint8Array, subject: VerifiedSignature['certificate'], trust: Trust): boolean {
  const response = readOcspResponse(der)
  return response.ok && judgeOcsp([der], subject, trust, response.value.producedAt, 'strict').ok
}

const isSame = (a: Uint8Array | undefined, b: Uint8Array): boolean => a !== undefined && Buffer.from(a).equals(b)
