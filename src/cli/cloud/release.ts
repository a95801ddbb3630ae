import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { ok, type Result, refused } from '../../base/result.ts'
import type { Words } from '../../local/troubles.ts'

/** What a release is: every file that is deployed or that makes what is deployed, by its digest. Beside it lies its signature. */
export type Manifest = { readonly version: string; readonly files: Readonly<Record<string, string>> }
export const MANIFEST = 'release.json'
export const SIGNATURE = 'release.sig'

/** What makes the exchange in the cloud; tests and documents do not. */
const PARTS = ['bin', 'functions', 'lib', 'src', 'package.json', 'package-lock.json', 'cdk.json', 'tsconfig.json'] as const
const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')

export type Verified = Manifest & { readonly digest: string }

export function filesOf(folder: string): readonly string[] {
  const under = (path: string): readonly string[] => {
    const at = join(folder, path)
    if (!existsSync(at)) return []
    const kind = lstatSync(at)
    if (kind.isDirectory()) return readdirSync(at).flatMap((name) => under(join(path, name)))
    return [path]
  }
  return PARTS.flatMap(under)
    .map((path) => relative(folder, join(folder, path)).split(sep).join('/'))
    .toSorted()
}

/** Writes the manifest of a folder and its signature by an Ed25519 key (PEM); gives the digest by which it is known. */
export function writeRelease(folder: string, version: string, key: string): string {
  const files = Object.fromEntries(filesOf(folder).map((path) => [path, sha256(readFileSync(join(folder, path)))]))
  const text = `${JSON.stringify({ version, files } satisfies Manifest, null, 2)}\n`
  writeFileSync(join(folder, MANIFEST), text)
  writeFileSync(join(folder, SIGNATURE), sign(null, Buffer.from(text), createPrivateKey(key)).toString('base64'))
  return sha256(text)
}

/**
 * A release that is exactly what was signed and what was pinned: the signature first, for nothing in the manifest counts before; then its digest; then every
 * file, none changed, none missing, none besides. Links are not followed: they are files besides.
 */
export function verifyRelease(folder: string, key: string, pinned: string): Result<Verified, Words> {
  const text = readText(join(folder, MANIFEST))
  const signature = readText(join(folder, SIGNATURE))
  if (text === undefined || signature === undefined)
    return refused({ es: `En ${folder} no están ${MANIFEST} y ${SIGNATURE}.`, en: `${folder} does not hold ${MANIFEST} and ${SIGNATURE}.` })
  if (!isSigned(text, signature, key))
    return refused({ es: 'La firma del manifiesto no es de esa llave.', en: 'The manifest is not signed by that key.' })
  const digest = sha256(text)
  if (digest !== pinned.replace(/^sha256:/, '').toLowerCase())
    return refused({
      es: `El manifiesto es sha256:${digest}, no el que se fijó.`,
      en: `The manifest is sha256:${digest}, not the one that was pinned.`,
    })
  const manifest = JSON.parse(text) as Manifest
  const there = filesOf(folder)
  const wrong = [
    ...there.filter((path) => !Object.hasOwn(manifest.files, path)),
    ...Object.entries(manifest.files).flatMap(([path, its]) => (there.includes(path) && digestAt(folder, path) === its ? [] : [path])),
  ]
  if (wrong.length > 0)
    return refused({ es: `No es lo que se firmó: ${wrong.join(', ')}`, en: `It is not what was signed: ${wrong.join(', ')}` })
  return ok({ ...manifest, digest })
}

const digestAt = (folder: string, path: string): string | undefined =>
  lstatSync(join(folder, path)).isFile() ? sha256(readFileSync(join(folder, path))) : undefined

function isSigned(text: string, signature: string, key: string): boolean {
  try {
    return verify(null, Buffer.from(text), createPublicKey(key), Buffer.from(signature, 'base64'))
  } catch {
    return false // no key, or one of another kind: not signed by it
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined // not there: the caller says so
  }
}
