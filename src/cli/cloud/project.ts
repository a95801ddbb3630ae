import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Environment, EnvironmentName } from '../../../lib/config/exchange.ts'
import { problemLines } from '../../../lib/config/problems.ts'
import { readConfig } from '../../../lib/config/read-config.ts'
import { ok, type Result, refused } from '../../base/result.ts'
import { EXIT, type Io, tellCannot } from '../io.ts'

/** The project's own folder. */
export const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))

export type ProjectOptions = { readonly config?: string; readonly environment?: EnvironmentName }
export type Project = { readonly file: string; readonly environment: Environment }

/** The environment that is meant, of the configuration file; or everything that is wrong with it, told at once: the exit code. */
export async function openProject({ config, environment: name }: ProjectOptions, io: Io): Promise<Result<Project, number>> {
  const file = resolve(config ?? `${ROOT}/exchange.config.ts`)
  const cannot = (es: string, en: string) => refused(tellCannot({ es, en }, io))
  if (!existsSync(file)) return cannot(`No está ${file}.`, `There is no ${file}.`)
  const read = readConfig(((await import(pathToFileURL(file).href)) as { default?: unknown }).default)
  if (!read.ok) {
    for (const line of problemLines(read.fault)) io.err(line)
    return refused(EXIT.no)
  }
  const { environments } = read.value
  const known = environments.map((each) => each.name).join(', ')
  const environment = environments.find((each) => (name === undefined ? environments.length === 1 : each.name === name))
  if (environment) return ok({ file, environment })
  return cannot(`Diga cuál ambiente con --env: ${known}.`, `Say which environment with --env: ${known}.`)
}
