/** A signature as it travels and is kept: exact bytes, never re-serialised. */
export type SignatureDocuments = {
  readonly signature: Uint8Array
  /** Both or none: a signature over a hash chain result. */
  readonly chain?: { readonly result: Uint8Array; readonly chain: Uint8Array }
}
