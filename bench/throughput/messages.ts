/**
 * Reads one message of HTTP/1.1 after another as their octets come, each asked or answered before the next: of a message what those who measure need,
 * its head and where its body ends, so that they take little of the machine that is measured. Its length must be said.
 */
export function messages(whole: (head: string) => void): (chunk: Buffer) => void {
  let text = '' // of a head that has not ended
  let head = ''
  let left = 0
  return (chunk) => {
    if (head) left -= chunk.length
    else {
      text += chunk.toString('latin1')
      const end = text.indexOf('\r\n\r\n')
      if (end < 0) return
      head = text.slice(0, end)
      left = lengthIn(head) - (text.length - end - 4)
      text = ''
    }
    if (left > 0) return
    const ended = head
    head = ''
    whole(ended)
  }
}

function lengthIn(head: string): number {
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
  if (length === undefined) throw new Error(`no length in ${head.slice(0, 300)}`)
  return Number(length)
}
