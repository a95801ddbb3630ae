import { readFile } from 'node:fs/promises'
import { verifyContainer } from '../evidence/container-verify.ts'
import type { Profile } from '../evidence/verify.ts'
import { codeOf } from '../protocol/faults.ts'
import type { Trust } from '../trust/trust.ts'
import { EXIT, type Io, inLanguage } from './io.ts'
import { loadTrust } from './trust-folder.ts'
import { answerOf, readable } from './verify-answer.ts'

export type VerifyOptions = {
  /** A global-configuration directory as stock servers keep it. */
  readonly trust: string
  /** 'stock' judges as the reference verifier; 'strict' also asks what it does not. */
  readonly profile: Profile
  /** One JSON object a line, instead of text. */
  readonly json: boolean
}

/**
 * Judges containers offline, each against the trust folder alone.
 * @returns 0 all valid, 1 some invalid, 2 something could not be read: said on standard error
 */
export async function verify(files: readonly string[], { trust, profile, json }: VerifyOptions, io: Io): Promise<number> {
  const loaded = await trustIn(trust, io)
  if (!loaded) return EXIT.cannot
  let exit: number = EXIT.ok
  for (const file of files) exit = Math.max(exit, await verifyFile(file, loaded, profile, json, io))
  return exit
}

/** The trust in a folder; what is wrong with the folder is said on standard error. */
export async function trustIn(folder: string, io: Io): Promise<Trust | undefined> {
  const loaded = await loadTrust(folder)
  if (loaded.ok) return loaded.value
  const why = `${codeOf(loaded.fault)}: ${loaded.fault.detail}`
  const es = `${folder} no es una carpeta de configuración global que se pueda usar (${why}).`
  const en = `${folder} is no folder of a global configuration that can be used (${why}).`
  io.err(inLanguage({ es, en }, io.lang))
  return undefined
}

async function verifyFile(file: string, trust: Trust, profile: Profile, json: boolean, io: Io): Promise<number> {
  const bytes = await readWhole(file, io)
  if (!bytes) return EXIT.cannot
  const verdict = await verifyContainer(bytes, trust, profile)
  const answer = answerOf(file, verdict, io.lang)
  io.out(json ? JSON.stringify(answer) : readable(answer, io.lang))
  return verdict.valid ? EXIT.ok : EXIT.no
}

/** The file's bytes; what keeps us from them is said on standard error. */
export async function readWhole(file: string, io: Io): Promise<Uint8Array | undefined> {
  try {
    return await readFile(file)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    io.err(inLanguage({ es: `No se puede leer ${file}: ${why}`, en: `Cannot read ${file}: ${why}` }, io.lang))
    return undefined
  }
}
