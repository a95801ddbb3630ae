import { type CommanderError, Help, type HelpConfiguration } from 'commander'
import type { Words } from '../local/troubles.ts'
import { inLanguage, type Language } from './io.ts'

const TITLES: Record<string, string> = { 'Usage:': 'Uso:', 'Arguments:': 'Argumentos:', 'Options:': 'Opciones:', 'Commands:': 'Órdenes:' }
const inSpanish = (term: string) => term.replace('[options]', '[opciones]').replace('[command]', '[orden]')

/** The help's own words, which commander writes in English. */
export function helpIn(lang: 'es' | 'en'): HelpConfiguration {
  const plain = new Help()
  return {
    styleTitle: (title) => (lang === 'es' ? (TITLES[title] ?? title) : title),
    commandUsage: (command) => (lang === 'es' ? inSpanish(plain.commandUsage(command)) : plain.commandUsage(command)),
    subcommandTerm: (command) => (lang === 'es' ? inSpanish(plain.subcommandTerm(command)) : plain.subcommandTerm(command)),
    optionDescription: ({ description, argChoices }) => (argChoices ? `${description} (${argChoices.join(', ')})` : description),
  }
}

/** What is wrong with a command line, by commander's own codes. `#` is the word it is about. */
const MISTAKES: Record<string, Words> = {
  'commander.unknownOption': { es: 'No existe la opción #.', en: 'There is no option #.' },
  'commander.unknownCommand': { es: 'No existe la orden #.', en: 'There is no command #.' },
  'commander.missingArgument': { es: 'Falta el argumento #.', en: 'The argument # is missing.' },
  'commander.optionMissingArgument': { es: 'A la opción # le falta su valor.', en: 'The option # lacks its value.' },
  'commander.missingMandatoryOptionValue': { es: 'Falta la opción #.', en: 'The option # is missing.' },
  'commander.conflictingOption': {
    es: 'La opción # no va junto con otra de las dadas.',
    en: 'The option # does not go with another one given.',
  },
  'commander.invalidArgument': { es: 'El valor de # no se admite.', en: 'The value of # is not accepted.' },
  'commander.excessArguments': { es: 'Sobran argumentos.', en: 'There are too many arguments.' },
}
const HINT = { es: 'Vea la ayuda con --help.', en: 'See the help with --help.' }

/** Commander's complaint as a sentence in the person's language, with what is accepted and where the help is. */
export function mistakeIn(problem: CommanderError, lang: Language): string {
  const word = /'([^' ]*)/.exec(problem.message)?.[1] ?? ''
  const words = MISTAKES[problem.code] ?? { es: problem.message, en: problem.message }
  const more = acceptedIn(problem.message)
  const full = { es: [words.es.replace('#', () => word), more.es, HINT.es], en: [words.en.replace('#', () => word), more.en, HINT.en] }
  return inLanguage({ es: full.es.filter(Boolean).join(' '), en: full.en.filter(Boolean).join(' ') }, lang)
}

/** What follows 'is invalid.': the choices, or the words of `badValue`. */
function acceptedIn(message: string): Words {
  const rest = /is invalid\. ?(.*)$/s.exec(message)?.[1] ?? ''
  const choices = /^Allowed choices are (.*)\.$/.exec(rest)?.[1]
  if (choices !== undefined) return { es: `Se admite: ${choices}.`, en: `Accepted: ${choices}.` }
  const [es = '', en = es] = rest.split('\n')
  return { es, en }
}
