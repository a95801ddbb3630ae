import { Buffer } from 'node:buffer'
import { base64 } from '../protocol/digests.ts'
import type { XmlElement } from '../protocol/xml.ts'
import { childElements } from '../protocol/xml-lookup.ts'
import { factsOf } from './signature-facts.ts'
import { type ParsedSignature, readSignature, unsignedProperties, xadesPath } from './signature-read.ts'
import { documentText, OURS, ocspText, type SignatureLayout, STOCK, STOCK_WRAPPED, timestampText } from './signature-template.ts'

export { type ParsedSignature, readSignature } from './signature-read.ts'

/**
 * The document with a time stamp token as first of its unsigned properties, nothing else touched.
 * What is stamped is the decoded SignatureValue. Throws for a document that could not be verified: stamp none such.
 *
 * @param token DER TimeStampToken
 */
export function withTimestamp(signature: Uint8Array, token: Uint8Array): Uint8Array {
  return insertedAfterStart(signature, (parsed) => ({ inside: unsignedProperties(parsed), text: timestampText(base64(token)) }))
}

/**
 * The document with one more OCSP response, before all others, nothing else touched.
 *
 * A stock verifier judges the first response that names the certificate, at the time of the stamp:
 * so before a stamp that comes late a fresh response is put in front.
 */
export function withOcsp(signature: Uint8Array, response: Uint8Array): Uint8Array {
  return insertedAfterStart(signature, (parsed) => {
    const values = xadesPath(unsignedProperties(parsed), 'RevocationValues', 'OCSPValues')
    return { inside: values, text: ocspText(values ? freeNumber(parsed, values) : 0, base64(response)) }
  })
}

/** One more than there are, or the next that no Id has. */
function freeNumber({ ids }: ParsedSignature, values: XmlElement): number {
  let number = childElements(values).length + 1
  while (ids.has(`ocsp-response-${number}`)) number++
  return number
}

type Insertion = { readonly inside: XmlElement | undefined; readonly text: string }

function insertedAfterStart(signature: Uint8Array, insertion: (parsed: ParsedSignature) => Insertion): Uint8Array {
  const parsed = readSignature(signature)
  if (!parsed.ok) throw new Error(`no signature document: ${parsed.fault.detail}`)
  const { inside, text } = insertion(parsed.value)
  if (!inside || inside.end === inside.startEnd) throw new Error('the signature has no unsigned properties to add to')
  const whole = parsed.value.document.text
  return Buffer.from(whole.slice(0, inside.startEnd) + text + whole.slice(inside.startEnd), 'utf8')
}

const LAYOUTS: readonly SignatureLayout[] = [OURS, STOCK, STOCK_WRAPPED]

/**
 * Whether a document is, byte for byte, what a known writer makes of what it says: then it holds no octet that nobody accounts for.
 * A document that is stamped as a whole does not need this; one with a stamp over its SignatureValue alone does.
 */
export function isCanonicalForm(bytes: Uint8Array, parsed: ParsedSignature): boolean {
  const facts = factsOf(parsed)
  return facts !== null && LAYOUTS.some((layout) => Buffer.from(documentText(facts, layout), 'utf8').equals(bytes))
}
