import type { Content, DigestedBody } from './message.ts'

/** What is signed of a REST message: its block and, when there is one, its body. */
export const restContent = (block: Uint8Array, body: DigestedBody | null): Content => ({ message: block, attachments: body ? [body] : [] })
