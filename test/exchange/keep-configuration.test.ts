import { describe, expect, test } from 'vitest'
import { lockedFiles } from '../../src/adapters/local/locked-files.ts'
import { configurationName, keepConfiguration } from '../../src/exchange/keep-configuration.ts'
import { hex, sha512 } from '../../src/protocol/digests.ts'
import { temporaryFolder } from '../contract/temporary-folder.ts'

const bytes = (text: string) => Buffer.from(text)
const qro = { instance: 'QRO', bytes: bytes('<conf>qro</conf>') }
const roo = { instance: 'ROO', bytes: bytes('<conf>roo</conf>') }

describe('the configuration that a node acts on', () => {
  test('is put under lock once, as verifiers read it, under the digest of its shared parameters', async () => {
    const locked = lockedFiles(temporaryFolder())
    const name = await keepConfiguration({ instance: 'QRO', parameters: [qro], directories: [bytes('signed')] }, locked)
    expect(name).toBe(hex(sha512(qro.bytes)))
    expect(Buffer.from((await locked.getLocked(`configurations/${name}/QRO/shared-params.xml`)) ?? [])).toEqual(qro.bytes)
    expect(Buffer.from((await locked.getLocked(`configurations/${name}/instance-identifier`)) ?? []).toString()).toBe('QRO')
    const before = await locked.listLocked('')
    expect(await keepConfiguration({ instance: 'QRO', parameters: [qro], directories: [bytes('signed an hour later')] }, locked)).toBe(name)
    expect(await locked.listLocked('')).toEqual(before)
  })

  test('of several instances has a name that says them all, in any order', () => {
    expect(configurationName([qro, roo])).toBe(configurationName([roo, qro]))
    expect(configurationName([qro, roo])).not.toBe(configurationName([qro, { ...roo, bytes: bytes('other') }]))
    expect(configurationName([qro, roo])).not.toBe(configurationName([qro]))
  })

  test('is whole after a run that died on the way is repeated', async () => {
    const locked = lockedFiles(temporaryFolder())
    const files = { instance: 'QRO', parameters: [qro, roo], directories: [bytes('signed')] }
    for (let at = 1; at <= 4; at++) {
      let calls = 0
      const putLocked: typeof locked.putLocked = async (...file) => {
        if (++calls === at) throw new Error('dead')
        return locked.putLocked(...file)
      }
      await expect(keepConfiguration(files, { ...locked, putLocked })).rejects.toThrow('dead')
    }
    const name = await keepConfiguration(files, locked)
    expect((await locked.listLocked(`configurations/${name}/`)).length).toBe(4)
  })
})
