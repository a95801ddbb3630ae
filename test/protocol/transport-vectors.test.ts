import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { boundaryOf, readContentType } from '../../src/protocol/content-type.ts'
import { codeOf, type Outcome } from '../../src/protocol/faults.ts'
import { type ReadPart, readMultipart } from '../../src/protocol/multipart.ts'
import { requestHash } from '../../src/protocol/request-hash.ts'
import { answers, type RestRequest, readCall, readRequestBlock, readResponseBlock, writeResponse } from '../../src/protocol/rest-message.ts'
import { decodeRest, encodeRest, readFault } from '../../src/protocol/transport.ts'
import { type Kind, orderParts, type TransportParts } from '../../src/protocol/transport-parts.ts'
import { vector, vectors } from '../vectors.ts'
import { type RawHttp, rawHttp } from './raw-http.ts'

const header = ({ headers }: RawHttp, name: string): string => headers.find(([each]) => each.toLowerCase() === name)?.[1] ?? ''
const must = <T>(outcome: Outcome<T>): T => {
  if (!outcome.ok) throw new Error(`${codeOf(outcome.fault)}: ${outcome.fault.detail}`)
  return outcome.value
}
const boundaryIn = (type: string): string => {
  const read = readContentType(type)
  return (read && boundaryOf(read)) ?? ''
}
const partsOf = (type: string, body: Uint8Array): readonly ReadPart[] => must(readMultipart(boundaryIn(type), body))
const ordered = (kind: Kind, type: string, body: Uint8Array): Outcome<TransportParts> => orderParts(kind, partsOf(type, body))

/** Decodes a REST request and its answer, writes both again, and judges that they belong together. */
function restPair(asked: RawHttp, answered: RawHttp, bothStock: boolean): { request: RestRequest; hash: string } {
  const [askedType, answeredType] = [header(asked, 'content-type'), header(answered, 'content-type')]
  const question = must(decodeRest('request', askedType, asked.body))
  const reply = must(decodeRest('response', answeredType, answered.body))
  const request = must(readRequestBlock(question.message, question.body))
  const response = must(readResponseBlock(reply.message, reply.body))
  must(answers(response, request))
  expect(request.requestId).toBe(header(asked, 'x-road-request-id'))
  const theirs = response.headers.filter(([name]) => name.toLowerCase() !== 'x-road-service')
  const again = writeResponse({ ...response, headers: theirs }, request, request.requestId)
  if (bothStock) {
    expect(Buffer.compare(encodeRest('request', question, boundaryIn(askedType)).body, asked.body)).toBe(0)
    expect(Buffer.compare(encodeRest('response', reply, boundaryIn(answeredType)).body, answered.body)).toBe(0)
    expect(encodeRest('request', question, boundaryIn(askedType)).contentType).toBe(askedType)
    expect(Buffer.compare(again.block, response.block)).toBe(0)
  }
  expect(requestHash(question.message, question.body)).toBe(response.requestHash)
  return { request, hash: response.requestHash }
}

describe.skipIf(vectors() === null)('exchanges recorded between stock servers', () => {
  const recorded = (folder: string, name: string): RawHttp => {
    const head = vector(`recorded/${folder}/${name}.headers`)
    const text = head.toString('latin1').replaceAll('\r\n', '\n').trimEnd().replaceAll('\n', '\r\n')
    return {
      ...rawHttp(Buffer.from(`${text.replace(/transfer-encoding: chunked(\r\n)?/i, '')}\r\n\r\n`, 'latin1')),
      body: vector(`recorded/${folder}/${name}.body`),
    }
  }
  const rows: Record<string, () => void> = {
    'rest-get': () => void restPair(recorded('rest-get', 'proxy-request'), recorded('rest-get', 'proxy-response'), true),
    'rest-post': () => {
      const { request } = restPair(recorded('rest-post', 'proxy-request'), recorded('rest-post', 'proxy-response'), true)
      expect(request.messageId).toBe('q-1')
      expect(request.body).toEqual({ kind: 'bytes', bytes: Buffer.from('{"value":42}') })
    },
    'rest-teapot': () => {
      restPair(recorded('rest-teapot', 'proxy-request'), recorded('rest-teapot', 'proxy-response'), true)
      const reply = must(
        decodeRest(
          'response',
          header(recorded('rest-teapot', 'proxy-response'), 'content-type'),
          recorded('rest-teapot', 'proxy-response').body,
        ),
      )
      expect(must(readResponseBlock(reply.message, reply.body)).status).toBe(418)
    },
    'rest-denied': () => {
      const [asked, answered] = [recorded('rest-denied', 'proxy-request'), recorded('rest-denied', 'proxy-response')]
      must(decodeRest('request', header(asked, 'content-type'), asked.body))
      const outcome = decodeRest('response', header(answered, 'content-type'), answered.body)
      const told = JSON.parse(recorded('rest-denied', 'client-response').body.toString()) as Record<string, string>
      expect(outcome.ok ? '' : outcome.fault.relayed).toEqual({ code: told.type, message: told.message, detail: told.detail })
      expect(outcome.ok ? '' : outcome.fault.path).toEqual(['access_denied'])
    },
    'soap-getstate': () => {
      for (const name of ['proxy-request', 'proxy-response']) {
        const message = recorded('soap-getstate', name)
        const { message: soap, signature, payload } = must(ordered('soap', header(message, 'content-type'), message.body))
        expect([soap?.body.length, signature?.length].every((length) => length && length > 0)).toBe(true)
        expect(payload).toBeUndefined()
      }
    },
    'soap-attachm': () => {
      const message = recorded('soap-attachm', 'proxy-request')
      const { payload, signature, chain, result } = must(ordered('soap', header(message, 'content-type'), message.body))
      expect([signature, chain, result].every(Boolean)).toBe(true)
      const inner = partsOf(payload?.headers[0]?.[1] ?? '', payload?.body ?? new Uint8Array())
      expect(inner.length).toBeGreaterThan(0)
    },
    'soap-missingbody': () => {
      const fault = readFault(recorded('soap-missingbody', 'client-response').body)
      expect(fault.relayed?.code).toBe('Client.MissingBody')
      expect(fault.path).toEqual(['missing_body'])
    },
  }
  for (const [row, judge] of Object.entries(rows)) test(row, judge)
  test('all of them', () => {
    const folders = readdirSync(join(vectors() as string, 'recorded'), { withFileTypes: true }).filter((each) => each.isDirectory())
    console.log(`recorded exchanges: ${folders.filter(({ name }) => name in rows).length} of ${folders.length} rows`)
    expect(folders.map(({ name }) => name).sort()).toEqual(Object.keys(rows).sort())
  })
})

describe.skipIf(vectors() === null)('messages of the reference decoder', () => {
  const rows: Record<string, { expected: string; boundary?: string }> = {
    'normal.request': { expected: 'message signature' },
    'attachment.request': { expected: 'message payload signature' },
    'fault-signature.request': { expected: 'message fault' },
    'invalid-ocsp.request': { expected: 'io_error' },
    'invalid-soap-contenttype.request': { expected: 'invalid_content_type' },
    'normal.response': { expected: 'message signature' },
  }
  for (const [file, { expected }] of Object.entries(rows))
    test(`${file}: ${expected}`, () => {
      const bytes = vector(`proxymsg/${file}`)
      const boundary = /^--(\S+)/.exec(bytes.toString('latin1'))?.[1] ?? ''
      const outcome = ordered('soap', `multipart/mixed; boundary=${boundary}`, bytes)
      const found = outcome.ok ? Object.entries(outcome.value).flatMap(([name, value]) => (name !== 'ocsp' && value ? [name] : [])) : []
      expect(outcome.ok ? found.join(' ') : codeOf(outcome.fault)).toBe(expected)
    })
  test('all of them', () => {
    const files = readdirSync(join(vectors() as string, 'proxymsg'))
    console.log(`messages of the reference decoder: ${files.filter((file) => file in rows).length} of ${files.length} rows`)
    expect(files.sort()).toEqual(Object.keys(rows).sort())
  })
})

const OWN = join(import.meta.dirname, '../vectors/own')

describe('our own messages that stock decoders judged', () => {
  const refused: Record<string, string> = { 'part-after-signature.mime': 'invalid_message' }
  const files = readdirSync(join(OWN, 'transport'))
  for (const file of files)
    test(`${file}: ${refused[file] ?? 'is taken apart'}`, () => {
      const bytes = readFileSync(join(OWN, 'transport', file))
      const kind = bytes.includes('x-road-rest-request') ? 'rest-request' : 'soap'
      const outcome = ordered(kind, 'multipart/mixed; boundary=OUT', bytes)
      expect(outcome.ok ? undefined : codeOf(outcome.fault)).toBe(refused[file])
      if (outcome.ok && kind === 'rest-request') must(readRequestBlock(outcome.value.message?.body as Uint8Array, null))
    })
  test('all of them', () => console.log(`own transport messages: ${files.length} of ${files.length} rows`))
})

describe('our own exchanges with a stock server', () => {
  const HASHES: Record<string, string> = {
    '01-to-sp-rest-get': '/XEpCmJZl8BWoSo83/vE4dVU1Rn322WPAKI0SPr/M0imlqO1sdFwkLmaBwn+hT9aUaEvpJIe5dAg6m8eOXoM7w==',
    '02-to-sp-rest-post': 'EIrwdpyigDH/MkcELAupakg0fIY5/ktObz0exBYs8IsmHpXQG1ROfIRgcrnplIkGLMjhUwkLR7BEuAL9F1XHAA==',
    '06-from-cp-rest-get': 'lYC5jN+P2cA3j0IsL2VksPG9BsuckqlyfMttcT1QhUwkqQ1PQgnHfwCGlvbIjjFWzh6bWPWUQ9yaUKIFzmaUPg==',
    '07-from-cp-tls-rest-post': 'qJb6jj7QcuGhDQxhk2Tc7SWtL5jFZKAA5uroDn7Ym66XFtHaGd2Dlfksqz8cotVPp1P5nefZp3+xOuGlzz7y6g==',
  }
  const of = (folder: string, file: string): RawHttp => rawHttp(readFileSync(join(OWN, 'exchanges', folder, `${file}.http`)))
  for (const [folder, hash] of Object.entries(HASHES))
    test(`${folder}: the answer belongs to the question, and the hash is that of the record`, () => {
      expect(restPair(of(folder, 'proxy-request'), of(folder, 'proxy-response'), folder.includes('from-cp')).hash).toBe(hash)
    })
  for (const folder of Object.keys(HASHES).filter((name) => name.includes('from-cp')))
    test(`${folder}: from the consumer's call we build the block the stock server built`, () => {
      const [consumer, asked] = [of(folder, 'consumer-request'), of(folder, 'proxy-request')]
      const [method = '', target = ''] = consumer.start.split(' ')
      const body = consumer.body.length > 0 ? ({ kind: 'bytes', bytes: consumer.body } as const) : null
      const ours = must(
        readCall({ method, target, headers: consumer.headers, body }, header(asked, 'x-road-request-id'), () => 'asked for'),
      )
      const theirs = must(decodeRest('request', header(asked, 'content-type'), asked.body))
      expect(Buffer.from(ours.block).toString()).toBe(Buffer.from(theirs.message).toString())
      expect(ours.body).toEqual(theirs.body)
    })
  test('attachments travel in one nested multipart', () => {
    const asked = of('04-to-sp-soap-two-attachments', 'proxy-request')
    const { payload } = must(ordered('soap', header(asked, 'content-type'), asked.body))
    expect(partsOf(payload?.headers[0]?.[1] ?? '', payload?.body ?? new Uint8Array())).toHaveLength(2)
  })
})
