import { describe, expect, test } from 'vitest'
import { instant } from '../../src/base/clock.ts'
import { containerName, openContainer, packContainer, readContainer } from '../../src/evidence/asic.ts'
import { ENTRY } from '../../src/evidence/asic-entries.ts'
import { asicManifest, openDocumentManifest } from '../../src/evidence/manifest.ts'
import { readZip } from '../../src/evidence/zip.ts'
import { codeOf } from '../../src/protocol/faults.ts'
import { vector, vectors } from '../vectors.ts'
import { fileContainers, must } from './containers.ts'

const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8')
const AT = instant(Date.UTC(2025, 0, 2, 3, 4, 5))
const DOCUMENTS = { signature: utf8('<s/>'), chain: { result: utf8('<r/>'), chain: utf8('<c/>') } }
const STAMP = { token: utf8('token'), chain: { result: utf8('<tr/>'), chain: utf8('<tc/>') } }

describe('a container', () => {
  test('holds its entries in the order of stock servers, and only those that are kept', async () => {
    const bytes = packContainer({ message: utf8('GET'), documents: DOCUMENTS, attachments: [null, utf8('b')], stamp: STAMP, at: AT })
    expect([...must(await readZip(bytes)).keys()]).toEqual([
      'mimetype',
      'message.xml',
      'META-INF/signatures.xml',
      'sig-hashchainresult.xml',
      'sig-hashchain.xml',
      'ts-hashchainresult.xml',
      'ts-hashchain.xml',
      'META-INF/manifest.xml',
      'META-INF/ASiCManifest.xml',
      'META-INF/timestamp.tst',
      'attachment2',
    ])
  })

  test('is the same bytes for the same contents', () => {
    const contents = { message: utf8('GET'), documents: DOCUMENTS, attachments: [], stamp: STAMP, at: AT }
    expect(Buffer.from(packContainer(contents)).equals(packContainer(contents))).toBe(true)
  })

  test('reads back as it was packed', async () => {
    for (const form of ['whole', 'value'] as const)
      for (const { message, documents, attachments, bytes } of await fileContainers(8, form)) {
        const container = must(await readContainer(bytes))
        expect(container.message).toEqual(Buffer.from(message))
        expect(container.documents.chain && Buffer.from(container.documents.chain.chain)).toEqual(
          documents.chain && Buffer.from(documents.chain.chain),
        )
        expect(container.stamp.from).toBe(form === 'whole' ? 'entry' : 'signature')
        expect(attachments.map((_, index) => container.entries.get(`attachment${index + 1}`))).toEqual(
          attachments.map((each) => Buffer.from(each)),
        )
      }
  })

  test.each([
    ['LB-0001', 'request', 26, 'LB-0001-request-q.asice'],
    ['a b/c~ñ*-_.', 'response', 1, 'a+b%2Fc%7E%C3%B1*-_.-response-1.asice'],
    ['x'.repeat(300), 'request', 1_000_000, `${'x'.repeat(226)}-request-ugi0.asice`],
  ] as const)('is named by its message: %s %s %i', (messageId, direction, sequence, name) => {
    expect(containerName(messageId, direction, sequence)).toBe(name)
  })
})

describe('opening a container', () => {
  const stamped = '<a xmlns:xades="u"><xades:EncapsulatedTimeStamp>QUJD</xades:EncapsulatedTimeStamp></a>'
  const good = { [ENTRY.mimetype]: 'application/vnd.etsi.asic-e+zip', [ENTRY.message]: 'GET', [ENTRY.signature]: stamped }
  const code = (change: Record<string, string | undefined>): string => {
    const entries = Object.entries({ ...good, ...change }).flatMap(([name, text]) =>
      text === undefined ? [] : [[name, utf8(text)] as const],
    )
    const opened = openContainer(new Map(entries))
    return opened.ok ? 'opened' : codeOf(opened.fault)
  }

  test.each([
    ['as it should be', {}, 'opened'],
    ['without mimetype', { [ENTRY.mimetype]: undefined }, 'asic_mime_type_not_found'],
    ['with a blank mimetype', { [ENTRY.mimetype]: ' \n' }, 'asic_mime_type_not_found'],
    ['with another mimetype', { [ENTRY.mimetype]: 'application/zip' }, 'asic_invalid_mime_type'],
    ['with a line feed behind the mimetype', { [ENTRY.mimetype]: `${good.mimetype}\n` }, 'asic_invalid_mime_type'],
    ['with the mimetype in upper case', { [ENTRY.mimetype]: good.mimetype?.toUpperCase() }, 'opened'],
    ['without message', { [ENTRY.message]: undefined }, 'asic_message_not_found'],
    [
      'with a message of another name',
      { [ENTRY.message]: undefined, 'MESSAGE.XML': 'GET', '/message.xml': 'GET' },
      'asic_message_not_found',
    ],
    ['with a blank signature', { [ENTRY.signature]: '  ' }, 'asic_signature_not_found'],
    [
      'with a signature of another name',
      { [ENTRY.signature]: undefined, 'META-INF/mysignatures1.xml': stamped },
      'asic_signature_not_found',
    ],
    ['with a chain but no result', { [ENTRY.signatureChain]: '<c/>' }, 'asic_hash_chain_result_not_found'],
    ['with a result but no chain', { [ENTRY.signatureChainResult]: '<r/>' }, 'asic_hash_chain_not_found'],
    ['with a blank chain', { [ENTRY.signatureChainResult]: '<r/>', [ENTRY.signatureChain]: ' ' }, 'asic_hash_chain_not_found'],
    ['with a signature that is no XML', { [ENTRY.signature]: 'rubbish' }, 'invalid_xml'],
    ['with a signature with a document type', { [ENTRY.signature]: `<!DOCTYPE a>${stamped}` }, 'invalid_xml'],
    ['without a time stamp', { [ENTRY.signature]: '<a/>' }, 'malformed_signature'],
    [
      'with a time stamp in the old place',
      { [ENTRY.signature]: '<a xmlns:xades="u"><xades:SignatureTimeStamp>QUJD</xades:SignatureTimeStamp></a>' },
      'opened',
    ],
    [
      'with a time stamp under another prefix',
      { [ENTRY.signature]: stamped.replaceAll('xades:', 'x:').replace('xmlns:xades', 'xmlns:x') },
      'malformed_signature',
    ],
    ['with an empty time stamp inside', { [ENTRY.signature]: stamped.replace('QUJD', '') }, 'asic_timestamp_not_found'],
    ['with an empty time stamp entry', { [ENTRY.token]: '' }, 'asic_timestamp_not_found'],
    ['with a stamp chain but no result', { [ENTRY.stampChain]: '<c/>' }, 'asic_hash_chain_result_not_found'],
    ['with a stamp result but no chain', { [ENTRY.stampChainResult]: '<r/>' }, 'asic_hash_chain_not_found'],
    ['with a blank manifest', { [ENTRY.manifest]: ' ' }, 'asic_manifest_not_found'],
    ['with a blank ASiC manifest', { [ENTRY.asicManifest]: '' }, 'asic_manifest_not_found'],
    [
      'with several faults: the first in order counts',
      { [ENTRY.manifest]: '', [ENTRY.message]: '', [ENTRY.signature]: '' },
      'asic_message_not_found',
    ],
  ] as [string, Record<string, string | undefined>, string][])('%s', (_what, change, expected) => {
    expect(code(change)).toBe(expected)
  })
})

describe.skipIf(!vectors())('the manifests in containers of stock servers', () => {
  const files = [
    'asice/valid-batch-ts.asice',
    'asice/valid-signed-message.asice',
    'asice/valid-signed-hashchain.asice',
    'asice/valid-non-batch-rest.asice',
    'asice/valid-signed-message-with-attachments.asice',
    'asice/cs/ID1234-request-3.asice',
    'asice/cs/ID1234-response-9.asice',
  ]
  test.each(files)('are byte for byte what we write: %s', async (file) => {
    const entries = must(await readZip(vector(file)))
    expect(Buffer.from(entries.get(ENTRY.manifest) ?? []).toString()).toBe(
      Buffer.from(openDocumentManifest([...entries.keys()])).toString(),
    )
    const result = entries.get(ENTRY.stampChainResult)
    if (result) expect(Buffer.from(entries.get(ENTRY.asicManifest) ?? []).toString()).toBe(Buffer.from(asicManifest(result)).toString())
  })
})
