import { Command, InvalidArgumentError, Option } from 'commander'
import type { Io } from './io.ts'
import { helpIn } from './usage.ts'

/** What every command is built from. */
export type Frame = {
  readonly io: Io
  /** The one language of the help; where both are wanted it is given twice. */
  readonly help: 'es' | 'en'
  /** The folder of the world when none is named. */
  readonly home: string
  /** Runs a command's own code and keeps its exit code. */
  readonly run: (body: () => Promise<number>) => Promise<void>
}

export const say = ({ help }: Frame, es: string, en: string): string => ({ es, en })[help]

/** A command under another, with help in the person's language and no surplus arguments. */
export function addCommand(parent: Command, frame: Frame, line: string, es: string, en: string): Command {
  return inOurWords(parent.command(line), frame).description(say(frame, es, en))
}

export function inOurWords(command: Command, frame: Frame): Command {
  return command
    .helpOption('-h, --help', say(frame, 'muestra esta ayuda', 'shows this help'))
    .helpCommand(false)
    .addOption(
      new Option('--lang <LANG>', say(frame, 'idioma; si falta, el de LANG', 'language; else that of LANG')).choices(['es', 'en', 'both']),
    )
    .configureHelp(helpIn(frame.help))
    .configureOutput({
      writeOut: (text) => frame.io.out(text.trimEnd()),
      writeErr: (text) => frame.io.err(text.trimEnd()),
      outputError: () => {},
    })
    .exitOverride()
    .allowExcessArguments(false)
}

export const jsonOption = (frame: Frame) =>
  new Option('--json', say(frame, 'responde en JSON, un objeto por línea', 'answers in JSON, one object a line')).default(false)

/** Refuses an option's value with words in both languages, whichever is asked for. */
export const badValue = (es: string, en: string) => new InvalidArgumentError(`${es}\n${en}`)

/** Takes a value that has a form; any other is refused with these words. */
export const formed = (form: RegExp, es: string, en: string) => (value: string) => {
  if (!form.test(value)) throw badValue(es, en)
  return value
}

/** The same option several times. */
export const collected = (value: string, earlier: readonly string[]) => [...earlier, value]

export const newProgram = (frame: Frame, version: string): Command =>
  inOurWords(new Command('sacbe'), frame)
    .version(version, '-V, --version', say(frame, 'muestra la versión', 'shows the version'))
    .description(
      say(
        frame,
        'Intercambio de datos compatible con X-Road®, con evidencia que cualquiera puede verificar.',
        'Data exchange compatible with X-Road®, with evidence anyone can verify.',
      ),
    )
