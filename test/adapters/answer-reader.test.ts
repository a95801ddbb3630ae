import { Agent, type IncomingMessage, request } from 'node:http'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type AnswerHead, AnswerReader } from '../../src/adapters/http/answer-reader.ts'
import { HttpConnection } from '../../src/adapters/http/http-connection.ts'
import { requestHead } from '../../src/adapters/http/request-head.ts'
import { takeBody } from '../../src/adapters/http/take-in.ts'
import { type Seeded, seeded } from '../campaign/seeded.ts'

type Read = { readonly head?: AnswerHead; readonly body: string; readonly whole: boolean; readonly keeps: boolean; readonly wrong?: string }

/** What a reader makes of an answer, given in pieces; `closed`: the connection ends after it. */
function read(pieces: readonly Buffer[], { method = 'GET', closed = true } = {}): Read {
  const heads: AnswerHead[] = []
  const body: Buffer[] = []
  const reader = new AnswerReader(method, { head: (head) => heads.push(head), body: (octets) => body.push(Buffer.from(octets)) })
  let wrong: string | undefined
  for (const piece of pieces) wrong ??= reader.push(piece)
  const keeps = reader.keepsOpen
  if (closed) wrong ??= reader.end()
  expect(heads.length).toBeLessThan(2)
  const [head] = heads
  return {
    ...(head && { head }),
    body: Buffer.concat(body).toString('latin1'),
    whole: reader.isWhole,
    keeps,
    ...(wrong !== undefined && { wrong }),
  }
}
const octets = (text: string): Buffer => Buffer.from(text, 'latin1')
const lines = (...all: readonly string[]): Buffer => octets(all.map((line) => `${line}\r\n`).join(''))
const wrongIn = (text: Buffer, options = {}): string => read([text], options).wrong ?? 'nothing'

describe('an answer', () => {
  test('is read as it was sent: names and values in their order, whatever case, a character for each octet', () => {
    const { head, body, whole, keeps } = read([
      lines('HTTP/1.1 200 Está bien', 'X-b:  uno ', 'x-B:dos', 'Content-Length: 3', ''),
      octets('áéí'),
    ])
    expect(head).toEqual({
      status: 200,
      reason: 'Está bien',
      headers: [
        ['X-b', 'uno'],
        ['x-B', 'dos'],
        ['Content-Length', '3'],
      ],
    })
    expect([body, whole, keeps]).toEqual(['áéí', true, true])
  })

  test.each([
    ['chunks', lines('HTTP/1.1 200 OK', 'Transfer-Encoding: Chunked', '', '4', 'hola', '003;a="b"', '...', '0', 'X-End: sí', ''), true],
    ['a length', lines('HTTP/1.1 200 OK', 'Content-Length: 9', '', 'hola...'), true],
    ['the end of the connection', lines('HTTP/1.1 200 OK', '', 'hola...'), false],
  ])('ends by %s', (_by, text, keeps) => {
    const seen = read([text])
    expect([seen.body.trimEnd(), seen.whole, seen.keeps, seen.wrong]).toEqual(['hola...', true, keeps, undefined])
  })

  test('has no body where it can have none', () => {
    const said = ['Content-Length: 5', '']
    const none = { whole: true, body: '', keeps: true }
    expect(read([lines('HTTP/1.1 200 OK', ...said)], { method: 'HEAD', closed: false })).toMatchObject(none)
    expect(read([lines('HTTP/1.1 304 Not Modified', ...said)], { closed: false })).toMatchObject(none)
    expect(read([lines('HTTP/1.1 204 No Content', '')], { closed: false })).toMatchObject(none)
  })

  test('that has none though it says how long it is leaves nothing open: it may still come', () => {
    for (const said of ['Content-Length: 5', 'Transfer-Encoding: chunked'])
      expect(read([lines('HTTP/1.1 204 No Content', said, '')], { closed: false })).toMatchObject({ whole: true, body: '', keeps: false })
  })

  test('may be announced by others, which are passed over', () => {
    const before = [lines('HTTP/1.1 100 Continue', ''), lines('HTTP/1.1 103 Early Hints', 'Link: <x>', '')]
    expect(read([...before, lines('HTTP/1.1 200', 'content-length: 0', '')]).head).toMatchObject({ status: 200, reason: '' })
  })

  test.each<[string, string, boolean]>([
    ['HTTP/1.1', 'X: y', true],
    ['HTTP/1.1', 'Connection: Close', false],
    ['HTTP/1.1', 'Connection: x, close', false],
    ['HTTP/1.1', 'Connection: closed', true],
    ['HTTP/1.0', 'X: y', false],
    ['HTTP/1.0', 'Connection: Keep-Alive', true],
  ])('%s with "%s" leaves its connection open: %s', (version, header, keeps) => {
    expect(read([lines(`${version} 200 OK`, header, 'Content-Length: 0', '')]).keeps).toBe(keeps)
  })

  test('after which something comes leaves nothing open: it could be taken for the answer to the next', () => {
    const text = lines('HTTP/1.1 200 OK', 'Content-Length: 0', '', 'HTTP/1.1 200 OK', 'Content-Length: 0', '')
    expect(read([text])).toMatchObject({ whole: true, keeps: false, body: '' })
  })
})

describe('refused is an answer', () => {
  const ok = 'HTTP/1.1 200 OK'
  const chunked = [ok, 'Transfer-Encoding: chunked', '']
  test.each<[string, Buffer, RegExp]>([
    ['that is none', lines('SSH-2.0-OpenSSH', '', ''), /status line/],
    ['of another version', lines('HTTP/2 200 OK', ''), /status line/],
    ['with a status of two digits', lines('HTTP/1.1 20 OK', ''), /status line/],
    ['with a status that is no class of any', lines('HTTP/1.1 099 OK', ''), /status line/],
    ['that changes the protocol', lines('HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', ''), /protocol/],
    ['with lines that end in LF', octets('HTTP/1.1 200 OK\nContent-Length: 0\n\n'), /closed before/],
    ['with a line that holds a bare LF', lines(ok, 'A: b\nContent-Length: 9', ''), /forbidden/],
    ['with a bare CR', lines(ok, 'A: b\rContent-Length: 9', ''), /forbidden/],
    ['with a NUL', lines(ok, 'A: b\0', ''), /forbidden/],
    ['with a folded line', lines(ok, 'A: b', ' c: d', ''), /header name/],
    ['with a line without a colon', lines(ok, 'A', ''), /header name/],
    ['with a blank before the colon', lines(ok, 'Content-Length : 3', '', 'abc'), /header name/],
    ['that says twice how long it is', lines(ok, 'Content-Length: 1', 'content-length: 1', '', 'a'), /twice/],
    ['with two lengths in one', lines(ok, 'Content-Length: 1, 1', '', 'a'), /no number/],
    ['with a length below nothing', lines(ok, 'Content-Length: -1', ''), /no number/],
    ['with a length of hexadecimal', lines(ok, 'Content-Length: 0x1', ''), /no number/],
    ['with a length that no number holds', lines(ok, 'Content-Length: 9999999999999999', ''), /no number/],
    ['with a length beside a coding', lines(ok, 'Content-Length: 3', 'Transfer-Encoding: chunked', '', '0', ''), /and a Content-Length/],
    ['in another coding', lines(ok, 'Transfer-Encoding: gzip, chunked', ''), /not chunked/],
    ['chunked in HTTP/1.0', lines('HTTP/1.0 200 OK', 'Transfer-Encoding: chunked', '', '0', ''), /not chunked of HTTP\/1.1/],
    ['chunked twice', lines(ok, 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked', ''), /not chunked/],
    ['whose chunk has no size', lines(...chunked, 'x'), /how long/],
    ['whose chunk has a sign', lines(...chunked, '+4', 'hola'), /how long/],
    ['whose chunk is larger than a number', lines(...chunked, 'fffffffffffffff', ''), /how long/],
    ['whose chunk goes on after its size', lines(...chunked, '3', 'hola', '0', ''), /longer than it says/],
    ['whose chunk size ends in LF', octets(`${chunked.join('\r\n')}\r\n4\nhola`), /CR LF/],
    ['whose chunk has endless extensions', lines(...chunked, `4;${'x'.repeat(5000)}`), /4096/],
    ['with a trailer that is none', lines(...chunked, '0', 'T u', ''), /header name/],
    ['cut in its head', octets('HTTP/1.1 200 OK\r\nConte'), /closed before/],
    ['cut in its body', lines(ok, 'Content-Length: 90', '', 'a'), /closed within/],
    ['cut between chunks', lines(...chunked, '1', 'a'), /closed within/],
    ['cut before its trailers end', octets(`${chunked.join('\r\n')}\r\n0\r\nX: y`), /closed within/],
    ['with a head without end', lines(ok, ...Array(3000).fill(`X-${'n'.repeat(20)}: ${'v'.repeat(20)}`)), /65536/],
    ['with endless announcements', Buffer.concat(Array(6000).fill(lines('HTTP/1.1 100 Continue', ''))), /65536/],
    ['with endless trailers', lines(...chunked, '0', ...Array(3000).fill(`X-${'n'.repeat(20)}: ${'v'.repeat(20)}`)), /65536/],
  ])('%s', (_which, text, why) => {
    expect(wrongIn(text)).toMatch(why)
  })

  test('or taken as soon as any other, however many blanks a value has', () => {
    const flood = lines(ok, `A: a${' \t'.repeat(25_000)}b`, 'Content-Length: 0', '')
    for (let n = 0; n < 100; n++) expect(read([flood]).whole).toBe(true) // with a pattern, some seconds each
  })

  test('for good: nothing more is read, and nothing may follow', () => {
    const heard: string[] = []
    const reader = new AnswerReader('GET', { head: () => {}, body: (more) => heard.push(Buffer.from(more).toString()) })
    expect(reader.push(lines(...chunked, '3', 'abcX'))).toMatch(/longer than it says/)
    expect(reader.push(lines('2', 'de', '0', ''))).toMatch(/longer than it says/)
    expect([heard, reader.isWhole, reader.keepsOpen]).toEqual([['abc'], false, false])
  })

  test('in pieces of one octet as in one', () => {
    const text = lines(ok, 'Transfer-Encoding: chunked', '', '4', 'hola', 'x')
    expect(read([...text].map((octet) => Buffer.of(octet))).wrong).toBe(read([text]).wrong)
  })
})

/** What Node's own client makes of the same. */
function byNode(port: number, method: string): Promise<Read | 'refused'> {
  return new Promise((resolve) => {
    const call = request({ port, host: '127.0.0.1', method, agent: new Agent({ keepAlive: true }), maxHeaderSize: 64 * 1024 })
    call.on('error', () => resolve('refused'))
    call.on('upgrade', (_answer, socket) => {
      socket.destroy()
      resolve('refused')
    })
    call.on('response', (answer: IncomingMessage) => {
      const { rawHeaders: raw, statusCode: status = 0, statusMessage: reason = '' } = answer
      const headers = raw.flatMap((name, n) => (n % 2 === 0 ? [[name, raw[n + 1] as string] as const] : []))
      const body: Buffer[] = []
      answer.on('data', (chunk: Buffer) => body.push(chunk)).on('error', () => resolve('refused'))
      answer.on('end', () =>
        resolve({ head: { status, reason, headers }, body: Buffer.concat(body).toString('latin1'), whole: true, keeps: false }),
      )
    })
    call.end()
  })
}

/** An answer, often a broken one. */
function anyAnswer(random: Seeded): Buffer {
  const pick = <T>(...of: readonly T[]): T => of[random.below(of.length)] as T
  const body = 'x'.repeat(random.below(300))
  const chunks = () => `${body.length.toString(16)}${pick('', ';a=b', ' ')}\r\n${body}\r\n0\r\n${pick('', 'T: u\r\n')}\r\n`
  const how = pick<readonly [string, string]>(
    [`Content-Length: ${body.length}\r\n`, body],
    ['Transfer-Encoding: chunked\r\n', body === '' ? '0\r\n\r\n' : chunks()],
    ['', body],
  )
  const others = Array.from({ length: random.below(4) }, () =>
    pick('A: b\r\n', 'Ñ: x\r\n', 'X:\r\n', 'Connection: close\r\n', 'X-Y: á  \r\n', 'Keep-Alive: timeout=5\r\n'),
  )
  const before = random.below(8) === 0 ? 'HTTP/1.1 100 Continue\r\n\r\n' : ''
  const first = `HTTP/1.${pick('0', '1', '1', '1')} ${pick('200 OK', '500 ', '204 None', '404 Not Found', '304 Not', '302')}\r\n`
  const whole = octets(`${before}${first}${others.join('')}${how[0]}\r\n${how[1]}`)
  for (let n = random.below(3); n > 0; n--) {
    const at = random.below(Math.min(whole.length, 200))
    whole[at] = pick(0, 10, 13, 32, 48, 57, 58, 59, 65, 9, random.below(256))
  }
  return random.below(6) === 0 ? whole.subarray(0, random.below(whole.length)) : whole
}

/** Whether something comes after the answer. */
function goesOn(answer: Buffer, method: string): boolean {
  const reader = new AnswerReader(method, { head: () => {}, body: () => {} })
  const end = answer.findIndex((octet) => reader.push(Buffer.of(octet)) === undefined && reader.isWhole)
  return end >= 0 && end < answer.length - 1
}

test('whatever we take of an answer, sound or broken, Node takes as the same; what is sound is taken', async () => {
  let answer: Buffer = Buffer.alloc(0)
  let cuts: readonly number[] = []
  const server = createServer((socket: Socket) => {
    socket
      .on('error', () => {})
      .once('data', async () => {
        let from = 0
        for (const cut of [...cuts, answer.length]) {
          socket.write(answer.subarray(from, cut))
          from = cut
          await new Promise((resolve) => setImmediate(resolve))
        }
        socket.end()
      })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const seen = { taken: 0, refused: 0, onlyByNode: 0 }
  for (let seed = 1; seed <= 600; seed++) {
    const random = seeded(seed)
    answer = anyAnswer(random)
    cuts = Array.from({ length: random.below(3) }, () => random.below(answer.length + 1)).sort((a, b) => a - b)
    const method = random.below(8) === 0 ? 'HEAD' : 'GET'
    const socket = connect(port, '127.0.0.1')
    const message = { method, path: '/', headers: [['host', 'x']] as const, body: null }
    const [ours, nodes] = await Promise.all([
      new HttpConnection(socket).send(message, 10_000, ({ chunks }) => takeBody(chunks, { held: 1e6, most: 1e6 })),
      byNode(port, method),
    ])
    if (!ours.ok) {
      seen.refused++
      if (nodes !== 'refused') seen.onlyByNode++
      continue
    }
    seen.taken++
    if (nodes === 'refused' && goesOn(answer, method)) continue // Node may see what follows before it tells of the answer
    const { status, reason, headers, taken } = ours.value
    const took = { head: { status, reason, headers }, body: Buffer.from(taken as Uint8Array).toString('latin1') }
    expect(took, `seed ${seed}`).toEqual(nodes === 'refused' ? nodes : { head: nodes.head, body: nodes.body })
  }
  expect(seen.taken).toBeGreaterThan(200)
  expect(seen.refused).toBeGreaterThan(100)
  expect(seen.onlyByNode).toBeLessThan(80) // most of them are chunked in HTTP/1.0
}, 60_000)

describe('a request', () => {
  test('goes out as it is given; Content-Length and Connection come last', () => {
    const headers = [
      ['host', 'x'],
      ['X-A', 'á'],
      ['x-a', ''],
    ] as const
    expect(requestHead({ method: 'POST', path: '/a%20?b', headers, length: 0, keepsOpen: true })).toBe(
      'POST /a%20?b HTTP/1.1\r\nhost: x\r\nX-A: á\r\nx-a: \r\ncontent-length: 0\r\nConnection: keep-alive\r\n\r\n',
    )
    expect(requestHead({ method: 'GET', path: '*', headers: [], length: null, keepsOpen: false })).toBe(
      'GET * HTTP/1.1\r\nConnection: close\r\n\r\n',
    )
  })

  test.each<[string, Partial<Parameters<typeof requestHead>[0]>]>([
    ['a method with a blank', { method: 'GET /x' }],
    ['no method', { method: '' }],
    ['a path with a blank', { path: '/a b' }],
    ['a path with a line end', { path: '/a\r\nX: y' }],
    ['a path that is no octets', { path: '/ā' }],
    ['no path', { path: '' }],
    ['a header name with a line end', { headers: [['a\r\nb', 'c']] }],
    ['a header name with a colon', { headers: [['a:', 'c']] }],
    ['a value with a line end', { headers: [['a', 'b\r\nc: d']] }],
    ['a value with a bare LF', { headers: [['a', 'b\nc: d']] }],
    ['a value with a NUL', { headers: [['a', '\0']] }],
    ['a value that is no octets', { headers: [['a', 'ā']] }],
  ])('with %s is never sent', (_what, wrong) => {
    expect(() => requestHead({ method: 'GET', path: '/', headers: [], length: null, keepsOpen: true, ...wrong })).toThrow(TypeError)
  })
})

describe('a connection', () => {
  const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nsí'
  const message = { method: 'GET', path: '/', headers: [], body: null }
  async function connected(behave: (socket: Socket) => void): Promise<{ socket: Socket; http: HttpConnection }> {
    const server = createServer((socket) => behave(socket.on('error', () => {})))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    await new Promise((resolve) => socket.once('connect', resolve))
    return { socket, http: new HttpConnection(socket) }
  }
  const ask = (http: HttpConnection) =>
    http.send(message, 10_000, ({ chunks }) => takeBody(chunks, { held: 100, most: 100 }), undefined, true)
  const closed = (socket: Socket) => new Promise((resolve) => (socket.closed ? resolve(true) : socket.once('close', resolve)))

  test('carries one message after the other, never two at once', async () => {
    const { http, socket } = await connected((peer) => void peer.on('data', () => peer.write(octets(answer))))
    for (let n = 0; n < 3; n++) expect(await ask(http)).toMatchObject({ ok: true, value: { status: 200, again: true } })
    const first = ask(http)
    await expect(ask(http)).rejects.toThrow('under way')
    expect((await first).ok).toBe(true)
    socket.destroy()
  })

  test('over which something comes that nobody asked for is ended', async () => {
    const { socket } = await connected((peer) => void peer.write(octets(answer)))
    await closed(socket)
  })

  test('is not used again after an answer that is followed by another, nor after one that was not read to its end', async () => {
    const double = await connected((peer) => void peer.on('data', () => peer.write(octets(answer + answer))))
    expect(await ask(double.http)).toMatchObject({ ok: true, value: { again: false } })
    await closed(double.socket)
    const long = octets(`HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(5000)}`)
    const endless = await connected((peer) => void peer.on('data', () => peer.write(long)))
    expect(await ask(endless.http)).toMatchObject({ ok: true, value: { taken: 'too large', again: false } })
    await closed(endless.socket)
  })

  test('whose answer was too large for whoever took it is not used again, though it was whole', async () => {
    const long = octets(`HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n${'x'.repeat(101)}`)
    const { http, socket } = await connected((peer) => void peer.on('data', () => peer.write(long)))
    expect(await ask(http)).toMatchObject({ ok: true, value: { taken: 'too large', again: false } })
    await closed(socket)
  })

  const half = { kind: 'stored', at: 'x', size: 100_000, sha512: new Uint8Array(64) } as const
  const post = (http: HttpConnection, read: () => AsyncIterable<Uint8Array>) =>
    http.send({ ...message, method: 'POST', body: [half] }, 10_000, ({ chunks }) => takeBody(chunks, { held: 100, most: 100 }), read, true)

  test('is ended when the answer comes before all of the request is out: what follows would be read as its body', async () => {
    const got: Buffer[] = []
    const { http, socket } = await connected(
      (peer) => void peer.on('data', (data: Buffer) => got.push(data) === 1 && peer.write(octets(answer))),
    )
    async function* slowly() {
      yield Buffer.alloc(1000, 'A')
      await closed(socket)
      yield Buffer.alloc(99_000, 'B')
    }
    expect(await post(http, slowly)).toMatchObject({ ok: true, value: { again: false } })
    await closed(socket)
    expect(Buffer.concat(got).includes('B')).toBe(false)
  })

  test('is ended when a stored body is not as long as it says, or cannot be read: io_error', async () => {
    async function* short() {
      yield Buffer.alloc(10)
    }
    async function* lost(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(10)
      throw new Error('it is gone')
    }
    for (const [read, why] of [
      [short, /instead of/],
      [lost, /it is gone/],
    ] as const) {
      const { http, socket } = await connected(() => {})
      expect(await post(http, read)).toMatchObject({ ok: false, fault: { path: ['io_error'], detail: expect.stringMatching(why) } })
      await closed(socket)
    }
  })

  test('that is reset within an answer that ends with it has not given it', async () => {
    const { http } = await connected(
      (peer) =>
        void peer.on('data', () =>
          peer.write(octets('HTTP/1.1 200 OK\r\n\r\nla mitad'), () => setTimeout(() => peer.resetAndDestroy(), 50)),
        ),
    )
    expect(await ask(http)).toMatchObject({ ok: false, fault: { path: ['io_error'] } })
    const orderly = await connected((peer) => void peer.on('data', () => peer.end(octets('HTTP/1.1 200 OK\r\n\r\ntodo'))))
    expect(await ask(orderly.http)).toMatchObject({ ok: true, value: { taken: octets('todo'), again: false } })
  })

  test('is let go when a request cannot be written', async () => {
    const { http, socket } = await connected(() => {})
    await expect(http.send({ ...message, headers: [['host', 'ejemplo.мх']] }, 10_000, async () => null)).rejects.toThrow(TypeError)
    await closed(socket)
  })

  test('that is gone already is told as such', async () => {
    const { http, socket } = await connected((peer) => void peer.destroy())
    await closed(socket)
    expect(await ask(http)).toMatchObject({ ok: false, fault: { path: ['network_error'] } })
  })
})
