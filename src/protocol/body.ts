/**
 * A message body: the bytes in hand, or where they lie when they are too big to hold
 * (a Node string ends at 512 MB, a Lambda event at 6 MB).
 */
export type Body =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'stored'; readonly at: string; readonly size: number; readonly sha512: Uint8Array }

export const bytesBody = (bytes: Uint8Array): Body => ({ kind: 'bytes', bytes })
export const sizeOf = (body: Body): number => (body.kind === 'bytes' ? body.bytes.length : body.size)
