import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ok, type Result, refused } from '../../base/result.ts'
import type { Sign } from '../../exchange/ports.ts'
import { fitsKey, signatureNamed } from '../../protocol/signature-algorithms.ts'
import { signDigest } from './digest-signature.ts'
import { syncFolder } from './sync-folder.ts'

export type KeyKind =
  | { readonly kind: 'rsa'; readonly bits: 2048 | 3072 | 4096 }
  | { readonly kind: 'ec'; readonly curve: 'prime256v1' | 'secp384r1' }

/** Software keys, in memory once unlocked. */
export type Keys = {
  readonly sign: Sign
  readonly names: () => readonly string[]
  /** Makes a key, writes it encrypted, and gives its public half. Throws when the name is taken. */
  readonly create: (name: string, kind: KeyKind) => Promise<KeyObject>
  readonly publicKey: (name: string) => KeyObject
  /** For the TLS key, which the listener and callPeer need in hand. */
  readonly privateKey: (name: string) => KeyObject
}
/** Which file would not open. OpenSSL does not tell a wrong passphrase from a damaged file. */
export type KeyTrouble = { readonly why: 'wrong passphrase or damaged file'; readonly file: string }

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/
const SUFFIX = '.key.pem'

/** Opens a folder of PKCS#8 files encrypted under one passphrase (PBES2, AES-256); an empty or absent folder holds no keys yet. */
export async function openKeys(folder: string, passphrase: string): Promise<Result<Keys, KeyTrouble>> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const keys = new Map<string, KeyObject>()
  for (const file of (await readdir(folder)).filter((name) => name.endsWith(SUFFIX)).sort()) {
    const key = unlock(await readFile(join(folder, file)), passphrase)
    if (!key) return refused({ why: 'wrong passphrase or damaged file', file: join(folder, file) })
    keys.set(file.slice(0, -SUFFIX.length), key)
  }
  return ok(keysIn(folder, passphrase, keys))
}

function unlock(pem: Buffer, passphrase: string): KeyObject | undefined {
  try {
    return createPrivateKey({ key: pem, format: 'pem', passphrase })
  } catch {
    return undefined // the caller names the file; OpenSSL's own words would not help anyone
  }
}

function keysIn(folder: string, passphrase: string, keys: Map<string, KeyObject>): Keys {
  const named = (name: string): KeyObject => {
    const key = keys.get(name)
    if (!key) throw new Error(`no key ${JSON.stringify(name)} in ${folder}`)
    return key
  }
  return {
    sign: async (name, algorithm, digest) => {
      const row = signatureNamed(algorithm)
      if (!row || !fitsKey(row, named(name))) throw new Error(`key ${name} does not sign with ${algorithm}`)
      return signDigest(named(name), row, digest)
    },
    names: () => [...keys.keys()],
    create: async (name, kind) => {
      if (!NAME.test(name)) throw new Error(`${JSON.stringify(name)} is no name for a key`)
      const key = await generate(kind)
      const pem = key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase })
      await writeNew(folder, `${name}${SUFFIX}`, pem)
      keys.set(name, key)
      return createPublicKey(key)
    },
    publicKey: (name) => createPublicKey(named(name)),
    privateKey: named,
  }
}

const generateKeys = promisify(generateKeyPair)

async function generate(kind: KeyKind): Promise<KeyObject> {
  if (kind.kind === 'ec') return (await generateKeys('ec', { namedCurve: kind.curve })).privateKey
  return (await generateKeys('rsa', { modulusLength: kind.bits })).privateKey
}

async function writeNew(folder: string, name: string, text: string | Buffer): Promise<void> {
  const file = await open(join(folder, name), 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  syncFolder(folder)
}
