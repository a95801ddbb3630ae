import { describe, expect, test } from 'vitest'
import { readWsdl } from '../../../src/exchange/descriptions/wsdl.ts'
import { withoutAddresses } from '../../../src/exchange/descriptions/wsdl-addresses.ts'

type Parts = { readonly before?: string; readonly bindings?: string; readonly ports?: string; readonly root?: string }
const operation = (name: string, inside = '') => `<operation name="${name}"><soap:operation/>${inside}</operation>`
const port = (name: string, location: string) => `<port name="${name}" binding="tns:B"><soap:address location="${location}"/></port>`
const wsdl = ({
  before = '',
  bindings,
  ports = port('P', 'https://padron.example/soap'),
  root = 'xmlns="http://schemas.xmlsoap.org/wsdl/"',
}: Parts = {}) =>
  `<definitions ${root} xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/"
   xmlns:xrd="http://x-road.eu/xsd/xroad.xsd" xmlns:tns="urn:t" targetNamespace="urn:t">${before}
   <portType name="T"><operation name="consulta"/></portType>
   ${bindings ?? `<binding name="B" type="tns:T">${operation('consulta', '<xrd:version>v1</xrd:version>')}</binding>`}
   <service name="S">${ports}</service></definitions>`
const read = (text: string) => {
  const outcome = readWsdl(Buffer.from(text))
  return outcome.ok ? outcome.value : outcome.fault.detail
}
const services = (text: string) => {
  const found = read(text)
  return typeof found === 'string' ? found : found.services
}

describe('a WSDL document', () => {
  test('gives a service for each operation, with its version and the address of its port', () =>
    expect(read(wsdl())).toEqual({ services: [{ code: 'consulta', version: 'v1', url: 'https://padron.example/soap' }], warnings: [] }))
  test('may leave the version out', () =>
    expect(services(wsdl({ bindings: `<binding name="B" type="tns:T">${operation('consulta')}</binding>` }))).toEqual([
      { code: 'consulta', url: 'https://padron.example/soap' },
    ]))
  test('may put a version in any namespace of its own', () =>
    expect(
      services(wsdl({ bindings: `<binding name="B">${operation('a', '<v:version xmlns:v="urn:old"> 2 </v:version>')}</binding>` })),
    ).toEqual([{ code: 'a', version: '2', url: 'https://padron.example/soap' }]))
  test('describes services at SOAP 1.1 addresses only', () => {
    const soap12 = '<port name="P12" binding="tns:B"><soap12:address location="https://padron.example/12"/></port>'
    expect(services(wsdl({ ports: soap12 + port('P', 'https://padron.example/11') }))).toHaveLength(1)
    expect(services(wsdl({ ports: soap12 }))).toMatch(/no service with a SOAP 1.1 address/)
  })
  test('warns of an operation that the binding leaves out', () => {
    const found = read(wsdl({ bindings: `<binding name="B" type="tns:T">${operation('otra')}</binding>` }))
    expect(found).toMatchObject({ warnings: ['binding "B" leaves out the operation "consulta"'] })
  })
  test('may import schemas, which nobody fetches', () =>
    expect(
      services(
        wsdl({ before: '<types><s:schema xmlns:s="urn:s"><s:import schemaLocation="http://169.254.169.254/"/></s:schema></types>' }),
      ),
    ).toHaveLength(1))
})

describe('refused, with what stands in the way', () => {
  const rows: readonly (readonly [what: string, text: string, why: RegExp])[] = [
    ['a document type', `<!DOCTYPE definitions [<!ENTITY a "b">]>${wsdl()}`, /document type/],
    ['an entity', wsdl({ before: '<documentation>&a;</documentation>' }), /WSDL: .*character/],
    [
      'an import of another WSDL document',
      wsdl({ before: '<import namespace="urn:o" location="o.wsdl"/>' }),
      /imports another document; put everything into one/,
    ],
    ['WSDL 2.0', '<description xmlns="http://www.w3.org/ns/wsdl"/>', /WSDL 2.0 is not supported/],
    ['another document', '<a/>', /not definitions of WSDL 1.1/],
    ['no XML', 'FooBar!', /character 0/],
    ['nothing', '', /WSDL: /],
    ['a port bound to nothing', wsdl({ bindings: '' }), /port "P" is bound to nothing/],
    ['a port with an empty address', wsdl({ ports: port('P', ' ') }), /port "P" has no address/],
    ['an address without location', wsdl({ ports: '<port name="P" binding="B"><soap:address/></port>' }), /port "P" has no address/],
    [
      'the same service at two ports',
      wsdl({ ports: port('P', 'https://a.example') + port('Q', 'https://b.example') }),
      /consulta\.v1 is described twice/,
    ],
    [
      'the same service in another letter case',
      wsdl({ bindings: `<binding name="B">${operation('a')}${operation('A')}</binding>` }),
      /A is described twice/,
    ],
    ['an operation without a name', wsdl({ bindings: '<binding name="B"><operation/></binding>' }), /service code is empty/],
    ['a code with a slash', wsdl({ bindings: `<binding name="B">${operation('a/b')}</binding>` }), /service code "a\/b" holds "\/"/],
    [
      'a code with an invisible space',
      wsdl({ bindings: `<binding name="B">${operation('a\u200bb')}</binding>` }),
      /an invisible character/,
    ],
    [
      'a version with a semicolon',
      wsdl({ bindings: `<binding name="B">${operation('a', '<xrd:version>1;2</xrd:version>')}</binding>` }),
      /"1;2" holds ";"/,
    ],
    ['a reserved code', wsdl({ bindings: `<binding name="B">${operation('getWsdl')}</binding>` }), /nodes answer by themselves/],
    ['what is too large', wsdl({ before: `<documentation>${'x'.repeat(4 * 1024 * 1024)}</documentation>` }), /larger than/],
    ['what is too deep', wsdl({ before: '<d>'.repeat(100) + '</d>'.repeat(100) }), /deep/],
  ]
  test.each(rows)('%s', (_, text, why) => expect(read(text)).toMatch(why))
})

describe('a WSDL document for others', () => {
  const hide = (bytes: Uint8Array) => {
    const outcome = withoutAddresses(bytes)
    return outcome.ok ? Buffer.from(outcome.value).toString() : outcome.fault.path.join('.')
  }
  test('names no address of a port, of whatever kind, and is otherwise the same', () => {
    const soap12 = `<port name="Q" binding="tns:B"><soap12:address\n  note='location="no"' location = 'http://10.0.0.1/12' /></port>`
    const text = wsdl({
      ports: port('P', 'http://10.0.0.1/&amp;11') + soap12,
      before: '<!-- <soap:address location="http://c"/> --><x>\r\n</x>',
    })
    const said = hide(Buffer.from(text))
    expect(said).not.toMatch(/10\.0\.0\.1/)
    expect(said.match(/http:\/\/example\.org\/xroad-endpoint/g)).toHaveLength(2)
    expect(said).toBe(
      text
        .replace('http://10.0.0.1/&amp;11', 'http://example.org/xroad-endpoint')
        .replace('http://10.0.0.1/12', 'http://example.org/xroad-endpoint'),
    )
  })
  test('goes out in UTF-8 and says so, whatever it was written in', () => {
    const text = `<?xml version='1.0' encoding='ISO-8859-1'?>${wsdl({ before: '<documentation>Querétaro</documentation>' })}`
    const said = hide(Buffer.from(text, 'latin1'))
    expect(said.startsWith(`<?xml version='1.0' encoding="UTF-8"?>`)).toBe(true)
    expect(said).toContain('Querétaro')
  })
  test('with a document type is refused', () => expect(hide(Buffer.from(`<!DOCTYPE a>${wsdl()}`))).toBe('invalid_xml'))
})
