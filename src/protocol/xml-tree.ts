/** An attribute that is not a namespace declaration. `value` is normalised as XML 1.0 §3.3.3 says. */
export type XmlAttribute = {
  readonly name: string
  readonly prefix: string
  readonly local: string
  readonly uri: string
  readonly value: string
}
/** `uri` is '' for `xmlns=""`. */
export type XmlNamespace = { readonly prefix: string; readonly uri: string }

/** An element in its document. The four offsets count characters (UTF-16 units) of the document's `text`. */
export type XmlElement = {
  readonly kind: 'element'
  readonly name: string
  readonly prefix: string
  readonly local: string
  readonly uri: string
  readonly attributes: readonly XmlAttribute[]
  /** Declared on this very element, in document order. */
  readonly namespaces: readonly XmlNamespace[]
  readonly children: readonly XmlNode[]
  readonly parent: XmlElement | null
  /** Of '<'. */
  readonly start: number
  /** Just after the '>' of the start tag. */
  readonly startEnd: number
  /** Of the '<' of the end tag; equals `end` for `<a/>`. */
  readonly endStart: number
  readonly end: number
}
/** Character data with references resolved and CDATA sections dissolved: never two in a row. */
export type XmlText = { readonly kind: 'text'; readonly value: string }
export type XmlComment = { readonly kind: 'comment'; readonly value: string }
export type XmlInstruction = { readonly kind: 'instruction'; readonly target: string; readonly value: string }
export type XmlNode = XmlElement | XmlText | XmlComment | XmlInstruction

/** `before` and `after` hold the comments and instructions round the root element. `text` is without byte order mark. */
export type XmlDocument = {
  readonly root: XmlElement
  readonly before: readonly XmlNode[]
  readonly after: readonly XmlNode[]
  readonly text: string
}

/** A start tag may hold `attributes` attributes and declarations together; `nodes` counts every node, attribute and declaration. */
export type XmlLimits = {
  readonly bytes: number
  readonly depth: number
  readonly attributes: number
  readonly nodes: number
}

/** Thrown inside the reader and caught by `parseXml`, which answers `invalid_xml`. */
export class NotWellFormed {
  readonly reason: string
  readonly at: number
  constructor(reason: string, at: number) {
    this.reason = reason
    this.at = at
  }
}
