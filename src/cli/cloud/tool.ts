import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ok, type Result, refused } from '../../base/result.ts'
import { type Io, inLanguage } from '../io.ts'
import { ROOT } from './project.ts'

const CDK = join(ROOT, 'node_modules', 'aws-cdk', 'bin', 'cdk')
const SPOKEN = 60

/** Whether the CDK's own tool is here; else says how to get it. */
export function hasCdk(io: Io): boolean {
  if (existsSync(CDK)) return true
  io.err(
    inLanguage(
      {
        es: 'Falta la herramienta del CDK, que viene con los paquetes de desarrollo. Use npm run deploy, que los instala.',
        en: 'The CDK’s tool is missing; it comes with the development packages. Use npm run deploy, which installs them.',
      },
      io.lang,
    ),
  )
  return false
}

/** What a program of ours or of the CDK said last. Refused with it when it did not end well, or was stopped. */
export function runNode(
  args: readonly string[],
  io: Io,
  more: Readonly<Record<string, string>> = {},
  cwd = ROOT,
): Promise<Result<string, string>> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd, env: { ...io.env, ...more }, stdio: ['ignore', 'pipe', 'pipe'] })
    const said: string[] = []
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        said.push(...text.split('\n').filter((line) => line.trim() !== ''))
        if (said.length > SPOKEN) said.splice(0, said.length - SPOKEN)
      })
    const stop = () => child.kill('SIGINT')
    io.interrupted.addEventListener('abort', stop)
    child.once('error', (problem) => resolve(refused(problem.message)))
    child.once('close', (code) => {
      io.interrupted.removeEventListener('abort', stop)
      resolve(code === 0 ? ok(said.join('\n')) : refused(said.join('\n')))
    })
  })
}

const QUIET = { CDK_DISABLE_CLI_TELEMETRY: 'true', NO_COLOR: '1', AWS_EC2_METADATA_DISABLED: 'true' }

/** The CDK's tool on an assembly that is made already. */
export const cdk = (assembly: string, region: string, args: readonly string[], io: Io): Promise<Result<string, string>> =>
  runNode([CDK, ...args, '--app', assembly], io, { ...QUIET, AWS_REGION: region })

/** Makes all templates in a folder of their own, which `then` uses and which is gone afterwards. Refused with what synthesis said. */
export async function withAssembly<T>(
  file: string,
  io: Io,
  then: (assembly: string) => Promise<T>,
  root = ROOT,
): Promise<Result<T, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'sacbe-assembly-'))
  try {
    const made = await runNode([join(root, 'bin', 'app.ts'), '--config', file], io, { CDK_OUTDIR: folder, INIT_CWD: ROOT }, root)
    return made.ok ? ok(await then(folder)) : made
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
