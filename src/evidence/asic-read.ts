import { Buffer } from 'node:buffer'
import { ok } from '../base/result.ts'
import { type FaultCode, type Outcome, refuse } from '../protocol/faults.ts'
import type { SignatureDocuments } from '../protocol/signature-documents.ts'
import { parseXml } from '../protocol/xml.ts'
import { descendants, textOf } from '../protocol/xml-lookup.ts'
import { ENTRY } from './asic-entries.ts'
import { MIME_TYPE } from './manifest.ts'
import { readZip } from './zip.ts'

/** A message with its evidence, as it lies in a container. Nothing is verified yet. */
export type Container = {
  /** All entries by their exact names, known or not. */
  readonly entries: ReadonlyMap<string, Uint8Array>
  readonly message: Uint8Array
  readonly documents: SignatureDocuments
  readonly stamp: ContainerStamp
}

/** `from` says where the token lay: an entry of its own, or inside the signature. `chain` is there when it stamps many signatures at once. */
export type ContainerStamp = {
  readonly from: 'entry' | 'signature'
  readonly token: Uint8Array
  readonly chain?: { readonly result: Uint8Array; readonly chain: Uint8Array }
}

/**
 * Opens an ASiC-E container as stock servers write it. Refuses, in the order of the reference verifier, what a container must hold and
 * does not: 'asic_mime_type_not_found', 'asic_invalid_mime_type', 'asic_message_not_found', 'asic_signature_not_found',
 * 'asic_hash_chain_result_not_found', 'asic_hash_chain_not_found', 'invalid_xml', 'malformed_signature' (no time stamp),
 * 'asic_timestamp_not_found', 'asic_manifest_not_found'. A file that is no ZIP we take is a 'malformed_container'.
 * Source: ETSI TS 102 918; X-Road AsicContainer, AsicHelper.
 */
export async function readContainer(bytes: Uint8Array): Promise<Outcome<Container>> {
  const zip = await readZip(bytes)
  return zip.ok ? openContainer(zip.value) : zip
}

/** The same for entries that are unpacked already. */
export function openContainer(entries: ReadonlyMap<string, Uint8Array>): Outcome<Container> {
  const mimeType = textOfEntry(entries, ENTRY.mimetype)
  if (mimeType === undefined) return refuse('asic_mime_type_not_found')
  if (mimeType.toLowerCase() !== MIME_TYPE) return refuse('asic_invalid_mime_type')
  const message = nonBlank(entries, ENTRY.message)
  if (!message) return refuse('asic_message_not_found')
  const signature = nonBlank(entries, ENTRY.signature)
  if (!signature) return refuse('asic_signature_not_found')
  const chain = bothOrNone(entries, ENTRY.signatureChainResult, ENTRY.signatureChain)
  if (!chain.ok) return chain
  const stamp = findStamp(entries, signature)
  if (!stamp.ok) return stamp
  const blank = [ENTRY.manifest, ENTRY.asicManifest].find((name) => entries.has(name) && !nonBlank(entries, name))
  if (blank) return refuse('asic_manifest_not_found', blank)
  return ok({ entries, message, documents: { signature, ...(chain.value && { chain: chain.value }) }, stamp: stamp.value })
}

/** The text of an entry that is there and not blank. */
function textOfEntry(entries: ReadonlyMap<string, Uint8Array>, name: string): string | undefined {
  const text = Buffer.from(entries.get(name) ?? []).toString('utf8')
  return text.trim() === '' ? undefined : text
}

const nonBlank = (entries: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array | undefined =>
  textOfEntry(entries, name) === undefined ? undefined : entries.get(name)

type Chain = { readonly result: Uint8Array; readonly chain: Uint8Array }

function bothOrNone(entries: ReadonlyMap<string, Uint8Array>, resultName: string, chainName: string): Outcome<Chain | undefined> {
  const missing = (code: FaultCode, name: string) => refuse(code, name)
  if (!entries.has(resultName) && !entries.has(chainName)) return ok(undefined)
  const result = nonBlank(entries, resultName)
  if (!result) return missing('asic_hash_chain_result_not_found', resultName)
  const chain = nonBlank(entries, chainName)
  return chain ? ok({ result, chain }) : missing('asic_hash_chain_not_found', chainName)
}

function findStamp(entries: ReadonlyMap<string, Uint8Array>, signature: Uint8Array): Outcome<ContainerStamp> {
  const inEntry = entries.get(ENTRY.token)
  const token = inEntry ? ok(inEntry) : embeddedToken(signature)
  if (!token.ok) return token
  if (token.value.length === 0) return refuse('asic_timestamp_not_found')
  const chain = bothOrNone(entries, ENTRY.stampChainResult, ENTRY.stampChain)
  if (!chain.ok) return chain
  return ok({ from: inEntry ? 'entry' : 'signature', token: token.value, ...(chain.value && { chain: chain.value }) })
}

/** The token inside the signature, found by literal names as stock servers do; before 7.0 it was the text of SignatureTimeStamp itself. */
function embeddedToken(signature: Uint8Array): Outcome<Uint8Array> {
  const document = parseXml(signature)
  if (!document.ok) return document
  const elements = [...descendants(document.value.root)]
  const found = ['xades:EncapsulatedTimeStamp', 'xades:SignatureTimeStamp'].map((name) => elements.find((each) => each.name === name))
  const holder = found[0] ?? found[1]
  return holder ? ok(Buffer.from(textOf(holder), 'base64')) : refuse('malformed_signature', 'no time stamp')
}
