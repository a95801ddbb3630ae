import type { IncomingMessage } from 'node:http'
import type { Header } from '../protocol/rest-headers.ts'

/** Name and value pairs in the client's own case and order. */
export function headersOf(message: IncomingMessage): readonly Header[] {
  const raw = message.rawHeaders
  return Array.from({ length: raw.length / 2 }, (_, index): Header => [raw[2 * index] ?? '', raw[2 * index + 1] ?? ''])
}

/** Octets of request line and headers, with their separators and line ends. */
export function headBytes(message: IncomingMessage): number {
  const line = `${message.method} ${message.url} HTTP/1.1\r\n`
  return headersOf(message).reduce((sum, [name, value]) => sum + name.length + value.length + 4, line.length)
}

/** The whole body, or 'too large' as soon as that is known, or 'gone' when the client left half way. */
export async function readBody(message: IncomingMessage, most: number): Promise<Uint8Array | 'too large' | 'gone'> {
  if (Number(message.headers['content-length'] ?? 0) > most) return 'too large'
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > most) return 'too large'
      chunks.push(chunk)
    }
  } catch {
    return 'gone' // The client is no longer there to be told anything.
  }
  return message.complete ? Buffer.concat(chunks) : 'gone'
}
