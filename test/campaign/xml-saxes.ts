import { SaxesParser } from 'saxes'
import type { XmlDocument, XmlNode } from '../../src/protocol/xml.ts'

/** The events of a document, one a line, as saxes tells them; null when it refuses it or meets a document type. */
export function saxesEvents(text: string): string | null {
  const events: string[] = []
  let pending = ''
  const flush = (): void => {
    if (pending !== '') events.push(`text ${JSON.stringify(pending)}`)
    pending = ''
  }
  const parser = new SaxesParser({ xmlns: true })
  let depth = 0
  parser.on('opentag', (tag) => {
    flush()
    depth++
    events.push(`open {${tag.uri}}${tag.local}`)
    const attributes = Object.values(tag.attributes).filter(({ name, prefix }) => name !== 'xmlns' && prefix !== 'xmlns')
    for (const { uri, local, value } of attributes) events.push(`attribute {${uri}}${local} ${JSON.stringify(value)}`)
  })
  parser.on('closetag', () => {
    flush()
    depth--
    events.push('close')
  })
  parser.on('text', (value) => {
    if (depth > 0) pending += value
  })
  parser.on('cdata', (value) => {
    pending += value
  })
  parser.on('comment', (value) => {
    flush()
    events.push(`comment ${JSON.stringify(value)}`)
  })
  parser.on('processinginstruction', ({ target, body }) => {
    flush()
    events.push(`instruction ${target} ${JSON.stringify(body)}`)
  })
  parser.on('doctype', () => {
    throw new Error('document type')
  })
  try {
    parser.write(text).close()
    return events.join('\n')
  } catch {
    return null
  }
}

/** The same lines from our tree. saxes trims namespace names, which Namespaces in XML does not ask for: so they are trimmed here. */
export function treeEvents({ before, root, after }: XmlDocument): string {
  const events: string[] = []
  const visit = (node: XmlNode): void => {
    if (node.kind === 'text') events.push(`text ${JSON.stringify(node.value)}`)
    else if (node.kind === 'comment') events.push(`comment ${JSON.stringify(node.value)}`)
    else if (node.kind === 'instruction') events.push(`instruction ${node.target} ${JSON.stringify(node.value)}`)
    else {
      events.push(`open {${node.uri.trim()}}${node.local}`)
      for (const { uri, local, value } of node.attributes) events.push(`attribute {${uri.trim()}}${local} ${JSON.stringify(value)}`)
      for (const each of node.children) visit(each)
      events.push('close')
    }
  }
  for (const node of [...before, root, ...after]) visit(node)
  return events.join('\n')
}
