import { ok } from '../base/result.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { parseXml } from '../protocol/xml.ts'
import { type CanonicalForm, canonicalize } from './canonical.ts'

/** The canonical forms by their algorithm URI. Source: XML Signature 1.1 §6.5; a Map, so a hostile name finds nothing. */
const FORMS: ReadonlyMap<string, CanonicalForm> = new Map([
  ['http://www.w3.org/TR/2001/REC-xml-c14n-20010315', {}],
  ['http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments', { comments: true }],
  ['http://www.w3.org/2001/10/xml-exc-c14n#', { exclusive: true }],
  ['http://www.w3.org/2001/10/xml-exc-c14n#WithComments', { exclusive: true, comments: true }],
])

export const canonicalFormOf = (uri: string): CanonicalForm | undefined => FORMS.get(uri)

/** A whole file's octets after the transforms named; only canonical forms are known, others are 'internal_error' as in stock. */
export function transformed(octets: Uint8Array, algorithms: readonly string[]): Outcome<Uint8Array> {
  let current = octets
  for (const algorithm of algorithms) {
    const form = canonicalFormOf(algorithm)
    if (!form) return refuse('internal_error', `no transform ${algorithm}`)
    const document = parseXml(current)
    if (!document.ok) return refuse('internal_error', document.fault.detail)
    current = canonicalize(document.value, form)
  }
  return ok(current)
}
