import { SaxesParser } from 'saxes'
import { sorted } from './soap-envelopes.ts'

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/'
const XROAD = 'http://x-road.eu/xsd/xroad.xsd'
const IDS = 'http://x-road.eu/xsd/identifiers'
const OTHERS: Record<string, string> = {
  representedParty: 'http://x-road.eu/xsd/representation.xsd',
  securityToken: 'http://x-road.eu/xsd/security-token.xsd',
}
const KINDS: Record<string, readonly string[]> = { client: ['MEMBER', 'SUBSYSTEM'], service: ['SERVICE'], securityServer: ['SERVER'] }
const NEEDED: Record<string, string> = { client: 'memberCode', service: 'serviceCode', securityServer: 'serverCode' }
const COMPONENTS = ['xRoadInstance', 'memberClass', 'memberCode', 'subsystemCode', 'serviceCode', 'serviceVersion', 'serverCode']
const TEXTS = ['id', 'protocolVersion', 'userId', 'issue', 'requestHash']
const ALL = [...Object.keys(KINDS), ...TEXTS, ...Object.keys(OTHERS)]

/** Stops the reading with a code. */
class Stop {
  readonly code: string
  constructor(code: string) {
    this.code = code
  }
}
type Tag = { readonly uri: string; readonly local: string; text: string; readonly kind: string }

/** The oracle: an event reader of its own over saxes, which judges as the events come. The fields in JSON, 'fault', or the code of the refusal. */
export function saxVerdict(text: string): string {
  const frame = new Frame()
  const reading = new Reading()
  return told(text, frame) ?? told(text, reading) ?? reading.end()
}

type Listener = {
  readonly open: (tag: Tag) => void
  readonly text: (value: string) => void
  readonly close: () => void
  readonly judge: () => string | undefined
}

/** Tells a listener the events; gives a code when it stops, when the text is not well-formed, or when it judges so at the end. */
function told(text: string, listener: Listener): string | undefined {
  const parser = new SaxesParser({ xmlns: true })
  parser.on('opentag', ({ uri, local, attributes }) => {
    const kind = Object.values(attributes).find((each) => each.uri === IDS && each.local === 'objectType')?.value
    listener.open({ uri, local, text: '', kind: kind ?? '' })
  })
  parser.on('closetag', () => listener.close())
  parser.on('text', (value) => listener.text(value))
  parser.on('cdata', (value) => listener.text(value))
  parser.on('doctype', () => {
    throw new Stop('invalid_soap')
  })
  try {
    parser.write(text).close()
    return listener.judge()
  } catch (problem) {
    return problem instanceof Stop ? problem.code : 'invalid_soap'
  }
}

/** Root, headers and bodies: what is judged before any field. */
class Frame implements Listener {
  readonly #path: Tag[] = []
  readonly #seen: string[] = []

  open(tag: Tag): void {
    this.#path.push(tag)
    if (this.#path.length > 3 || (this.#path.length === 3 && this.#path[1]?.local !== 'Body')) return
    this.#seen.push(`${this.#path.length}${tag.uri === SOAP ? tag.local : '?'}`)
  }
  text(): void {}
  close(): void {
    this.#path.pop()
  }
  judge(): string | undefined {
    const count = (what: string) => this.#seen.filter((each) => each === what).length
    if (count('1Envelope') !== 1 || count('2Header') > 1 || count('2Body') > 1) return 'invalid_soap'
    return this.#seen.filter((each) => each.startsWith('3')).join() === '3Fault' ? 'fault' : undefined
  }
}

/** The fields, and what is missing when all is read. */
class Reading implements Listener {
  readonly #path: Tag[] = []
  readonly #fields: Record<string, string> = {}
  #components: Record<string, string> = {}
  readonly #calls: Tag[] = []
  #headers = 0
  #bodies = 0

  open(tag: Tag): void {
    this.#path.push(tag)
    const [depth, parent] = [this.#path.length, this.#path.at(-2)]
    if (depth === 2 && tag.uri === SOAP && tag.local === 'Header') this.#headers++
    if (depth === 2 && tag.uri === SOAP && tag.local === 'Body') this.#bodies++
    if (depth === 3 && parent?.uri === SOAP && parent.local === 'Body') this.#calls.push(tag)
    const field = this.#field()
    if (!field) return
    if (field in this.#fields) throw new Stop('duplicate_header_field')
    this.#components = {}
    if (KINDS[field] && !KINDS[field].includes(tag.kind)) throw new Stop('invalid_xml')
  }

  text(value: string): void {
    const tag = this.#path.at(-1)
    if (tag) tag.text += value
  }

  close(): void {
    const [tag, field] = [this.#path.at(-1) as Tag, this.#field()]
    if (field)
      this.#fields[field] = KINDS[field]
        ? this.#identifier(field)
        : OTHERS[field] && field === 'representedParty'
          ? this.#party()
          : tag.text
    this.#path.pop()
    const outer = this.#field()
    if (outer && KINDS[outer] && tag.uri === IDS && COMPONENTS.includes(tag.local)) {
      if (tag.local in this.#components) throw new Stop('duplicate_header_field')
      if (tag.text.trim() === '') throw new Stop('invalid_xml')
      this.#components[tag.local] = tag.text
    }
    if (outer === 'representedParty' && tag.uri === OTHERS.representedParty) this.#components[tag.local] = tag.text
  }

  /** The name of the header field that is open and innermost. */
  #field(): string | undefined {
    const [envelope, header, tag, ...deeper] = this.#path
    if (!envelope || !header || !tag || deeper.length > 0 || header.uri !== SOAP || header.local !== 'Header') return undefined
    return ALL.includes(tag.local) && tag.uri === (OTHERS[tag.local] ?? XROAD) ? tag.local : undefined
  }

  #identifier(field: string): string {
    const needed = ['xRoadInstance', 'memberClass', 'memberCode', NEEDED[field] as string]
    if (needed.some((name) => !(name in this.#components))) throw new Stop('invalid_xml')
    return Object.entries(this.#components)
      .map(([name, value]) => `${name}=${value}`)
      .sort()
      .join('|')
  }

  #party(): string {
    if (!('partyCode' in this.#components)) throw new Stop('invalid_xml')
    return this.#components.partyCode as string
  }

  judge(): undefined {}

  end(): string {
    if (this.#headers === 0) return 'missing_header'
    const { protocolVersion, service } = this.#fields
    if (protocolVersion === undefined) return 'missing_header_field'
    if (!protocolVersion.startsWith('4.')) return 'invalid_protocol_version'
    if (['client', 'id', 'service'].some((name) => this.#fields[name] === undefined)) return 'missing_header_field'
    if (this.#bodies === 0) return 'missing_body'
    if (this.#calls.length !== 1) return 'invalid_body'
    const [called = { local: '' }] = this.#calls
    const code = /(?:^|\|)serviceCode=([^|]*)/.exec(service ?? '')?.[1] ?? ''
    return called.local.startsWith(code) ? JSON.stringify({ ...sorted(this.#fields), call: called.local }) : 'inconsistent_headers'
  }
}
