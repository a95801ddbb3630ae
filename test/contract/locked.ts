import { describe, expect, test } from 'vitest'
import type { GetLocked, ListLocked, PutLocked } from '../../src/exchange/ports.ts'

export type LockedUnderTest = { readonly putLocked: PutLocked; readonly getLocked: GetLocked; readonly listLocked: ListLocked }
const bytes = (text: string) => Buffer.from(text)

/** What every write-once place must do, be it a folder or a bucket with object lock. `open` gives an empty one. */
export function lockedContract(name: string, open: () => Promise<LockedUnderTest>): void {
  describe(`${name} as a write-once place`, () => {
    test('keeps bytes and gives them back', async () => {
      const { putLocked, getLocked } = await open()
      expect(await putLocked('journal/0000000001', bytes('uno'))).toBe('kept')
      expect(Buffer.from((await getLocked('journal/0000000001')) ?? [])).toEqual(bytes('uno'))
      expect(await getLocked('journal/0000000002')).toBeUndefined()
    })

    test('answers "already" for the same name and bytes', async () => {
      const { putLocked } = await open()
      await putLocked('a/b', bytes('uno'))
      expect(await putLocked('a/b', bytes('uno'))).toBe('already')
      expect(await putLocked('a/empty', bytes(''))).toBe('kept')
      expect(await putLocked('a/empty', bytes(''))).toBe('already')
    })

    test('throws for other bytes under a taken name, and keeps the first', async () => {
      const { putLocked, getLocked } = await open()
      await putLocked('a/b', bytes('uno'))
      await expect(putLocked('a/b', bytes('dos'))).rejects.toThrow()
      expect(Buffer.from((await getLocked('a/b')) ?? [])).toEqual(bytes('uno'))
    })

    test('lets one of many writers win, whole', async () => {
      const { putLocked, getLocked } = await open()
      const texts = Array.from({ length: 20 }, (_, n) => `escritor ${n} `.repeat(2000))
      const results = await Promise.allSettled(texts.map((text) => putLocked('a/b', bytes(text))))
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      const winner = results.findIndex(({ status }) => status === 'fulfilled')
      expect(Buffer.from((await getLocked('a/b')) ?? []).toString()).toBe(texts[winner])
    })

    test('lists names by prefix, in order, after a name', async () => {
      const { putLocked, listLocked } = await open()
      for (const name of ['j/0000000010', 'j/0000000002', 'k/1', 'j/0000000001', 'j/sub/x']) await putLocked(name, bytes(name))
      expect(await listLocked('j/')).toEqual(['j/0000000001', 'j/0000000002', 'j/0000000010', 'j/sub/x'])
      expect(await listLocked('j/00000000', 'j/0000000001')).toEqual(['j/0000000002', 'j/0000000010'])
      expect(await listLocked('none/')).toEqual([])
      expect(await listLocked('')).toHaveLength(5)
    })

    test('lists after a name whatever lies in folders of folders, by the order of whole names', async () => {
      const { putLocked, listLocked } = await open()
      const names = ['j/a', 'j/b-d', 'j/b/c', 'j/b/d/e', 'j/b0', 'j/c/a', 'k']
      for (const name of names.toReversed()) await putLocked(name, bytes(name))
      for (const [place, after] of names.entries()) expect(await listLocked('', after)).toEqual(names.slice(place + 1))
      expect(await listLocked('j/b', 'j/b/c')).toEqual(['j/b/d/e', 'j/b0'])
      expect(await listLocked('j/b/', 'j/b/d')).toEqual(['j/b/d/e'])
    })
  })
}
