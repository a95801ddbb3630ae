import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { boundaryOf, readContentType } from '../../src/protocol/content-type.ts'
import { codeOf, type Outcome } from '../../src/protocol/faults.ts'
import { formatId } from '../../src/protocol/identifiers.ts'
import { type Part, readMultipart } from '../../src/protocol/multipart.ts'
import {
  decodeSoap,
  encodeSoap,
  forConsumer,
  originalContentType,
  packageDigests,
  readSoap,
  readSoapAnswer,
  readSoapCall,
  type SoapMessage,
  type SoapTransport,
  soapAnswers,
  soapRequestHash,
  withRequestHash,
} from '../../src/protocol/soap-message.ts'
import { vector, vectors } from '../vectors.ts'
import { type RawHttp, rawHttp } from './raw-http.ts'
import { must } from './soap-examples.ts'

type Row = { readonly file: string; readonly verdict: string; readonly facts: string }
const folder = vectors()
/** The rows that the index of the vectors has for one family. */
const rows = (family: string): readonly Row[] =>
  folder === null
    ? []
    : vector('INDEX.md')
        .toString('utf8')
        .split('\n')
        .filter((line) => line.startsWith(`| ${family}/`))
        .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')))
        .map(([file = '', , , verdict = '', facts = '']) => ({ file, verdict, facts }))

const boundaryIn = (bytes: Buffer): string => /^--(\S+)/.exec(bytes.toString('latin1'))?.[1] ?? ''
const verdictOf = (outcome: Outcome<unknown>): string => (outcome.ok ? 'ok' : codeOf(outcome.fault))
const slashed = (id: Parameters<typeof formatId>[0]): string => decodeURIComponent(formatId(id))

/** What we read, in the words of the index. */
function told(bytes: Uint8Array): string {
  const outcome = readSoap(bytes)
  if (!outcome.ok) return `parse error ${codeOf(outcome.fault)}`
  const read = outcome.value
  if (read.kind === 'fault') return `SOAP fault: code=${read.code} string=${read.string} actor=${read.actor ?? null}`
  const kind = read.client.subsystemCode === undefined ? 'MEMBER' : 'SUBSYSTEM'
  return (
    `${read.isResponse ? 'response' : 'request'}: client=${kind}:${slashed(read.client)} service=SERVICE:${slashed(read.service)} ` +
    `userId=${read.userId ?? null} id=${read.id} issue=${read.issue ?? null} protocolVersion=${read.protocolVersion}`
  )
}

describe.skipIf(folder === null)('SOAP messages of the reference', () => {
  const all = rows('soap')
  const packages = all.filter(({ verdict }) => verdict.startsWith('multipart body'))
  const plain = all.filter((row) => !packages.includes(row))
  for (const { file, verdict, facts } of plain)
    test(`${file}: ${verdict.slice(0, 60)}`, () => {
      const bytes = vector(file)
      expect(told(bytes)).toBe(verdict.replace(/ rpc=(?:true|false)$/, ''))
      const type = /content type (text\/xml(?:; charset=[^;]+)?)/.exec(facts)?.[1] ?? 'text/xml'
      const answer = readSoapAnswer({ status: 200, headers: [['Content-Type', type]], body: bytes })
      expect(verdictOf(answer)).toBe(verdict.startsWith('parse error ') ? verdict.replace('parse error ', 'service_failed.') : 'ok')
    })
  for (const { file, facts } of packages)
    test(`${file}: as its scenarios end`, () => {
      const bytes = vector(file)
      const headers = [['Content-Type', `multipart/related; boundary=${boundaryIn(bytes)}`] as const]
      const [asked, answered] = [
        readSoapCall({ method: 'POST', headers, body: bytes }),
        readSoapAnswer({ status: 200, headers, body: bytes }),
      ]
      const code = (pattern: RegExp) => pattern.exec(facts)?.[1]?.toLowerCase()
      const [inRequest, inAnswer] = [
        code(/as request -> FAULT CLIENT_X,X_(\w+)/),
        code(/as service answer -> FAULT SERVER_SERVERPROXY_X,X_SERVICE_FAILED_X,X_(\w+)/),
      ]
      if (/ as request/.test(facts)) expect(verdictOf(asked)).toBe(inRequest ? `client.${inRequest}` : 'ok')
      if (/ as service answer/.test(facts)) expect(verdictOf(answered)).toBe(inAnswer ? `service_failed.${inAnswer}` : 'ok')
    })
  test('all of them', () => {
    console.log(
      `SOAP messages of the reference: ${plain.length + packages.length} of ${readdirSync(join(folder as string, 'soap')).length} rows`,
    )
    expect(all.map(({ file }) => file.slice('soap/'.length)).sort()).toEqual(readdirSync(join(folder as string, 'soap')).sort())
  })
})

describe.skipIf(folder === null)('SOAP messages of the reference decoder', () => {
  const parsed = (read: SoapTransport) => ['SOAP', ...read.attachments.map(() => 'attachment'), 'signature'].join(' + ')
  const EXPECTED: Record<string, readonly [asRequest: string, asResponse: string]> = {
    'parses: SOAP + signature': ['SOAP + signature', 'SOAP + signature'],
    'parses: SOAP + attachment + signature': ['SOAP + attachment + signature', 'SOAP + attachment + signature'],
    'sample response': ['service_failed.invalid_xml', 'service_failed.invalid_xml'], // a header of the protocol before 4.0
    'parses: fault instead of a signature, signature absent': ['missing_signature', 'relayed'],
    io_error: ['service_failed.io_error', 'service_failed.io_error'],
    invalid_content_type: ['service_failed.invalid_content_type', 'service_failed.invalid_content_type'],
  }
  const all = rows('proxymsg')
  for (const { file, verdict } of all)
    test(`${file}: ${verdict}`, () => {
      const bytes = vector(file)
      const judged = (kind: 'request' | 'response') => {
        const outcome = decodeSoap(kind, `multipart/mixed; boundary=${boundaryIn(bytes)}`, { body: bytes })
        return outcome.ok ? parsed(outcome.value) : outcome.fault.relayed ? 'relayed' : codeOf(outcome.fault)
      }
      expect([judged('request'), judged('response')]).toEqual(EXPECTED[verdict])
    })
  test('all of them', () =>
    console.log(`SOAP messages of the reference decoder: ${all.length} of ${readdirSync(join(folder as string, 'proxymsg')).length} rows`))
})

const header = ({ headers }: RawHttp, name: string): string => headers.find(([each]) => each.toLowerCase() === name)?.[1] ?? ''
type Pair = { readonly asked: SoapTransport; readonly answered: SoapTransport }

/** Reads a SOAP exchange between servers and writes it again. */
function soapPair(request: RawHttp, response: RawHttp): Pair {
  const [asked, answered] = [read('request', request), read('response', response)]
  must(soapAnswers(answered.message, asked.message))
  expect(answered.message.requestHash).toBe(soapRequestHash(asked.message.bytes))
  return { asked, answered }
}

function read(kind: 'request' | 'response', http: RawHttp): SoapTransport {
  const decoded = must(decodeSoap(kind, header(http, 'content-type'), { body: http.body }))
  const type = readContentType(header(http, 'content-type'))
  const boundary = (type && boundaryOf(type)) ?? ''
  const { contentType, body } = encodeSoap(kind, decoded, boundary)
  expect(contentType).toBe(header(http, 'content-type'))
  expect(leavesOf(boundary, body)).toEqual(leavesOf(boundary, http.body))
  return decoded
}

/** Every part between servers as it stands there, the attachments one by one. */
const leavesOf = (boundary: string, body: Uint8Array): readonly Part[] =>
  must(readMultipart(boundary, body)).flatMap((part) => {
    const type = readContentType(part.headers[0]?.[1] ?? '')
    const leaves = type?.type === 'multipart/mixed' ? must(readMultipart(boundaryOf(type) ?? '', part.body)) : [part]
    return leaves.map(({ headers, body: octets }) => ({ headers, body: octets }))
  })

/** What the stock client proxy sent on is what we send on for the same call. */
function sameAsAsked(call: { contentType: string; soapAction?: string; body: Buffer }, asked: SoapTransport): void {
  const headers = [['Content-Type', call.contentType] as const, ['SOAPAction', call.soapAction ?? ''] as const]
  const { message, headers: part, attachments } = must(readSoapCall({ method: 'POST', headers, body: call.body }))
  expect({ message, headers: part, attachments }).toEqual({
    message: asked.message,
    headers: asked.headers,
    attachments: asked.attachments,
  })
}

/** What the stock client proxy gave its consumer is what we give: the same bytes, the same type. */
function sameAsGiven({ headers, body }: RawHttp, answered: SoapTransport, original: string): void {
  const given = must(forConsumer(answered, original))
  expect(Buffer.compare(given.body, body)).toBe(0)
  const [ours, theirs] = [given.contentType, header({ headers, body, start: '' }, 'content-type')].map((type) =>
    readContentType(type.toLowerCase()),
  )
  expect(ours).toEqual(theirs)
}

describe.skipIf(folder === null)('SOAP exchanges recorded between stock servers', () => {
  const recorded = (name: string, file: string): RawHttp => {
    const lines = vector(`recorded/${name}/${file}.headers`)
      .toString('latin1')
      .split(/\r?\n/)
      .filter((line) => line && !/^transfer-encoding/i.test(line))
    return { ...rawHttp(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')), body: vector(`recorded/${name}/${file}.body`) }
  }
  const whole = (name: string): Pair => {
    const [request, response] = [recorded(name, 'proxy-request'), recorded(name, 'proxy-response')]
    const pair = soapPair(request, response)
    for (const [kind, http, message] of [
      ['request', request, pair.asked],
      ['response', response, pair.answered],
    ] as const) {
      const boundary = /boundary=(\S+)/.exec(header(http, 'content-type'))?.[1] ?? ''
      expect(Buffer.compare(encodeSoap(kind, message, boundary).body, http.body)).toBe(0)
    }
    sameAsGiven(recorded(name, 'client-response'), pair.answered, must(originalContentType(response.headers)))
    return pair
  }
  const judges: Record<string, () => void> = {
    'soap-getstate': () =>
      sameAsAsked(
        { contentType: header(recorded('soap-getstate', 'proxy-request'), 'x-original-content-type'), body: vector('soap/getstate.query') },
        whole('soap-getstate').asked,
      ),
    'soap-attachm': () =>
      sameAsAsked(
        { contentType: header(recorded('soap-attachm', 'proxy-request'), 'x-original-content-type'), body: vector('soap/attachm.query') },
        whole('soap-attachm').asked,
      ),
    'soap-missingbody': () => {
      const outcome = readSoapCall({ method: 'POST', headers: [['Content-Type', 'text/xml']], body: vector('soap/missing-body.query') })
      expect(verdictOf(outcome)).toBe('client.missing_body')
      expect(must(readSoap(recorded('soap-missingbody', 'client-response').body))).toMatchObject({
        kind: 'fault',
        code: 'Client.MissingBody',
      })
    },
  }
  for (const [row, judge] of Object.entries(judges)) test(`${row}: read, written again byte for byte, and ours are the same`, judge)
  test('all of them', () => {
    const here = readdirSync(join(folder as string, 'recorded')).filter((name) => name.startsWith('soap-'))
    console.log(`recorded SOAP exchanges: ${here.filter((name) => name in judges).length} of ${here.length} rows`)
    expect(here.sort()).toEqual(Object.keys(judges).sort())
  })
})

const OWN = join(import.meta.dirname, '../vectors/own')

describe('our own SOAP messages that stock decoders judged', () => {
  const refused: Record<string, string> = { 'part-after-signature.mime': 'service_failed.invalid_message' }
  const files = readdirSync(join(OWN, 'transport')).filter(
    (file) => !readFileSync(join(OWN, 'transport', file)).includes('x-road-rest-request'),
  )
  for (const file of files)
    test(`${file}: ${refused[file] ?? 'is read, and its digests are those of its hash chain'}`, () => {
      const outcome = decodeSoap('request', 'multipart/mixed; boundary=OUT', { body: readFileSync(join(OWN, 'transport', file)) })
      expect(verdictOf(outcome)).toBe(refused[file] ?? 'ok')
      if (!outcome.ok) return
      const { message, attachments, documents } = outcome.value
      const chain = Buffer.from(documents.chain?.chain ?? []).toString('utf8')
      const named = [...chain.matchAll(/URI="([^"]+)"[^>]*>\s*<(?:\w+:)?DigestValue>([^<]+)</g)].map(([, name, digest]) => [name, digest])
      const ours = packageDigests(message.bytes, attachments).map(({ name, sha512 }) => [name, Buffer.from(sha512).toString('base64')])
      const tampered = /decoded|swapped/.test(file)
      if (documents.chain) tampered ? expect(ours).not.toEqual(named) : expect(ours).toEqual(named)
    })
  test('all of them', () => console.log(`own SOAP transport messages: ${files.length} of ${files.length} rows`))
})

describe('our own SOAP exchanges with a stock server', () => {
  const HASHES: Record<string, string> = {
    '03-to-sp-soap-simple': 'FFYZQkvTfiqa4RNfbnFCRQ51MYvSv83fUAJomTUqEEpqfPvO6lo7H6Pnqx4OSJcaKpUhTvuZgf3U72F1OMHrdw==',
    '04-to-sp-soap-two-attachments': 'dp9VgfwKWIY0l0iAhbdwXRoFyAVwnrLLnEdbz4PsZq+Cid6dBY32JsS8STIoSRyx1hWHnM3Bpjc7YJDCVgD8oQ==',
    '05-to-sp-tls-soap-attachment-answer': 'huSFL9cF9tgjPr1M0Y2w2yljIi84wJXxD5dGLVgdSnRXZsOy2fwQ4CvALVH9e9wmX5Im4984/f6zDNIhWRu8gw==',
    '08-from-cp-tls-soap-simple': 'NkZqn3FdUcxTqZ30qQB5N3heCXS1Nc9czEsszObjfdXGncqtV4bh72AkU/QfmwcF2nIqhJodkb0GRtYlFKZ32Q==',
    '09-from-cp-tls-soap-attachments-both': 'ud5Hy9oJ9bSAab7IKLDh+nvuXzCqMoIxw9MEEKoha2hwFnh0nyUm1yRLI+HOmGwb2TftcpJepH+Z9Jm+C+FT5Q==',
    '10-to-sp-uncovered-attachment': 'KXjC9aM9F39eMAedV+fqtWG7Gxg2QYMT3I5uB0IS0pGmM/EzCHSRs2Hod5PZGcUQ3xsuYS3+hak1lFcvoW0nMw==',
  }
  const of = (name: string, file: string): RawHttp => rawHttp(readFileSync(join(OWN, 'exchanges', name, `${file}.http`)))
  for (const [name, hash] of Object.entries(HASHES))
    test(`${name}: the answer belongs to the question, and every part is written again as it was`, () => {
      const { asked, answered } = soapPair(of(name, 'proxy-request'), of(name, 'proxy-response'))
      expect(answered.message.requestHash).toBe(hash)
      const counts: Record<string, readonly [number, number]> = { '04': [2, 0], '05': [0, 1], '09': [2, 2], '10': [2, 0] }
      expect([asked.attachments.length, answered.attachments.length]).toEqual(counts[name.slice(0, 2)] ?? [0, 0])
      if (!name.includes('from-cp')) return
      const consumer = of(name, 'consumer-request')
      sameAsAsked({ contentType: header(consumer, 'content-type'), soapAction: header(consumer, 'soapaction'), body: consumer.body }, asked)
      sameAsGiven(of(name, 'consumer-response'), answered, header(of(name, 'proxy-response'), 'x-original-content-type'))
    })
  test('08: the answer a stock server took is the one we splice', () => {
    const { asked, answered } = soapPair(
      of('08-from-cp-tls-soap-simple', 'proxy-request'),
      of('08-from-cp-tls-soap-simple', 'proxy-response'),
    )
    const bare: SoapMessage = { ...asked.message }
    expect(Buffer.from(withRequestHash(bare, soapRequestHash(asked.message.bytes)).bytes).toString()).toBe(
      Buffer.from(answered.message.bytes).toString(),
    )
  })
  test('all of them', () =>
    console.log(
      `own SOAP exchanges: ${Object.keys(HASHES).length} of ${readdirSync(join(OWN, 'exchanges')).filter((name) => name.includes('soap') || name.startsWith('10')).length} rows`,
    ))
})
