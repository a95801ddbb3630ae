import { XmlC14NMode, XmlDocument } from 'libxml2-wasm'
import type { CanonicalForm } from '../../src/evidence/canonical.ts'

const options = ({ exclusive, comments, inclusivePrefixes }: CanonicalForm) => ({
  mode: exclusive ? XmlC14NMode.XML_C14N_EXCLUSIVE_1_0 : XmlC14NMode.XML_C14N_1_0,
  withComments: comments ?? false,
  ...(exclusive && inclusivePrefixes ? { inclusiveNamespacePrefixes: [...inclusivePrefixes] } : {}),
})

/** What libxml2 makes of the whole document and then of each element in document order. Throws when it refuses the text. */
export function libxml2Canonical(text: string, form: CanonicalForm): { readonly whole: string; readonly subtrees: readonly string[] } {
  using document = XmlDocument.fromString(text)
  return {
    whole: document.canonicalizeToString(options(form)),
    subtrees: document.find('//*').map((element) => element.canonicalizeToString(options(form))),
  }
}

export function libxml2Accepts(input: Uint8Array | string): boolean {
  try {
    using _document = typeof input === 'string' ? XmlDocument.fromString(input) : XmlDocument.fromBuffer(input)
    return true
  } catch {
    return false
  }
}
