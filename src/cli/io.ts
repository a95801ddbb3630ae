import type { Refused } from '../base/result.ts'
import type { Trouble, Words } from '../local/troubles.ts'

/** Which language a person is answered in; 'both' where the machine does not say. */
export type Language = 'es' | 'en' | 'both'

/** A command's way to the outside: given by bin/sacbe.ts, set by tests. */
export type Io = {
  /** One line to standard output. With --json only the JSON goes there. */
  readonly out: (line: string) => void
  /** One line to standard error: progress, and what went wrong. */
  readonly err: (line: string) => void
  readonly lang: Language
  readonly env: Readonly<Record<string, string | undefined>>
  /** Asks a person on the terminal. undefined: there is nobody to ask. */
  readonly ask: (question: string) => Promise<string | undefined>
  /** Ends with Ctrl-C or SIGTERM. */
  readonly interrupted: AbortSignal
}

/** The sentence in the person's language, or in both, Spanish first. */
export function inLanguage(words: Words, lang: Language): string {
  if (lang === 'both') return words.es === words.en ? words.es : `${words.es}\n${words.en}`
  return words[lang]
}

/** Exit codes of every command: done or true, false, could not run. */
export const EXIT = { ok: 0, no: 1, cannot: 2 } as const

/** Says why a command could not run, and gives the exit code for that. */
export function tell({ fault }: Refused<Trouble>, io: Io): number {
  io.err(`${inLanguage(fault, io.lang)} [${fault.code}]`)
  return EXIT.cannot
}

/** The same for what has no code. */
export function tellCannot(words: Words, io: Io): number {
  io.err(inLanguage(words, io.lang))
  return EXIT.cannot
}

/** Says why it was not done, and gives the exit code for that. */
export function tellNo(words: Words, io: Io): number {
  io.err(inLanguage(words, io.lang))
  return EXIT.no
}
