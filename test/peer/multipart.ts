// Multipart as the protocol between servers writes it, octet by octet. Source: X-Road PR-MESST §3, RFC 2046 §5.1.

/** `type` is the value of content-type; `headers` are whole further lines. */
export type Part = { readonly type: string; readonly headers?: readonly string[]; readonly body: Buffer }
export type Multipart = { readonly type: string; readonly body: Buffer }

let counted = 0
/** 'xtop' and 30 letters, another one each time. */
export function newBoundary(prefix = 'xtop'): string {
  const digits = String(++counted).padStart(30, '0')
  return prefix + [...digits].map((digit) => 'abcdefghij'[Number(digit)]).join('')
}

export function writeMultipart(parts: readonly Part[], boundary = newBoundary(), subtype = 'mixed'): Multipart {
  const written = parts.map(({ type, headers = [], body }) =>
    Buffer.concat([Buffer.from(`--${boundary}\r\n${[`content-type: ${type}`, ...headers].join('\r\n')}\r\n\r\n`, 'latin1'), body, CRLF]),
  )
  return {
    type: `multipart/${subtype}; charset=UTF-8; boundary=${boundary}`,
    body: Buffer.concat([...written, Buffer.from(`--${boundary}--\r\n`)]),
  }
}
const CRLF = Buffer.from('\r\n')

/** The parts of a body, line ends of either kind, preamble and epilogue passed over. Throws when there is no boundary. */
export function readMultipart(type: string, body: Buffer): readonly Part[] {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(type) ?? []
  const boundary = quoted ?? plain
  if (boundary === undefined) throw new Error(`no boundary in ${type}`)
  const text = `\r\n${body.toString('latin1')}`
  const between = text.split(new RegExp(`\\r?\\n--${boundary.replace(/[^A-Za-z0-9]/g, '\\$&')}(?=\\r?\\n|--|[ \\t])`)).slice(1)
  return between.filter((each) => !each.startsWith('--')).map(partOf)
}

function partOf(text: string): Part {
  const [, head = '', rest = ''] = /^[ \t]*\r?\n((?:[^\r\n]+\r?\n)*)\r?\n([\s\S]*)$/.exec(text) ?? []
  const lines = head.split(/\r?\n/).filter((line) => line !== '')
  const isType = (line: string) => /^content-type:/i.test(line)
  const type = lines.find(isType)?.replace(/^[^:]*:\s*/, '') ?? 'text/plain'
  return { type, headers: lines.filter((line) => !isType(line)), body: Buffer.from(rest, 'latin1') }
}
