import { main } from '../../src/cli/main.ts'
import { ROOT } from './emulators.ts'

export type Said = { readonly code: number; readonly out: readonly string[]; readonly err: readonly string[] }
export type TerminalOptions = {
  readonly endpoint: string
  readonly account?: string
  readonly lang?: 'es' | 'en' | 'both'
  /** What the person at the terminal answers; nobody is there by default. */
  readonly answer?: string
  /** What else the environment holds. */
  readonly environment?: Readonly<Record<string, string>>
}

/** The command line as a person has it, with the credentials of an account that an emulator takes. */
export async function sacbe(
  args: readonly string[],
  { endpoint, account = ROOT.accessKeyId, lang = 'en', answer, environment = {} }: TerminalOptions,
): Promise<Said> {
  const out: string[] = []
  const err: string[] = []
  const env = {
    ...process.env,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: ROOT.secretAccessKey,
    AWS_SESSION_TOKEN: undefined,
    AWS_PROFILE: undefined,
    ...environment,
  }
  const code = await main(args, {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    lang,
    env,
    ask: async () => answer,
    interrupted: new AbortController().signal,
  })
  return { code, out, err }
}
