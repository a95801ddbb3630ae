import { type Command, Option } from 'commander'
import type { EnvironmentName } from '../../lib/config/exchange.ts'
import { addCommand, type Frame, jsonOption, say } from './frame.ts'

type Given = { readonly config?: string; readonly env?: EnvironmentName }
const named = ({ config, env }: Given) => ({
  ...(config === undefined ? {} : { config }),
  ...(env === undefined ? {} : { environment: env }),
})

/** A command about what is in the cloud: which file describes it, which environment of it. */
const aboutCloud = (program: Command, frame: Frame, line: string, es: string, en: string): Command =>
  addCommand(program, frame, line, es, en)
    .addOption(
      new Option('--config <FILE>', say(frame, 'archivo de configuración (exchange.config.ts)', 'configuration file (exchange.config.ts)')),
    )
    .addOption(
      new Option('--env <NAME>', say(frame, 'ambiente, si hay dos', 'environment, when there are two')).choices(['test', 'production']),
    )

export function addPreflight(program: Command, frame: Frame): void {
  aboutCloud(
    program,
    frame,
    'preflight',
    'Lee lo que da su cuenta de AWS y dice qué falta para lo que describe el archivo, y cómo pedirlo.',
    'Reads what your AWS account gives and says what is short for what the file describes, and how to ask for it.',
  )
    .addOption(new Option('--all', say(frame, 'también lo que alcanza', 'what is enough, too')).default(false))
    .addOption(jsonOption(frame))
    .action((given: Given & { all: boolean; json: boolean }) =>
      frame.run(async () =>
        (await import('./cloud/preflight.ts')).preflightCommand({ ...named(given), all: given.all, json: given.json }, frame.io),
      ),
    )
}
