import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { openKeys } from '../../src/adapters/local/keys.ts'
import type { SignatureName } from '../../src/protocol/sign.ts'
import { signContract } from './sign.ts'
import { temporaryFolder } from './temporary-folder.ts'

async function open(folder = temporaryFolder(), passphrase = 'frase de prueba') {
  const keys = await openKeys(folder, passphrase)
  if (!keys.ok) throw new Error(keys.fault.why)
  return keys.value
}

async function openFor(algorithm: SignatureName) {
  const keys = await open()
  const curve = algorithm === 'ecdsa-sha384' ? 'secp384r1' : 'prime256v1'
  const publicKey = await keys.create('firma', algorithm.startsWith('ecdsa') ? { kind: 'ec', curve } : { kind: 'rsa', bits: 2048 })
  return { sign: keys.sign, key: 'firma', publicKey }
}

const ALL = ['rsa', 'pss', 'ecdsa'].flatMap((kind) => ['256', '384', '512'].map((size) => `${kind}-sha${size}` as SignatureName))
signContract('a folder of key files', ALL, openFor)
signContract('a folder of key files with EC keys', ['ecdsa-sha512'], openFor)

describe('a folder of key files', () => {
  test('holds nothing in the clear, and opens again with the same passphrase only', async () => {
    const folder = temporaryFolder()
    const made = await (await open(folder)).create('tls', { kind: 'rsa', bits: 2048 })
    const [file] = readdirSync(folder) as [string]
    expect(readFileSync(`${folder}/${file}`, 'utf8')).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/)
    expect((await open(folder)).publicKey('tls').equals(made)).toBe(true)
    expect(await openKeys(folder, 'otra')).toMatchObject({ ok: false, fault: { why: 'wrong passphrase or damaged file' } })
  })

  test('never makes a second key under a name, nor a name that leaves the folder', async () => {
    const keys = await open()
    await keys.create('firma', { kind: 'ec', curve: 'prime256v1' })
    await expect(keys.create('firma', { kind: 'ec', curve: 'prime256v1' })).rejects.toThrow()
    await expect(keys.create('../firma', { kind: 'ec', curve: 'prime256v1' })).rejects.toThrow()
  })
})
