/**
 * A message body: the bytes in hand, or where they lie when they are too big to hold
 * (a Node string ends at 512 MB, a Lambda event at 6 MB).
 */
export type Body = { readonly kind: 'bytes'; readonly bytes: Uint8Array } | StoredBody
export type StoredBody = { readonly kind: 'stored'; readonly at: string; readonly size: number; readonly sha512: Uint8Array }

/** A body that is not among the octets of the message it belongs to: it comes in before the octet at `offset`. */
export type LeftOut = { readonly offset: number; readonly body: StoredBody }

export const bytesBody = (bytes: Uint8Array): Body => ({ kind: 'bytes', bytes })
export const sizeOf = (body: Body): number => (body.kind === 'bytes' ? body.bytes.length : body.size)
