import { describe, expect, test } from 'vitest'
import { boundaryOf, readContentType } from '../../src/protocol/content-type.ts'
import {
  type MultipartLimits,
  MultipartReader,
  type Part,
  type PartEvent,
  partsOf,
  readMultipart,
  writeMultipart,
} from '../../src/protocol/multipart.ts'
import { run } from '../campaign/multipart.ts'
import { table, verdictOf } from './table.ts'

const shown = (parts: readonly Part[]): string =>
  parts.map(({ headers, body }) => `${headers.map((pair) => pair.join('=')).join(',')}>${Buffer.from(body).toString('latin1')}`).join('|')
const read = (text: string, limits?: Partial<MultipartLimits>) => readMultipart('B', Buffer.from(text, 'latin1'), limits)
const one = (head: string, body = 'x') => `--B\r\n${head}\r\n\r\n${body}\r\n--B--\r\n`

/** Feeds a reader piece by piece, as a socket would. */
function feed(bytes: Uint8Array, size: number) {
  const reader = new MultipartReader('B')
  const events: PartEvent[] = []
  for (let at = 0; at < bytes.length; at += size) {
    const pushed = reader.push(bytes.subarray(at, at + size))
    if (!pushed.ok) return pushed
    events.push(...pushed.value)
  }
  const ended = reader.end()
  return ended.ok ? { ok: true as const, value: [...events, ...ended.value] } : ended
}

describe('a multipart body', () => {
  for (const { expected, inputs, why, line } of table('multipart')) {
    const [text = '', parts] = inputs
    test(`${JSON.stringify(text)} is ${expected}: ${why} (line ${line})`, () => {
      const outcome = read(text)
      expect(verdictOf(outcome)).toBe(expected)
      if (outcome.ok) expect(shown(outcome.value)).toBe(parts)
    })
    test(`says the same in pieces of any size (line ${line})`, () => {
      for (const size of [1, 2, 3, 5, 7, 16]) {
        const outcome = feed(Buffer.from(text, 'latin1'), size)
        expect(verdictOf(outcome)).toBe(expected)
        if (outcome.ok) expect(shown(partsOf(outcome.value))).toBe(parts)
      }
    })
  }
})

describe('floods', () => {
  test('a header line of 998 bytes passes, one more is refused', () => {
    expect(verdictOf(read(one(`A: ${'x'.repeat(995)}`)))).toBe('ok')
    expect(verdictOf(read(one(`A: ${'x'.repeat(996)}`)))).toBe('mime_parsing_failed')
  })
  test('an endless header line is refused before it ends', () => {
    const reader = new MultipartReader('B')
    expect(verdictOf(reader.push(Buffer.from(`--B\r\nA: ${'x'.repeat(2000)}`)))).toBe('mime_parsing_failed')
  })
  test('100 header lines pass, one more is refused', () => {
    expect(verdictOf(read(one(Array(100).fill('A: b').join('\r\n'))))).toBe('ok')
    expect(verdictOf(read(one(Array(101).fill('A: b').join('\r\n'))))).toBe('mime_parsing_failed')
    expect(verdictOf(read(one(`A: b${'\r\n c'.repeat(100)}`)))).toBe('mime_parsing_failed')
  })
  test('a head of many long lines is refused', () => {
    expect(
      verdictOf(
        read(
          one(
            Array(34)
              .fill(`A: ${'x'.repeat(990)}`)
              .join('\r\n'),
          ),
        ),
      ),
    ).toBe('mime_parsing_failed')
  })
  test('32 parts pass, one more is refused', () => {
    const parts = (count: number) => `${'--B\r\nA: b\r\n\r\nx\r\n'.repeat(count)}--B--`
    expect(verdictOf(read(parts(32)))).toBe('ok')
    expect(verdictOf(read(parts(33)))).toBe('mime_parsing_failed')
  })
  test('a message over its limit is refused as it comes, and every later piece too', () => {
    const reader = new MultipartReader('B', { message: 100 })
    expect(verdictOf(reader.push(Buffer.from('--B\r\nA: b\r\n\r\n')))).toBe('ok')
    expect(verdictOf(reader.push(Buffer.alloc(100)))).toBe('message_too_large')
    expect(verdictOf(reader.push(Buffer.alloc(1)))).toBe('message_too_large')
    expect(verdictOf(reader.end())).toBe('message_too_large')
  })
  test('a body full of lines that begin like the boundary is read in linear time', () => {
    const time = (count: number): number => {
      const text = one('A: b', `\r\n--B${' '.repeat(190)}x`.repeat(count))
      const before = performance.now()
      expect(verdictOf(read(text))).toBe('ok')
      return performance.now() - before
    }
    time(1000)
    expect(time(40_000)).toBeLessThan(20_000)
  })
  test('no more than a line is held back', () => {
    const reader = new MultipartReader('B')
    reader.push(Buffer.from('--B\r\nA: b\r\n\r\n'))
    const pushed = reader.push(Buffer.alloc(100_000, 'x'))
    if (!pushed.ok) throw new Error(pushed.fault.detail)
    const told = pushed.value.reduce((sum, event) => sum + (event.kind === 'bytes' ? event.bytes.length : 0), 0)
    expect(100_000 - told).toBeLessThanOrEqual(5)
  })
})

describe('a multipart writer', () => {
  const parts: Part[] = [
    { headers: [['content-type', 'a/b']], body: Buffer.from('one') },
    {
      headers: [
        ['content-type', 'c/d'],
        ['X-Name', 'ñ'],
      ],
      body: new Uint8Array(),
    },
  ]
  test('writes the bytes stock servers write', () => {
    const expected = '--B\r\ncontent-type: a/b\r\n\r\none\r\n--B\r\ncontent-type: c/d\r\nX-Name: ñ\r\n\r\n\r\n--B--\r\n'
    expect(Buffer.from(writeMultipart('B', parts)).toString('latin1')).toBe(expected)
  })
  test('will not write a body that holds the boundary', () => {
    expect(() => writeMultipart('B', [{ headers: [], body: Buffer.from('a\r\n--B\r\n') }])).toThrow('holds the boundary')
  })
})

describe('a content type', () => {
  for (const { expected, inputs, why, line } of table('content-types')) {
    const [text = '', boundary] = inputs
    test(`${JSON.stringify(text)} is ${expected}: ${why} (line ${line})`, () => {
      const read = readContentType(text)
      expect(read ? 'ok' : 'none').toBe(expected)
      if (read) expect(boundaryOf(read) ?? '').toBe(boundary)
    })
  }
  test('is read in linear time', () => {
    const before = performance.now()
    readContentType(`a/b${'; x=y'.repeat(50_000)}`)
    readContentType(`${'a/'.repeat(200_000)}`)
    readContentType(`a/b; x="${'\\"'.repeat(200_000)}`)
    readContentType(`a/b;${' '.repeat(200_000)}x`)
    expect(performance.now() - before).toBeLessThan(20_000)
  })
})

test('multipart by property: whatever the pieces, the same parts; what is written is read back', async () => {
  const figures = await run(3000, 20260302)
  console.log('multipart', JSON.stringify(figures))
  expect(figures.accepted / figures.cases).toBeGreaterThan(0.2)
  expect(figures.refused / figures.cases).toBeGreaterThan(0.2)
})
