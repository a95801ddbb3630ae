import { execFileSync } from 'node:child_process'
import { PassThrough, type Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import nodeOptions from '../../bin/node-options.json' with { type: 'json' }
import { chunksOf } from '../../src/adapters/http/chunks.ts'

const collected = async (stream: Readable): Promise<string> => {
  let text = ''
  for await (const chunk of chunksOf(stream)) text += Buffer.from(chunk).toString('latin1')
  return text
}
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('chunks of a stream', () => {
  test('come in order, whether they wait or are waited for', async () => {
    const stream = new PassThrough()
    stream.write('a')
    const all = collected(stream)
    await turn()
    stream.write('b')
    await turn()
    stream.end('c')
    expect(await all).toBe('abc')
  })

  test('fail with what the stream says went wrong, and where it was closed before its end', async () => {
    for (const problem of [new Error('broken'), undefined]) {
      const stream = new PassThrough()
      const all = collected(stream)
      await turn()
      stream.destroy(problem)
      await expect(all).rejects.toThrow(problem?.message ?? 'closed before its end')
    }
  })

  test('stop the stream while sixteen wait', async () => {
    const stream = new PassThrough({ readableHighWaterMark: 1 })
    const chunks = chunksOf(stream)[Symbol.asyncIterator]()
    for (let n = 0; n < 40; n++) stream.write('x')
    await turn()
    expect(stream.isPaused()).toBe(true)
    for (let n = 0; n < 40; n++) expect((await chunks.next()).done).toBe(false)
    expect(stream.isPaused()).toBe(false)
  })

  test('are gone with what is young: nothing that stays holds the message they came from', () => {
    const program = fileURLToPath(new URL('../large/left-behind.ts', import.meta.url))
    const { left, of } = JSON.parse(execFileSync(process.execPath, [...nodeOptions, program], { encoding: 'utf8' }))
    expect(left).toBeLessThan(of / 4)
  })
})
