import type { Language } from './io.ts'

/**
 * The language a person is answered in: `--lang es|en|both` if given, else LC_ALL, LC_MESSAGES or LANG, the first that is set.
 * Spanish and English locales give theirs; every other, C and POSIX among them, gives both.
 * Source: POSIX.1-2024 XBD §8.2.
 */
export function languageOf(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Language {
  const asked = askedFor(args)
  if (asked === 'es' || asked === 'en' || asked === 'both') return asked
  const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || 'C'
  const name = /^(es|en)(?![a-z])/i.exec(locale)?.[1]?.toLowerCase()
  return name === 'es' || name === 'en' ? name : 'both'
}

/** Looked for before the command line is read in earnest: its errors need a language too. */
function askedFor(args: readonly string[]): string | undefined {
  const ours = args.includes('--') ? args.slice(0, args.indexOf('--')) : args
  const place = ours.findLastIndex((word) => word === '--lang' || word.startsWith('--lang='))
  return place < 0 ? undefined : ours[place] === '--lang' ? ours[place + 1] : ours[place]?.slice('--lang='.length)
}
