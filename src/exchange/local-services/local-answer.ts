import type { Header } from '../../protocol/rest-headers.ts'

/** A whole answer of the node's own to one of its systems. */
export type LocalAnswer = { readonly status: number; readonly headers: readonly Header[]; readonly body: Uint8Array }
