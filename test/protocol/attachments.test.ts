import { describe, expect, test } from 'vitest'
import { type Attachment, readLeaves } from '../../src/protocol/attachments.ts'
import { bytesBody } from '../../src/protocol/body.ts'
import { sha512 } from '../../src/protocol/digests.ts'
import { codeOf } from '../../src/protocol/faults.ts'
import { forConsumer, forService, packageDigests, readPackage, type SoapPackage } from '../../src/protocol/soap-message.ts'
import { envelope, must } from './soap-examples.ts'

type Shown = readonly [headers: string, body: string]
const shown = (parts: readonly Attachment[]): readonly Shown[] =>
  parts.map(({ headers, body }) => [
    headers.map(([name, value]) => `${name}=${value}`).join(' '),
    body.kind === 'bytes' ? Buffer.from(body.bytes).toString('latin1') : body.at,
  ])
const part = (boundary: string, head: string, body: string) => `--${boundary}\r\n${head}\r\n\r\n${body}\r\n`
const leaves = (text: string, limits = {}) => readLeaves('B', { body: Buffer.from(text, 'latin1') }, limits)
const refusal = (text: string, limits = {}): string => {
  const outcome = leaves(text, limits)
  return outcome.ok ? 'ok' : codeOf(outcome.fault)
}

describe('the leaves of a package', () => {
  test('come in order, nested multiparts flattened, their own heads lost', () => {
    const inner = `${part('C', 'Content-Type: a/1', 'one')}${part('C', 'Content-Type: multipart/mixed; boundary=D', `${part('D', 'Content-Type: a/2', 'two')}--D--`)}--C--\r\n`
    const text = `${part('B', 'Content-Type: multipart/mixed; boundary=C\r\nX-Lost: 1', inner)}${part('B', 'Content-Type: a/3', 'three')}--B--`
    expect(shown(must(leaves(text)))).toEqual([
      ['content-type=a/1', 'one'],
      ['content-type=a/2', 'two'],
      ['content-type=a/3', 'three'],
    ])
  })
  test('of a message in a part are those of the message', () => {
    const text = `${part('B', 'Content-Type: message/rfc822', 'Subject: x\r\nContent-Type: a/b\r\n\r\none\r\n')}--B--`
    expect(shown(must(leaves(text)))).toEqual([['content-type=a/b Subject=x', 'one\r\n']])
    const packed = `Content-Type: multipart/mixed; boundary=C\n\n${part('C', 'Content-Type: a/b', 'two')}--C--`
    expect(shown(must(leaves(`${part('B', 'Content-Type: MESSAGE/RFC822', packed)}--B--`)))).toEqual([['content-type=a/b', 'two']])
    expect(shown(must(leaves(`${part('B', 'Content-Type: message/rfc822', 'Content-Type: a/b')}--B--`)))).toEqual([
      ['content-type=a/b', ''],
    ])
  })
  test('are not decoded', () => {
    const text = `${part('B', 'Content-Type: text/plain\r\nContent-Transfer-Encoding: base64', 'YmxhYWg=')}--B--`
    expect(shown(must(leaves(text)))).toEqual([['content-type=text/plain Content-Transfer-Encoding=base64', 'YmxhYWg=']])
  })
  test('keep their headers: content-type first, folds joined, of one name the last, names as written', () => {
    const head = 'X-A: 1\r\nX-B: a\r\n b\r\nCONTENT-TYPE:\r\n\ttext/plain\r\nX-A: 2\r\nx-a: 3\r\nContent-Type: text/html'
    expect(shown(must(leaves(`${part('B', head, '')}--B--`)))).toEqual([['content-type=text/plain X-A=2 X-B=a b x-a=3', '']])
  })
  test('of a multipart without parts are none', () => expect(must(leaves('--B--'))).toEqual([]))
  test('may have a Content-Type that nobody can read', () => expect(refusal(`${part('B', 'Content-Type: blah', '')}--B--`)).toBe('ok'))

  const nested = (depth: number): string => {
    let text = part('x', 'Content-Type: a/b', 'x')
    for (let level = depth; level > 0; level--) {
      const boundary = level === 1 ? 'B' : `L${level}`
      text = `${level === depth ? text.replaceAll('--x', `--${boundary}`) : part(boundary, `Content-Type: multipart/mixed; boundary=L${level + 1}`, text)}--${boundary}--\r\n`
    }
    return text
  }
  test.each([
    ['a part without Content-Type', `${part('B', 'X-A: 1', '')}--B--`, 'invalid_content_type'],
    [
      'an inner part without Content-Type',
      `${part('B', 'Content-Type: multipart/mixed; boundary=C', `${part('C', 'X-A: 1', '')}--C--`)}--B--`,
      'invalid_content_type',
    ],
    ['a multipart without boundary', `${part('B', 'Content-Type: multipart/mixed', '--C--')}--B--`, 'invalid_content_type'],
    [
      'a message without Content-Type',
      `${part('B', 'Content-Type: message/rfc822', 'Subject: x\r\n\r\none')}--B--`,
      'invalid_content_type',
    ],
    [
      'a message with a bad head',
      `${part('B', 'Content-Type: message/rfc822', 'Content-Type: a/b\0\r\n\r\none')}--B--`,
      'mime_parsing_failed',
    ],
    ['a message with a long line', `${part('B', 'Content-Type: message/rfc822', `X: ${'x'.repeat(1000)}`)}--B--`, 'mime_parsing_failed'],
    [
      'messages in messages',
      `${part('B', 'Content-Type: message/rfc822', 'Content-Type: message/rfc822\r\n\r\n'.repeat(9))}--B--`,
      'mime_parsing_failed',
    ],
    [
      'a header too long once unfolded',
      `${part('B', `Content-Type: a/b\r\nX: ${'x'.repeat(600)}\r\n ${'x'.repeat(600)}`, '')}--B--`,
      'mime_parsing_failed',
    ],
    ['nine levels', nested(9), 'mime_parsing_failed'],
    [
      'an inner multipart that is cut',
      `${part('B', 'Content-Type: multipart/mixed; boundary=C', part('C', 'Content-Type: a/b', ''))}--B--`,
      'io_error',
    ],
    ['too many parts', `${part('B', 'Content-Type: a/b', '').repeat(257)}--B--`, 'mime_parsing_failed'],
    [
      'too many parts in several multiparts',
      `${part('B', 'Content-Type: multipart/mixed; boundary=C', `${part('C', 'Content-Type: a/b', '').repeat(200)}--C--`).repeat(2)}--B--`,
      'mime_parsing_failed',
    ],
  ])('are refused for %s', (_what, text, code) => expect(refusal(text)).toBe(code))
  test('eight levels and 256 parts are read', () => {
    expect(shown(must(leaves(nested(8))))).toEqual([['content-type=a/b', 'x']])
    expect(must(leaves(`${part('B', 'Content-Type: a/b', '').repeat(256)}--B--`))).toHaveLength(256)
  })
})

test('what is signed is the envelope and each attachment as it travels', () => {
  const bodies = ['one', ''].map((text) => Buffer.from(text))
  expect(
    packageDigests(
      Buffer.from('<e/>'),
      bodies.map((body) => ({ headers: [], body: bytesBody(body) })),
    ),
  ).toEqual([
    { name: '/message.xml', sha512: sha512(Buffer.from('<e/>')) },
    { name: '/attachment1', sha512: sha512(Buffer.from('one')) },
    { name: '/attachment2', sha512: sha512(new Uint8Array()) },
  ])
})

describe('what an information system is given', () => {
  const ORIGINAL = 'Multipart/Related; type="text/xml"; boundary="B 1"; start-info="x"'
  const packed = `--B 1\r\nContent-Type: text/xml\r\nX-Part: uno\r\n\r\n${envelope()}\r\n--B 1\r\nX-A: ñ\r\nContent-Type: a/b\r\n\r\n\x01--B 1\r\n--B 1--\r\n`
  const read = (type: string, text: string) => must(readPackage(type, { body: Buffer.from(text, 'latin1') })) as SoapPackage
  const text = (outcome: ReturnType<typeof forService>) => Buffer.from(must(outcome).body).toString('latin1')

  test('is the bare envelope under a fixed Content-Type when it came bare', () => {
    const bare = read('application/xop+xml; charset=ISO-8859-1', envelope())
    for (const forward of [forService, forConsumer])
      expect(must(forward(bare, 'application/xop+xml; charset=ISO-8859-1'))).toEqual({
        contentType: 'text/xml; charset=UTF-8',
        body: Buffer.from(envelope()),
      })
  })
  test('is a multipart with the original Content-Type and boundary when it came in one', () => {
    const forwarded = forService(read(ORIGINAL, packed), ORIGINAL)
    expect(must(forwarded).contentType).toBe(ORIGINAL)
    expect(text(forwarded)).toBe(
      `--B 1\r\ncontent-type:text/xml\r\nX-Part: uno\r\n\r\n${envelope()}\r\n--B 1\r\ncontent-type:a/b\r\nX-A: ñ\r\n\r\n\x01--B 1\r\n--B 1--\r\n`,
    )
    expect(read(ORIGINAL, text(forwarded))).toEqual(read(ORIGINAL, packed))
  })
  test('stays a multipart when the envelope is its only part', () => {
    const alone = read('multipart/related; boundary=B', `${part('B', 'Content-Type: text/xml', envelope())}--B--`)
    expect(text(forService(alone, 'multipart/related; boundary=B'))).toBe(`${part('B', 'content-type:text/xml', envelope())}--B--\r\n`)
  })
  test.each([
    ['multipart/related; boundary=B', 'multipart/related; boundary=B;charset=utf-8'],
    ['multipart/related; charset=UTF-8; boundary=B', 'multipart/related; charset=UTF-8; boundary=B'],
    ['multipart/related; charset=latin1; boundary=B; x="a\\"b"', 'multipart/related; boundary="B"; x="a\\"b"; charset=utf-8'],
  ])('to a consumer is called utf-8: %s', (original, labelled) => {
    const alone = read('multipart/related; boundary=B', `${part('B', 'Content-Type: text/xml', envelope())}--B--`)
    expect(must(forConsumer(alone, original)).contentType).toBe(labelled)
  })
  test('with attachments cannot go under a Content-Type that is no multipart', () => {
    for (const original of [
      'text/xml',
      '',
      'multipart/related',
      'multipart/mixed; boundary=B',
      'multipart/related; boundary=B; boundary=C',
    ]) {
      const outcome = forService(read(ORIGINAL, packed), original)
      expect(outcome.ok ? 'ok' : codeOf(outcome.fault)).toBe('invalid_content_type')
    }
  })
  test('is never a multipart in which a part can pass for several: invalid_message', () => {
    for (const body of ['--Z\r\ncontent-type:a/b\r\n\r\nevil', 'x\r\n--Z\r\n', 'x\n--Z--', 'x\r--Zother'].map((each) =>
      Buffer.from(each),
    )) {
      const torn = {
        ...read('text/xml', envelope()),
        attachments: [{ headers: [['content-type', 'a/b'] as const], body: bytesBody(body) }],
      }
      const outcome = forConsumer(torn, 'multipart/related; boundary=Z')
      expect(outcome.ok ? 'ok' : codeOf(outcome.fault)).toBe('invalid_message')
    }
    const named = {
      headers: [
        ['content-type', 'a/b'],
        ['--Z--', ''],
      ] as const,
      body: bytesBody(new Uint8Array()),
    }
    const outcome = forService({ ...read('text/xml', envelope()), attachments: [named] }, 'multipart/related; boundary=Z')
    expect(outcome.ok ? 'ok' : codeOf(outcome.fault)).toBe('invalid_message')
  })
})
