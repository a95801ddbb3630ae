import { checkHeaders, type Header, TOKEN } from '../../protocol/rest-headers.ts'

/** What a request says before its body. */
export type RequestHead = {
  readonly method: string
  readonly path: string
  readonly headers: readonly Header[]
  /** Octets of its body; null: it says nothing of a body. */
  readonly length: number | null
  /** Whether the connection should stay open for another. */
  readonly keepsOpen: boolean
}

const PATH = /^[\x21-\xff]+$/
const LIMITS = { count: 2000, bytes: 1024 * 1024 }

/**
 * The head as it goes out, headers as they are, in order; Content-Length and Connection come last. A character for each octet.
 * Throws for what could be read as more than one request: all of it was judged long before.
 */
export function requestHead({ method, path, headers, length, keepsOpen }: RequestHead): string {
  const checked = checkHeaders(headers, LIMITS)
  if (!checked.ok) throw new TypeError(`a request that cannot be sent: ${checked.fault.detail}`)
  if (!TOKEN.test(method) || !PATH.test(path)) throw new TypeError('a request that cannot be sent: its method or its path')
  let text = `${method} ${path} HTTP/1.1\r\n`
  for (const [name, value] of headers) text += `${name}: ${value}\r\n`
  if (length !== null) text += `content-length: ${length}\r\n`
  return `${text}Connection: ${keepsOpen ? 'keep-alive' : 'close'}\r\n\r\n`
}
