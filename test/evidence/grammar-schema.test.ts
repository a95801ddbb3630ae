import { XmlBufferInputProvider, XmlDocument, XsdValidator, xmlCleanupInputProvider, xmlRegisterInputProvider } from 'libxml2-wasm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { violation } from '../../src/evidence/grammar.ts'
import { readChain, readChainResult } from '../../src/evidence/hash-chain-documents.ts'
import { sealBatch } from '../../src/evidence/seal.ts'
import { withTimestamp } from '../../src/evidence/signature-document.ts'
import { SIGNATURE_GRAMMAR } from '../../src/evidence/signature-grammar.ts'
import { sha512 } from '../../src/protocol/digests.ts'
import type { SignatureDocuments } from '../../src/protocol/signature-documents.ts'
import { parseXml, type XmlElement } from '../../src/protocol/xml.ts'
import { childElements, descendants } from '../../src/protocol/xml-lookup.ts'
import { type Seeded, seeded } from '../campaign/seeded.ts'
import { NOON, sign } from '../trust/authority.ts'
import { vector, vectors } from '../vectors.ts'
import { materialOf, must, workshop } from './containers.ts'

const SCHEMAS = ['xmldsig-core-schema.xsd', 'xades-schema.xsd', 'hashchain.xsd']

describe.skipIf(vectors() === null)('our grammars are the schemas of stock servers', () => {
  let validators: ReadonlyMap<string, XsdValidator>
  beforeAll(() => {
    const found = Object.fromEntries(SCHEMAS.map((name) => [name, vector(`schemas/${name}`)]))
    xmlRegisterInputProvider(new XmlBufferInputProvider(found))
    validators = new Map(
      SCHEMAS.slice(1).map((name) => {
        using document = XmlDocument.fromBuffer(found[name] as Uint8Array, { url: name })
        return [name, XsdValidator.fromDoc(document)]
      }),
    )
  })
  afterAll(() => {
    for (const validator of validators.values()) validator.dispose()
    xmlCleanupInputProvider()
  })

  const validates = (schema: string, text: string): boolean => {
    try {
      using document = XmlDocument.fromString(text)
      validators.get(schema)?.validate(document)
      return true
    } catch {
      return false
    }
  }

  /** One change in the structure of a document: an element away, twice, moved or renamed; an attribute or a text more, less or other. */
  function changed(text: string, random: Seeded): string {
    const { root } = must(parseXml(text))
    const element = random.pick([...descendants(root)].filter((each) => each !== root))
    const own = text.slice(element.start, element.end)
    const replace = (from: number, to: number, by: string): string => text.slice(0, from) + by + text.slice(to)
    const open = element.startEnd - (own.startsWith('<') && text[element.startEnd - 2] === '/' ? 2 : 1)
    const other = random.pick([...descendants(root)].filter((each) => each.end > each.startEnd))
    return random.pick([
      () => replace(element.start, element.end, ''),
      () => replace(element.end, element.end, own),
      () =>
        replace(
          element.start,
          element.end,
          own.replaceAll(element.local, random.pick(['Unknown', 'DigestValue', 'Transforms', 'StepRef'])),
        ),
      () => swapped(text, element),
      () => replace(other.startEnd, other.startEnd, random.pick(['text', ' ', '<x:y xmlns:x="urn:x"/>', own])),
      () => replace(open, open, random.pick([' Id="new"', ' Id="1"', ' other="1"', ' URI="x"', ' xmlns:x="urn:x" x:a="1"'])),
      () => replace(element.start, element.startEnd, text.slice(element.start, element.startEnd).replace(/ [A-Za-z]+="[^"]*"/, '')),
      () => replace(element.startEnd, element.endStart, random.pick(['', 'x', '1', 'AA=='])),
    ])()
  }

  function swapped(text: string, element: XmlElement): string {
    const siblings = element.parent ? childElements(element.parent) : []
    const next = siblings[siblings.indexOf(element) + 1]
    if (!next) return text
    return [
      text.slice(0, element.start),
      text.slice(next.start, next.end),
      text.slice(element.end, next.start),
      text.slice(element.start, element.end),
      text.slice(next.end),
    ].join('')
  }

  function compare(what: string, text: string, schema: string, ours: (text: string) => boolean): void {
    const random = seeded(7)
    expect([ours(text), validates(schema, text)]).toEqual([true, true])
    const figures = { both: 0, neither: 0 }
    const differ: string[] = []
    for (let n = 0; n < 1_500; n++) {
      const edited = changed(text, random)
      if (!parseXml(edited).ok) continue
      const [mine, theirs] = [ours(edited), validates(schema, edited)]
      if (mine !== theirs) differ.push(`${mine ? 'taken' : 'refused'} by us only: ${differenceOf(text, edited)}`)
      else figures[mine ? 'both' : 'neither']++
    }
    console.log(`${what}: ${figures.both} taken by both, ${figures.neither} refused by both, ${differ.length} judged otherwise`)
    expect(differ).toEqual([])
    expect(Math.min(figures.both, figures.neither)).toBeGreaterThan(50)
  }

  test('XML Signature and XAdES 1.3.2', async () => {
    const shop = await workshop()
    const parts = [
      { name: '/message.xml', sha512: sha512(Buffer.from('m')) },
      { name: '/attachment1', sha512: sha512(Buffer.from('a')) },
    ]
    const [sealed] = await sealBatch([parts], await materialOf(shop.signers.difBelow, NOON, shop), sign, NOON)
    const whole = Buffer.from(withTimestamp(sealed?.signature as Uint8Array, Buffer.from('token'))).toString('utf8')
    const declarations = /<asic:XAdESSignatures( [^>]*)>/.exec(whole)?.[1]
    const text = whole
      .slice(whole.indexOf('<ds:Signature'), whole.indexOf('</asic:'))
      .replace('<ds:Signature', `<ds:Signature${declarations}`)
    compare('signatures', text, 'xades-schema.xsd', (each) => violation(must(parseXml(each)).root, SIGNATURE_GRAMMAR, 'anything') === null)
    const bytes = (each: string): Uint8Array => Buffer.from(each)
    const { result, chain } = (sealed as Required<SignatureDocuments>).chain
    compare('hash chains', Buffer.from(chain).toString(), 'hashchain.xsd', (each) => readChain(bytes(each)).ok)
    compare('hash chain results', Buffer.from(result).toString(), 'hashchain.xsd', (each) => readChainResult(bytes(each)).ok)
  })
})

/** Where two texts differ, for the message. */
function differenceOf(before: string, after: string): string {
  let start = 0
  while (before[start] === after[start] && start < before.length) start++
  return `${after.slice(Math.max(0, start - 80), start)}»${after.slice(start, start + 100)}`
}
