import { describe, expect, test } from 'vitest'
import { parseXml, type XmlDocument, type XmlElement, type XmlLimits } from '../../src/protocol/xml.ts'
import { attribute, child, childElements, childrenNamed, descendants, textOf } from '../../src/protocol/xml-lookup.ts'
import { escapeAttribute, escapeText } from '../../src/protocol/xml-write.ts'
import { run } from '../campaign/xml.ts'

function read(input: Uint8Array | string, limits?: Partial<XmlLimits>): XmlDocument {
  const outcome = parseXml(input, limits)
  if (!outcome.ok) throw new Error(outcome.fault.detail)
  return outcome.value
}
const root = (text: string): XmlElement => read(text).root
function refusal(input: Uint8Array | string, limits?: Partial<XmlLimits>): string {
  const outcome = parseXml(input, limits)
  return outcome.ok ? 'accepted' : `${outcome.fault.path.join('.')}: ${outcome.fault.detail}`
}

describe('a document is refused with invalid_xml', () => {
  test.each([
    ['', 'there is no root element'],
    ['  \n', 'there is no root element'],
    ['x<a/>', 'there is no root element'],
    ['xa/>', 'there is no root element'],
    ['<a', 'a start tag that is not well-formed'],
    ['<a>', 'an element does not end'],
    ['<a><b></a></b>', 'an end tag of another name'],
    ['<a></ab>', 'an end tag of another name'],
    ['<ab></a>', 'an end tag of another name'],
    ['<a></a', 'an end tag of another name'],
    ['<a/><b/>', 'something follows the root element'],
    ['<a/>x', 'something follows the root element'],
    ['<a/>&#32;', 'something follows the root element'],
    [' <?xml version="1.0"?><a/>', 'a processing instruction without a proper target'],
    ['<?xml version="1.1"?><a/>', 'the XML declaration is not that of XML 1.0'],
    ['<?xml version="1.0" standalone="maybe"?><a/>', 'the XML declaration is not that of XML 1.0'],
    ['<?xml encoding="UTF-8"?><a/>', 'the XML declaration is not that of XML 1.0'],
    ['<?xml version="1.0" standalone="yes" encoding="UTF-8"?><a/>', 'the XML declaration is not that of XML 1.0'],
    ['<!DOCTYPE a><a/>', 'a document type or other declaration'],
    ['<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', 'a document type or other declaration'],
    ['<a><!DOCTYPE a></a>', 'a document type or other declaration'],
    ['<a><!ELEMENT b></a>', 'a document type or other declaration'],
    ['<a>&x;</a>', 'a reference to an entity that is not declared'],
    ['<a>&</a>', '"&" begins no reference'],
    ['<a b="&"/>', '"&" begins no reference'],
    ['<a>& amp;</a>', 'a reference to an entity that is not declared'],
    ['<a>&AMP;</a>', 'a reference to an entity that is not declared'],
    ['<a>&#0;</a>', 'a reference to a character that XML does not allow'],
    ['<a>&#x1F;</a>', 'a reference to a character that XML does not allow'],
    ['<a>&#xD800;</a>', 'a reference to a character that XML does not allow'],
    ['<a>&#xFFFE;</a>', 'a reference to a character that XML does not allow'],
    ['<a>&#x110000;</a>', 'a reference to a character that XML does not allow'],
    ['<a>&#X41;</a>', 'a reference to an entity that is not declared'],
    ['<a>&#;</a>', 'a reference to an entity that is not declared'],
    ['<a>\u0000</a>', 'a character that XML does not allow'],
    ['<a>\u000b</a>', 'a character that XML does not allow'],
    ['<a b="\uffff"/>', 'a character that XML does not allow'],
    ['<!--\u0001--><a/>', 'a character that XML does not allow'],
    ['<a>\ud800</a>', 'half a surrogate pair'],
    ['<a>\udc00\ud800</a>', 'half a surrogate pair'],
    ['<a>]]></a>', '"]]>" in character data'],
    ['<a><![CDATA[x]]</a>', 'a CDATA section does not end'],
    ['<![CDATA[x]]><a/>', 'a document type or other declaration'],
    ['<a><!--x</a>', 'a comment does not end, or holds "--"'],
    ['<a><!-- -- --></a>', 'a comment does not end, or holds "--"'],
    ['<a><!-----></a>', 'a comment does not end, or holds "--"'],
    ['<a><?p</a>', 'a processing instruction does not end'],
    ['<a><?p!?></a>', 'a processing instruction does not end'],
    ['<a><? p?></a>', 'a processing instruction without a proper target'],
    ['<a><?XmL x?></a>', 'a processing instruction without a proper target'],
    ['<a><?p:q x?></a>', 'a processing instruction without a proper target'],
    ['<a b/>', 'an attribute without a value'],
    ['<a b=c/>', 'an attribute value without quotes'],
    ['<a b="c/>', '"<" in an attribute value, or no end of it'],
    ['<a b="<"/>', '"<" in an attribute value, or no end of it'],
    ['<a b="1"c="2"/>', 'a start tag that is not well-formed'],
    ['<a / >', 'a name that is not well-formed'],
    ['<a b="1" b="2"/>', 'an attribute twice'],
    ['<a xmlns:p="u" xmlns:q="u" p:b="1" q:b="2"/>', 'an attribute twice'],
    ['<a xmlns:p="u" xmlns:p="v"/>', 'a prefix declared twice'],
    ['<a xmlns="u" xmlns="v"/>', 'a prefix declared twice'],
    ['<p:a/>', 'a prefix that is not declared'],
    ['<a p:b="1"/>', 'a prefix that is not declared'],
    ['<a><b xmlns:p="u"/><p:c/></a>', 'a prefix that is not declared'],
    ['<a xmlns:p=""/>', 'a prefix cannot be undeclared'],
    ['<a xmlns:xml="u"/>', 'xml is bound to another namespace'],
    ['<a xmlns:p="http://www.w3.org/XML/1998/namespace"/>', 'xml is bound to another namespace'],
    ['<a xmlns="http://www.w3.org/2000/xmlns/"/>', 'xmlns is bound by nature'],
    ['<a xmlns:xmlns="u"/>', 'xmlns is bound by nature'],
    ['<xmlns:a/>', 'a prefix that is not declared'],
    ['< a/>', 'a name that is not well-formed'],
    ['<1/>', 'a name that is not well-formed'],
    ['<-a/>', 'a name that is not well-formed'],
    ['<a:b:c xmlns:a="u"/>', 'a name that is not well-formed'],
    ['<:a/>', 'a name that is not well-formed'],
    ['<a:/>', 'a name that is not well-formed'],
    ['<a:1 xmlns:a="u"/>', 'a name that is not well-formed'],
    ['<a \u00d7="1"/>', 'a name that is not well-formed'],
  ])('%j: %s', (text, reason) => {
    expect(refusal(text)).toMatch(new RegExp(`^invalid_xml: ${reason.replace(/[[\]?.*+()\\]/g, '\\$&')}.*, character \\d+$`))
  })
})

describe('values', () => {
  test('line ends become LF, but the CR of a reference stays (XML 1.0 §2.11)', () => {
    expect(textOf(root('<a>\r\n1\r2\n3&#13;\n4&#xD;&#xA;</a>'))).toBe('\n1\n2\n3\r\n4\r\n')
    expect(root('<a><!--\r\n--><?p x\r\ny?></a>').children).toEqual([
      { kind: 'comment', value: '\n' },
      { kind: 'instruction', target: 'p', value: 'x\ny' },
    ])
  })
  test('white space in an attribute becomes blanks, one for CR LF; that of references stays (§3.3.3)', () => {
    expect(attribute(root('<a b=" x\ty\nz\r\nw\rv&#9;&#10;&#13; "/>'), 'b')).toBe(' x y z w v\t\n\r ')
  })
  test('U+0085 and U+2028 are characters like others, and so is a mark inside', () => {
    expect(textOf(root('<a>\u0085\u2028\ufeff</a>'))).toBe('\u0085\u2028\ufeff')
  })
  test('references and CDATA sections are one text with what stands beside', () => {
    expect(root('<a>x&lt;<![CDATA[<&>]]>&#x1F600;y</a>').children).toEqual([{ kind: 'text', value: 'x<<&>\u{1f600}y' }])
    expect(root('<a><![CDATA[]]></a>').children).toEqual([])
  })
  test('a comment parts a text in two, and textOf joins it again', () => {
    const element = root('<a>1<!--x-->2<b>no</b>3</a>')
    expect(element.children.map(({ kind }) => kind)).toEqual(['text', 'comment', 'text', 'element', 'text'])
    expect(textOf(element)).toBe('123')
  })
  test('namespaces: declared, inherited, undeclared; none for attributes without a prefix', () => {
    const a = root('<a xmlns="u" xmlns:p="v" c="1" p:d="2"><b xmlns=""><p:e/></b><f/></a>')
    expect(a).toMatchObject({
      uri: 'u',
      namespaces: [
        { prefix: '', uri: 'u' },
        { prefix: 'p', uri: 'v' },
      ],
    })
    expect(a.attributes).toEqual([
      { name: 'c', prefix: '', local: 'c', uri: '', value: '1' },
      { name: 'p:d', prefix: 'p', local: 'd', uri: 'v', value: '2' },
    ])
    expect([...descendants(a)].map(({ local, uri }) => `${local} ${uri}`)).toEqual(['a u', 'b ', 'e v', 'f u'])
  })
  test('attributes of one local name in two namespaces are two', () => {
    expect(root('<a xmlns:p="u" b="1" p:b="2"/>').attributes).toHaveLength(2)
  })
})

test('offsets cut an element, its start tag and its content out of the text', () => {
  const { text, root: a } = read('<?xml version="1.0"?>\n<a><b x="1">t</b><c/></a>')
  const [b, c] = childElements(a) as [XmlElement, XmlElement]
  expect(text.slice(b.start, b.end)).toBe('<b x="1">t</b>')
  expect(text.slice(b.startEnd, b.endStart)).toBe('t')
  expect([text.slice(c.start, c.end), c.startEnd, c.endStart]).toEqual(['<c/>', c.end, c.end])
  expect(b.parent).toBe(a)
})

test('look-ups go by expanded name', () => {
  const a = root('<a xmlns="u" xmlns:p="v"><p:b>1</p:b><b>2</b><b>3</b></a>')
  expect(childrenNamed(a, 'u', 'b').map(textOf)).toEqual(['2', '3'])
  expect(textOf(child(a, 'v', 'b') as XmlElement)).toBe('1')
  expect(child(a, 'v', 'c')).toBeUndefined()
})

describe('encodings', () => {
  const text = '<a b="ñ">é</a>'
  const utf16 = Buffer.from(`\ufeff<?xml version="1.0" encoding="UTF-16"?>${text}`, 'utf16le')
  test.each<[string, Uint8Array]>([
    ['UTF-8', Buffer.from(text)],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${text}`)],
    ['UTF-8, declared in another letter case', Buffer.from(`<?xml version='1.0' encoding='utf-8'?>${text}`)],
    ['UTF-16LE', utf16],
    ['UTF-16BE', Buffer.from(utf16).swap16()],
    ['ISO-8859-1', Buffer.from(`<?xml version="1.0" encoding="ISO-8859-1"?>${text}`, 'latin1')],
    ['US-ASCII', Buffer.from('<?xml version="1.0" encoding="US-ASCII"?><a b="&#xF1;">&#xE9;</a>')],
  ])('%s is read', (_, bytes) => {
    const { root: a } = read(bytes)
    expect([attribute(a, 'b'), textOf(a)]).toEqual(['ñ', 'é'])
  })
  test.each<[string, Uint8Array]>([
    ['octets that are no UTF-8', Buffer.from([0x3c, 0x61, 0x3e, 0xe9, 0x3c, 0x2f, 0x61, 0x3e])],
    ['an overlong form', Buffer.from([0x3c, 0x61, 0xc0, 0xaf, 0x2f, 0x3e])],
    ['a surrogate in UTF-8', Buffer.from([0x3c, 0x61, 0x3e, 0xed, 0xa0, 0x80, 0x3c, 0x2f, 0x61, 0x3e])],
    ['a declaration that contradicts the mark', Buffer.from('\ufeff<?xml version="1.0" encoding="ISO-8859-1"?><a/>')],
    ['UTF-16 without a mark', utf16.subarray(2)],
    ['UTF-8 declared as UTF-16', Buffer.from('<?xml version="1.0" encoding="UTF-16"?><a/>')],
    ['an encoding we do not know', Buffer.from('<?xml version="1.0" encoding="windows-1252"?><a/>')],
    ['more than ASCII declared as ASCII', Buffer.from('<?xml version="1.0" encoding="US-ASCII"?><a>é</a>')],
    ['an odd number of octets in UTF-16', utf16.subarray(0, -1)],
  ])('%s: refused', (_, bytes) => {
    expect(refusal(bytes)).toMatch(/^invalid_xml: /)
  })
})

describe('limits', () => {
  const nested = (depth: number): string => '<a>'.repeat(depth) + '</a>'.repeat(depth)
  const flood = (count: number, make: (n: number) => string): string => Array.from({ length: count }, (_, n) => make(n)).join('')
  test('128 elements deep is read, 129 is refused', () => {
    expect(refusal(nested(128))).toBe('accepted')
    expect(refusal(nested(129))).toContain('deeper than 128 elements')
    expect(refusal(nested(10), { depth: 9 })).toContain('deeper than 9 elements')
  })
  test('256 attributes and declarations on one element are read, 257 are refused', () => {
    expect(refusal(`<a${flood(256, (n) => ` b${n}=""`)}/>`)).toBe('accepted')
    expect(refusal(`<a${flood(128, (n) => ` b${n}=""`)}${flood(129, (n) => ` xmlns:b${n}="u"`)}/>`)).toContain('more than 256 attributes')
  })
  test('nodes are counted over all kinds', () => {
    expect(refusal('<a b="1">t<!--c--><?p?><c/></a>', { nodes: 6 })).toBe('accepted')
    expect(refusal('<a b="1">t<!--c--><?p?><c/></a>', { nodes: 5 })).toContain('more than 5 nodes')
  })
  test('bytes', () => {
    expect(refusal('<a/>', { bytes: 3 })).toContain('larger than 3 bytes')
  })

  const wide = { attributes: 1_000_000, nodes: 4_000_000, depth: 1_000_000 }
  test.each<[string, (n: number) => string]>([
    ['attributes', (n) => `<a${flood(n, (each) => ` b${each}=""`)}/>`],
    ['declarations', (n) => `<a${flood(n, (each) => ` xmlns:b${each}="u"`)}/>`],
    ['nested elements', nested],
    ['nested declarations', (n) => flood(n, (each) => `<a xmlns:p${each}="u">`) + '</a>'.repeat(n)],
    ['siblings', (n) => `<a>${'<b/>'.repeat(n)}</a>`],
    ['CDATA sections in a row', (n) => `<a>${'<![CDATA[x]]>'.repeat(n)}</a>`],
    ['ampersands that begin nothing', (n) => `<a>${'&'.repeat(n)}</a>`],
    ['comments that do not end', (n) => `<a>${'<!-'.repeat(n)}</a>`],
    ['quotes that do not end', (n) => `<a b='${'"'.repeat(n)}`],
    ['line ends', (n) => `<a b="${'\r\n'.repeat(n)}">${'\r\n'.repeat(n)}</a>`],
    ['blanks in a declaration', (n) => `<?xml${' '.repeat(n)}`],
  ])('%s: ten times as many take about ten times as long', (_, make) => {
    const milliseconds = (text: string): number => {
      const before = process.threadCpuUsage() // CPU of this thread: the clock also counts the others on a busy machine.
      parseXml(text, wide)
      const { user, system } = process.threadCpuUsage(before)
      return (user + system) / 1000
    }
    const [small, large] = [make(20_000), make(200_000)]
    milliseconds(small)
    const base = Math.min(milliseconds(small), milliseconds(small), milliseconds(small))
    // Quadratic would be a hundred times, and minutes; a floor of 20 ms and a factor of 40 leave room for a busy machine.
    expect(Math.min(milliseconds(large), milliseconds(large), milliseconds(large))).toBeLessThan(40 * Math.max(base, 20))
  })
})

describe('what is written is read back', () => {
  const nasty = 'a<&>"\'\t\r\n\u0085\u2028\u{1f600} ]]> é'
  test('text and attributes, every character of it', () => {
    const a = root(`<a b="${escapeAttribute(nasty)}">${escapeText(nasty)}</a>`)
    expect([attribute(a, 'b'), textOf(a)]).toEqual([nasty, nasty])
  })
  test('characters that XML cannot hold become U+FFFD', () => {
    expect(textOf(root(`<a>${escapeText('\0\u000b\ud800x\udc00\uffff')}</a>`))).toBe('\ufffd\ufffd\ufffdx\ufffd\ufffd')
  })
})

test('a sample of the campaign: 4,000 documents, saxes and libxml2 as judges', async () => {
  const figures = await run(4_000, 20_261_124)
  const share = figures.accepted / figures.cases
  console.log(
    `XML: seed ${figures.seed}, ${figures.cases} cases, ${figures.accepted} accepted, ${figures.refused} refused, ` +
      `${figures.sameAsSaxes} as saxes, ${figures.canonicalized} canonicalized as libxml2, slowest ${figures.slowestMs.toFixed(1)} ms`,
  )
  expect(share).toBeGreaterThan(0.2)
  expect(share).toBeLessThan(0.8)
  expect(figures.slowestMs).toBeLessThan(20_000)
})
