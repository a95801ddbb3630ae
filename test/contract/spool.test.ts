import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LinesThatBegin } from '../../src/adapters/http/lines-that-begin.ts'
import { takeBody, takeOrDigest } from '../../src/adapters/http/take-in.ts'
import { takeMessage, takePackage, takePackageOrDigest } from '../../src/adapters/http/take-message.ts'
import { openSpool, type Spool } from '../../src/adapters/local/spool.ts'
import { bytesBody, type Octets, type Piece, piecesOf } from '../../src/protocol/body.ts'
import { decodeSoap, encodeSoap, forConsumer, readPackage, type SoapPackage } from '../../src/protocol/soap-message.ts'
import { encodeRest } from '../../src/protocol/transport.ts'
import { seeded } from '../campaign/seeded.ts'
import { envelope } from '../protocol/soap-examples.ts'
import { temporaryFolder } from './temporary-folder.ts'

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
async function* thenBreaks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
  throw new Error('gone')
}
const whole = async (spool: Spool, body: Parameters<Spool['read']>[0]) => {
  const chunks: Buffer[] = []
  for await (const chunk of spool.read(body)) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}
const octets = (size: number) => Buffer.from(Array.from({ length: size }, (_, n) => (n * 31) % 256))
const room = (spool: Spool) => ({ held: 1000, most: 200_000, store: spool })

describe('a body coming in', () => {
  test('is held while it is small, and lies in a file without a name when it is not; its digest is that of its octets', async () => {
    const folder = join(temporaryFolder(), 'spool')
    const spool = openSpool(folder)
    expect(await takeBody(inPieces(octets(1000), 77), room(spool))).toEqual(octets(1000))
    const stored = await takeBody(inPieces(octets(150_000), 777), room(spool))
    if (stored === 'too large' || stored instanceof Uint8Array) throw new Error('it was not stored')
    expect(Buffer.from(stored.sha512).equals(createHash('sha512').update(octets(150_000)).digest())).toBe(true)
    expect([stored.size, await whole(spool, stored)]).toEqual([150_000, octets(150_000)])
    expect([readdirSync(folder), spool.count()]).toEqual([[], 1])
    await spool.forget(stored)
    expect(spool.count()).toBe(0)
    await expect(whole(spool, stored)).rejects.toThrow('forgotten')
  })
  test('is refused or only digested over the limit, and nothing of it stays; nor when it breaks off', async () => {
    const spool = openSpool(join(temporaryFolder(), 'spool'))
    expect(await takeBody(inPieces(octets(200_001), 999), room(spool))).toBe('too large')
    const told = await takeOrDigest(inPieces(octets(200_001), 999), room(spool))
    expect(told).toEqual({ size: 200_001, sha512: createHash('sha512').update(octets(200_001)).digest() })
    await expect(takeBody(thenBreaks(octets(5000)), room(spool))).rejects.toThrow('gone')
    expect(spool.count()).toBe(0)
  })
  test('without a store is taken as far as it can be held', async () => {
    expect(await takeBody(inPieces(octets(1001), 99), { held: 1000, most: 9999 })).toBe('too large')
    expect(await takeOrDigest(inPieces(octets(1001), 99), { held: 1000, most: 9999 })).toMatchObject({ size: 1001 })
  })
})

/** A message with what was left out of it put back. */
const restored = async (spool: Spool, octets: Octets): Promise<Buffer> =>
  Buffer.concat(
    await Promise.all(
      piecesOf(octets).map((piece: Piece) => (piece instanceof Uint8Array ? Promise.resolve(Buffer.from(piece)) : whole(spool, piece))),
    ),
  )
const fitting = (taken: Octets | 'too large'): Octets => {
  if (taken === 'too large') throw new Error('too large')
  return taken
}
const newSpool = (): Spool => openSpool(join(temporaryFolder(), 'spool'))
const forgotten = async (spool: Spool, { leftOut = [] }: Octets) => {
  for (const { body } of leftOut) await spool.forget(body)
  return spool.count()
}

describe('a REST message coming in', () => {
  const message = (size: number) => {
    const documents = { signature: Buffer.from('<firma/>') }
    return encodeRest('request', { ocsp: [], message: Buffer.from('GET\r\n/\r\n'), body: bytesBody(octets(size)), documents }, 'xtopB')
  }
  test.each([1, 13, 4096, 1_000_000])('is the same with its large body put back, in pieces of %i', async (size) => {
    const spool = newSpool()
    const { contentType, body } = message(20_000)
    const taken = fitting(await takeMessage(contentType, inPieces(body, size), room(spool)))
    expect(taken.leftOut?.map((each) => each.body.size)).toEqual([20_000])
    expect((await restored(spool, taken)).equals(body)).toBe(true)
    expect(taken.body.length).toBe(body.length - 20_000)
  })
  test('is given as it came when it can be held', async () => {
    const { contentType, body } = message(100)
    expect(await takeMessage(contentType, inPieces(body, 50), room(newSpool()))).toEqual({ body: Buffer.from(body) })
  })
  test('is too large over the limit, and when another part than the body is', async () => {
    const spool = newSpool()
    const { contentType, body } = message(200_000)
    expect(await takeMessage(contentType, inPieces(body, 4096), room(spool))).toBe('too large')
    const other = Buffer.from(Buffer.from(message(20_000).body).toString('latin1').replace('x-road-rest-body', 'x-otra-cosa'), 'latin1')
    expect(await takeMessage(contentType, inPieces(other, 4096), room(spool))).toBe('too large')
    expect(spool.count()).toBe(0)
  })
  test('that is cut is given cut, and nothing of it stays', async () => {
    const spool = newSpool()
    const { contentType, body } = message(20_000)
    const taken = fitting(await takeMessage(contentType, inPieces(body.subarray(0, -20), 500), room(spool)))
    expect(Buffer.from(body).indexOf(taken.body)).toBe(0)
    expect([taken.leftOut, spool.count()]).toEqual([undefined, 0])
  })
})

describe('a SOAP package coming in', () => {
  const TYPE = 'multipart/related; boundary=B'
  const part = (head: string, body: string | Buffer, boundary = 'B') =>
    Buffer.concat([Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`), Buffer.from(body as Buffer), Buffer.from('\r\n')])
  const packed = (...parts: readonly Buffer[]) =>
    Buffer.concat([part('Content-Type: text/xml', envelope()), ...parts, Buffer.from('--B--\r\n')])
  const bin = (size: number, boundary?: string) => part('Content-Type: a/b', octets(size), boundary)
  const held = envelope().length + 2000
  const roomy = (spool: Spool) => ({ held, most: 1_000_000, store: spool })
  const read = (given: Octets): SoapPackage => {
    const outcome = readPackage(TYPE, given)
    if (!outcome.ok || outcome.value.kind === 'fault') throw new Error(outcome.ok ? 'a fault' : outcome.fault.detail)
    return outcome.value
  }
  const shown = async (spool: Spool, { message, headers, attachments }: SoapPackage) => [
    Buffer.from(message.bytes).toString(),
    headers,
    await Promise.all(
      attachments.map(async (each) => [
        each.headers,
        each.body.kind === 'bytes' ? Buffer.from(each.body.bytes) : await whole(spool, each.body),
      ]),
    ),
  ]

  test('keeps in hand what fits: of its attachments the largest is stored first', async () => {
    const spool = newSpool()
    const body = packed(bin(300), bin(9000), bin(400))
    const taken = fitting(await takePackage(TYPE, inPieces(body, 512), roomy(spool)))
    expect(read(taken).attachments.map((each) => each.body.kind)).toEqual(['bytes', 'stored', 'bytes'])
    expect((await restored(spool, taken)).equals(body)).toBe(true)
    expect(await forgotten(spool, taken)).toBe(0)
  })
  test('is the same package, whatever it holds and however it comes, read without what was left out', async () => {
    const random = seeded(11)
    let stored = 0
    for (let run = 0; run < 60; run++) {
      const spool = newSpool()
      const some = (boundary?: string) =>
        Array.from({ length: random.below(4) }, () => bin(random.below(random.pick([3, 900, 30_000])), boundary))
      const inner = Buffer.concat([Buffer.from('preamble\n'), ...some('C'), Buffer.from('--C--')])
      const letter = Buffer.concat([Buffer.from('Content-Type: c/d\r\n\r\n'), octets(random.below(500))])
      const others = [part('Content-Type: multipart/mixed; boundary=C', inner), part('Content-Type: message/rfc822', letter), ...some()]
      const body = packed(...some(), ...others.filter(() => random.chance(0.7)))
      const taken = fitting(await takePackage(TYPE, inPieces(body, random.pick([1, 7, 100, 5000, 100_000])), roomy(spool)))
      expect((await restored(spool, taken)).equals(body)).toBe(true)
      expect(await shown(spool, read(taken))).toEqual(await shown(spool, read({ body })))
      stored += taken.leftOut?.length ?? 0
      await spool.close()
    }
    expect(stored).toBeGreaterThan(20)
  })
  test('goes between nodes and back, its large attachments left out all the way, byte for byte as one that is held', async () => {
    const spool = newSpool()
    const body = packed(bin(5000), bin(10), bin(6000))
    const asked = fitting(await takePackage(TYPE, inPieces(body, 777), roomy(spool)))
    const evidence = { ocsp: [], documents: { signature: Buffer.from('<s/>') } }
    const wire = encodeSoap('request', { ...read(asked), ...evidence }, 'xtopQwertyUiop')
    const plain = encodeSoap('request', { ...read({ body }), ...evidence }, 'xtopQwertyUiop')
    expect((await restored(spool, wire)).equals(plain.body)).toBe(true)
    const arrived = fitting(await takeMessage(wire.contentType, inPieces(plain.body, 999), roomy(spool), TYPE))
    const decoded = decodeSoap('request', wire.contentType, arrived)
    if (!decoded.ok) throw new Error(decoded.fault.detail)
    const given = forConsumer(decoded.value, TYPE)
    const plainly = forConsumer(read({ body }), TYPE)
    if (!given.ok || !plainly.ok) throw new Error('it cannot be given')
    expect(given.value.leftOut).toHaveLength(2)
    expect((await restored(spool, given.value)).equals(plainly.value.body)).toBe(true)
  })
  test('that holds the boundary it is to go under is not given: what is stored was searched for it', async () => {
    const holding = Buffer.concat([octets(4000), Buffer.from('\r\n--Z\r\ncontent-type: x/y\r\n\r\nmal'), octets(4000)])
    const spool = newSpool()
    const asked = read({ body: packed(part('Content-Type: a/b', holding)) })
    const wire = encodeSoap('response', { ...asked, ocsp: [], documents: { signature: Buffer.from('<s/>') } }, 'xtopAsdfghJkl')
    const given = async (into: string, searched: string) => {
      const taken = fitting(await takeMessage(wire.contentType, inPieces(wire.body, 61), roomy(spool), searched))
      const decoded = decodeSoap('response', wire.contentType, taken)
      if (!decoded.ok) throw new Error(decoded.fault.detail)
      const outcome = forConsumer(decoded.value, into)
      return outcome.ok ? 'given' : outcome.fault.path.join('.')
    }
    const [Z, Q] = ['multipart/related; boundary=Z', 'multipart/related; boundary=Q']
    expect([await given(Z, Z), await given(Q, Q), await given(Q, Z), await given(Q, '')]).toEqual([
      'invalid_message',
      'given',
      'invalid_message',
      'invalid_message',
    ])
  })
  test('is too large when its envelope, a message in a part or many heads are; a bare envelope too', async () => {
    const spool = newSpool()
    const large = part('Content-Type: message/rfc822', Buffer.concat([Buffer.from('A: b\r\n\r\n'), octets(20_000)]))
    const heads = Array.from({ length: 200 }, () => bin(0))
    const long = Buffer.from(`--B\r\nContent-Type: text/xml\r\n\r\n${envelope().padEnd(20_000)}\r\n--B--\r\n`)
    for (const body of [packed(large), packed(...heads), long, packed(bin(1_000_000))])
      expect(await takePackage(TYPE, inPieces(body, 4096), roomy(spool))).toBe('too large')
    expect(await takePackage('text/xml', inPieces(octets(20_000), 4096), roomy(spool))).toBe('too large')
    expect(await takePackageOrDigest(TYPE, inPieces(packed(large), 4096), roomy(spool))).toMatchObject({ size: packed(large).length })
    expect(spool.count()).toBe(0)
  })
  test('that is cut, wherever, is refused as it would be whole, and nothing of it stays', async () => {
    const spool = newSpool()
    const body = packed(bin(4000), part('Content-Type: multipart/mixed; boundary=C', Buffer.concat([bin(5000, 'C'), Buffer.from('--C--')])))
    const verdict = (given: Octets): string => {
      const outcome = readPackage(TYPE, given)
      return outcome.ok ? 'ok' : outcome.fault.path.join('.')
    }
    for (let at = body.length - 4; at > 200; at -= 97) {
      const taken = fitting(await takePackage(TYPE, inPieces(body.subarray(0, at), 500), roomy(spool)))
      expect([verdict(taken), spool.count()]).toEqual([verdict({ body: body.subarray(0, at) }), 0])
    }
  })
})

test('a line that begins with a text is found, however its octets come', () => {
  const found = (text: string, size: number): boolean => {
    const lines = new LinesThatBegin('--Zorro')
    for (let at = 0; at < text.length; at += size) lines.push(Buffer.from(text.slice(at, at + size), 'latin1'))
    return lines.found
  }
  for (const size of [1, 2, 3, 5, 8, 64, 1000]) {
    for (const text of ['--Zorro', 'x\n--Zorro', 'x\r--Zorro y', `${'y'.repeat(99)}\r\n--Zorro--`, '-\n--Zo\n--Zorro'])
      expect(found(text, size)).toBe(true)
    for (const text of ['', 'x--Zorro', '--Zorr', '\n--Zo\nrro', `${'--Zorr'.repeat(40)}`, '\n ---Zorro'])
      expect(found(text, size)).toBe(false)
  }
})
