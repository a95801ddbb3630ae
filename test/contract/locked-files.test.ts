import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { LockedNameTaken, lockedFiles } from '../../src/adapters/local/locked-files.ts'
import { lockedContract } from './locked.ts'
import { temporaryFolder } from './temporary-folder.ts'

lockedContract('a folder', async () => lockedFiles(temporaryFolder()))

describe('a folder of locked files', () => {
  test('makes files read-only and leaves nothing beside them', async () => {
    const folder = temporaryFolder()
    const { putLocked } = lockedFiles(folder)
    await putLocked('archive/mlog-1.zip', Buffer.from('x'))
    await expect(putLocked('archive/mlog-1.zip', Buffer.from('y'))).rejects.toThrow(LockedNameTaken)
    expect(statSync(`${folder}/archive/mlog-1.zip`).mode & 0o777).toBe(0o444)
    expect(readdirSync(`${folder}/archive`)).toEqual(['mlog-1.zip'])
  })

  test('does not list, nor mistake for evidence, what a crash left half written', async () => {
    const folder = temporaryFolder()
    const { putLocked, listLocked } = lockedFiles(folder)
    await putLocked('a/b', Buffer.from('x'))
    writeFileSync(`${folder}/a/.7d0c`, 'half')
    expect(await listLocked('')).toEqual(['a/b'])
  })

  test('has no name that leaves it', async () => {
    const { putLocked, getLocked, listLocked } = lockedFiles(temporaryFolder())
    for (const name of ['../x', '/x', 'a//b', 'a/../b', '.x', 'a/.b', 'a\\b', 'a\0b', '', 'a/'])
      await expect(putLocked(name, Buffer.from('x')), name).rejects.toThrow('no name for a locked file')
    await expect(getLocked('../../etc/passwd')).rejects.toThrow()
    await expect(listLocked('../')).rejects.toThrow()
  })
})
