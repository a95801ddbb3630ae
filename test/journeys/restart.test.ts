import { rmSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readArchive, verifyChain } from '../../src/evidence/archive-verify.ts'
import { json, openExchange, requestIdOf } from './exchange.ts'

describe('a restart', () => {
  test('keeps everything: identities, evidence, the chain, the configuration', async () => {
    const first = await openExchange()
    const before = await first.get('/before')
    const sealedBefore = await first.sealed('bank')
    const waiting = await first.get('/waiting')
    await first.stop()
    await using second = await openExchange({ folder: first.folder })
    expect(await second.kept('bank', requestIdOf(waiting))).toEqual(['consumer request', 'consumer response'])
    const after = await second.get('/after')
    expect(json(after).url).toBe('/after')
    const items = await second.sealed('bank')
    expect(items.slice(0, 2)).toEqual(sealedBefore)
    expect(items.map(({ requestId }) => requestId)).toEqual(
      [before, waiting, after].flatMap((answer) => [requestIdOf(answer), requestIdOf(answer)]),
    )
    for (const item of items) expect((await second.verdict(item)).fault).toBeUndefined()
    const files = second.world.nodes.get('bank')?.files
    let last: string | 'first' = 'first'
    for (const name of new Set(items.map(({ archive }) => archive))) {
      const archive = await readArchive((await files?.getLocked(`archive/${name}`)) ?? new Uint8Array())
      if (!archive.ok) throw new Error(archive.fault.detail)
      const verdict = verifyChain(archive.value, last)
      expect(verdict.fault).toBeUndefined()
      last = verdict.last
    }
    expect(last).not.toBe('first')
  })

  test('after the small store is lost, the chain is taken up again from what lies under lock', async () => {
    const first = await openExchange()
    await first.get('/1')
    const sealed = await first.sealed('register')
    await first.stop()
    for (const end of ['', '-wal', '-shm']) rmSync(`${first.folder}/nodes/register/node.sqlite${end}`, { force: true })
    await using second = await openExchange({ folder: first.folder })
    await second.get('/2')
    const items = await second.sealed('register')
    expect(items.slice(0, 2)).toEqual(sealed)
    expect(items.slice(2).map(({ container }) => container)).toEqual([
      expect.stringMatching(/-3\.asice$/),
      expect.stringMatching(/-4\.asice$/),
    ])
  })
})
