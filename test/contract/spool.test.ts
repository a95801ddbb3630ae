import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { withLeftOut } from '../../src/adapters/http/octets.ts'
import { takeBody, takeOrDigest } from '../../src/adapters/http/take-in.ts'
import { takeMessage } from '../../src/adapters/http/take-message.ts'
import { openSpool, type Spool } from '../../src/adapters/local/spool.ts'
import { encodeRest } from '../../src/protocol/transport.ts'
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

describe('a message coming in', () => {
  const message = (size: number) => {
    const documents = { signature: Buffer.from('<firma/>') }
    return encodeRest(
      'request',
      { ocsp: [], message: Buffer.from('GET\r\n/\r\n'), body: { kind: 'bytes', bytes: octets(size) }, documents },
      'xtopB',
    )
  }
  test.each([1, 13, 4096, 1_000_000])('is the same with its large body put back, in pieces of %i', async (size) => {
    const spool = openSpool(join(temporaryFolder(), 'spool'))
    const { contentType, body } = message(20_000)
    const taken = await takeMessage(contentType, inPieces(body, size), room(spool))
    if (taken === 'too large' || !taken.leftOut) throw new Error('nothing was left out')
    const pieces = await Promise.all(
      withLeftOut(taken.body, taken.leftOut).map(async (piece) => (piece instanceof Uint8Array ? piece : whole(spool, piece))),
    )
    expect(Buffer.concat(pieces).equals(body)).toBe(true)
    expect(taken.body.length).toBe(body.length - 20_000)
  })
  test('is given as it came when it can be held', async () => {
    const { contentType, body } = message(100)
    const taken = await takeMessage(contentType, inPieces(body, 50), room(openSpool(join(temporaryFolder(), 'spool'))))
    expect(taken).toEqual({ body: Buffer.from(body) })
  })
  test('is too large over the limit, and when another part than the body is', async () => {
    const spool = openSpool(join(temporaryFolder(), 'spool'))
    const { contentType, body } = message(200_000)
    expect(await takeMessage(contentType, inPieces(body, 4096), room(spool))).toBe('too large')
    const other = Buffer.from(Buffer.from(message(20_000).body).toString('latin1').replace('x-road-rest-body', 'x-otra-cosa'), 'latin1')
    expect(await takeMessage(contentType, inPieces(other, 4096), room(spool))).toBe('too large')
    expect(spool.count()).toBe(0)
  })
  test('that is cut is given cut, and nothing of it stays', async () => {
    const spool = openSpool(join(temporaryFolder(), 'spool'))
    const { contentType, body } = message(20_000)
    const taken = await takeMessage(contentType, inPieces(body.subarray(0, -20), 500), room(spool))
    expect(taken).toEqual({ body: Buffer.from(body.subarray(0, 500)) })
    expect(spool.count()).toBe(0)
  })
})
