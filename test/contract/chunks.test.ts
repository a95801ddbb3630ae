import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { describe, expect, onTestFinished, test } from 'vitest'
import { chunksOf } from '../../src/adapters/http/chunks.ts'
import { seeded } from '../campaign/seeded.ts'

async function all(stream: Readable): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of chunksOf(stream)) chunks.push(chunk)
  return Buffer.concat(chunks)
}
const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('what comes in over a stream, chunk by chunk', () => {
  test('is what its own iterator gives, however it is cut and however slow either side is', async () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = seeded(seed)
      const pieces = Array.from({ length: random.below(60) }, () => Buffer.alloc(1 + random.below(5000), random.below(256)))
      const stream = new PassThrough({ highWaterMark: 1 + random.below(20_000) })
      const writing = (async () => {
        for (const piece of pieces) {
          stream.write(piece)
          if (random.below(3) === 0) await nextTurn()
        }
        stream.end()
      })()
      if (random.below(2) === 0) await nextTurn()
      const got: Uint8Array[] = []
      for await (const chunk of chunksOf(stream)) {
        got.push(chunk)
        if (random.below(3) === 0) await nextTurn()
      }
      await writing
      expect(Buffer.compare(Buffer.concat(got), Buffer.concat(pieces)), `seed ${seed}`).toBe(0)
    }
  })

  test('is asked for no faster than it is taken', async () => {
    let made = 0
    const endless = new Readable({
      read() {
        made++
        setImmediate(() => this.push(Buffer.alloc(16 * 1024)))
      },
    })
    const chunks = chunksOf(endless)[Symbol.asyncIterator]()
    await chunks.next()
    for (let turn = 0; turn < 500; turn++) await nextTurn()
    expect(made).toBeLessThan(40)
    await chunks.return?.()
    const soFar = made
    for (let turn = 0; turn < 500; turn++) await nextTurn()
    expect([endless.destroyed, made - soFar < 40]).toEqual([false, true])
    endless.destroy()
  })

  test('ends with what the stream says went wrong, with what was given before it', async () => {
    const stream = new PassThrough()
    stream.write('uno')
    const reading = all(stream)
    await nextTurn()
    stream.destroy(new Error('se fue'))
    await expect(reading).rejects.toThrow('se fue')
    await expect(all(stream)).rejects.toThrow('se fue')
  })

  test('is refused when it was closed before its end, also before anybody asked', async () => {
    const open = new PassThrough()
    const reading = all(open)
    open.destroy()
    await expect(reading).rejects.toThrow('closed before its end')
    await expect(all(open)).rejects.toThrow('closed before its end')
  })

  test('is left alone until somebody asks: whoever answers before that can still throw it away', async () => {
    const stream = new PassThrough()
    chunksOf(stream)
    expect([stream.listenerCount('data'), stream.isPaused()]).toEqual([0, false])
    for (let n = 0; n < 100; n++) stream.write(Buffer.alloc(1000))
    stream.end()
    await new Promise((resolve) => stream.once('end', resolve).resume())
  })

  test('is nothing more when it was read to its end before', async () => {
    const stream = Readable.from([Buffer.from('una vez')])
    expect((await all(stream)).toString()).toBe('una vez')
    expect((await all(stream)).length).toBe(0)
  })

  test('of a request whose client goes away is an error', async () => {
    const heard = Promise.withResolvers<unknown>()
    const server = createServer((message: IncomingMessage) => void all(message).then(heard.resolve, heard.resolve))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const call = request({ port: (server.address() as AddressInfo).port, method: 'POST', headers: { 'Content-Length': 1000 } })
    call.on('error', () => {})
    call.write('la mitad', () => setImmediate(() => call.destroy()))
    expect(await heard.promise).toBeInstanceOf(Error)
  })
})
