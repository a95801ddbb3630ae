import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { afterAll, describe, expect, test } from 'vitest'
import type { Frame } from '../../src/cli/frame.ts'
import type { Io, Language } from '../../src/cli/io.ts'
import { languageOf } from '../../src/cli/language.ts'
import { callersFolder, main, sacbeProgram } from '../../src/cli/main.ts'

const ROOT = dirname(dirname(import.meta.dirname))

async function run(args: readonly string[], lang: Language = 'es') {
  const said = { out: [] as string[], err: [] as string[] }
  const io: Io = {
    out: (line) => said.out.push(line),
    err: (line) => said.err.push(line),
    lang,
    env: {},
    ask: async () => undefined,
    interrupted: new AbortController().signal,
  }
  const code = await main(args, io)
  return { code, out: said.out.join('\n'), err: said.err.join('\n') }
}

describe('the language', () => {
  for (const [args, env, lang] of [
    [[], {}, 'both'],
    [[], { LANG: 'C' }, 'both'],
    [[], { LANG: 'C.UTF-8' }, 'both'],
    [[], { LANG: 'POSIX' }, 'both'],
    [[], { LANG: 'es_MX.UTF-8' }, 'es'],
    [[], { LANG: 'es' }, 'es'],
    [[], { LANG: 'en_US.UTF-8' }, 'en'],
    [[], { LANG: 'fr_FR.UTF-8' }, 'both'],
    [[], { LANG: 'est_EE' }, 'both'],
    [[], { LANG: 'es_MX', LC_ALL: 'en_GB' }, 'en'],
    [[], { LANG: 'es_MX', LC_MESSAGES: 'C' }, 'both'],
    [[], { LANG: 'es_MX', LC_ALL: '' }, 'es'],
    [['--lang', 'en'], { LANG: 'es_MX' }, 'en'],
    [['verify', '--lang=es'], { LANG: 'en_US' }, 'es'],
    [['--lang', 'both'], { LANG: 'es_MX' }, 'both'],
    [['--lang', 'fr'], { LANG: 'es_MX' }, 'es'],
    [['verify', '--', '--lang', 'en'], { LANG: 'es_MX' }, 'es'],
  ] as const)
    test(`${args.join(' ')} with ${JSON.stringify(env)} is ${lang}`, () => expect(languageOf(args, env)).toBe(lang))
})

describe('a command line that cannot be run ends with 2 and says why', () => {
  for (const [args, es, en] of [
    [['foo'], 'No existe la orden foo.', 'There is no command foo.'],
    [['verify'], 'Falta la opción --trust.', 'The option --trust is missing.'],
    [['verify', '--trust', 'x'], 'Falta el argumento FILE.', 'The argument FILE is missing.'],
    [['verify', 'x', '--trust'], 'A la opción --trust le falta su valor.', 'The option --trust lacks its value.'],
    [
      ['verify', 'x', '--trust', 'y', '--profile', 'lax'],
      'El valor de --profile no se admite. Se admite: strict, stock.',
      'The value of --profile is not accepted. Accepted: strict, stock.',
    ],
    [['verify', 'x', '--trust', 'y', '--fast'], 'No existe la opción --fast.', 'There is no option --fast.'],
    [['verify-archive', 'x'], 'Falta la opción --first', 'The option --first'],
    [
      ['verify-archive', 'x', '--first', '--previous', 'a'.repeat(128)],
      'La opción --previous no va junto con otra',
      'The option --previous does not go with another',
    ],
    [['verify-archive', 'x', '--previous', 'abc'], 'dígitos hexadecimales.', 'hexadecimal digits.'],
    [['verify-archive', 'x', 'y', '--first'], 'Sobran argumentos.', 'There are too many arguments.'],
    [['conf', 'verify', 'x'], 'Falta la opción --anchor.', 'The option --anchor is missing.'],
    [
      ['conf', 'verify', 'x', '--anchor', 'y', '--at', 'ayer'],
      'Escríbalo como 2025-11-04T16:20:11Z.',
      'Write it like 2025-11-04T16:20:11Z.',
    ],
    [['conf', 'verify', 'x', '--anchor', 'y', '--at', '2025-13-01'], 'Escríbalo como', 'Write it like'],
    [['verify', 'nowhere.asice', '--trust', '/nowhere'], '/nowhere', '/nowhere'],
    [['start', '--port', 'x'], 'Debe ser un número de puerto.', 'It must be a port number.'],
    [['--lang', 'fr'], 'Se admite: es, en, both.', 'Accepted: es, en, both.'],
  ] as const)
    test(args.join(' ').slice(0, 60), async () => {
      const [spanish, english, both] = [await run(args, 'es'), await run(args, 'en'), await run(args, 'both')]
      expect([spanish.code, english.code, both.code]).toEqual([2, 2, 2])
      expect(spanish.err).toContain(es)
      expect(english.err).toContain(en)
      expect(both.err).toContain(es)
      expect(both.err).toContain(en)
      expect([spanish.out, english.out, both.out]).toEqual(['', '', ''])
      expect(both.err).not.toMatch(/\n {4}at /)
    })
})

/** Every command, with its full name. */
function commandsOf(command: Command, name = ''): readonly (readonly [string, Command])[] {
  return [[name, command], ...command.commands.flatMap((inner) => commandsOf(inner, `${name} ${inner.name()}`.trim()))]
}
const frameFor = (help: 'es' | 'en') =>
  ({ io: { lang: help, env: {}, out: () => {}, err: () => {} } as unknown as Io, help, home: '/h', run: async () => {} }) satisfies Frame

describe('the help', () => {
  const spanish = commandsOf(sacbeProgram(frameFor('es')))
  const english = new Map(commandsOf(sacbeProgram(frameFor('en'))))
  for (const [name, command] of spanish)
    test(`of sacbe ${name} is all there in both languages`, () => {
      const other = english.get(name) as Command
      expect(command.description()).not.toBe('')
      expect(command.description()).not.toBe(other.description())
      for (const [at, option] of command.options.entries()) {
        expect(option.description).not.toBe('')
        expect(option.description).not.toBe(other.options[at]?.description)
      }
      for (const text of [command.helpInformation(), other.helpInformation()]) expect(text).not.toMatch(/undefined|\[object/)
      expect(command.helpInformation()).not.toMatch(/Usage:|Options:|Commands:|Arguments:|\[options\]|\[command\]|default:|choices:/)
    })

  test('in C is the Spanish one and then the English one, and ends with 0', async () => {
    for (const args of [[], ['--help'], ['verify', '--help'], ['conf']]) {
      const { code, out, err } = await run(args, 'both')
      expect(code).toBe(0)
      expect(`${out}${err}`.indexOf('Uso:')).toBeLessThan(`${out}${err}`.indexOf('Usage:'))
    }
  })
})

describe('paths', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sacbe-cwd-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'no.asice'), 'no')
  const sacbe = (cwd: string, env: Record<string, string>) =>
    spawnSync(process.execPath, [join(ROOT, 'bin/sacbe.ts'), 'conf', 'verify', 'no.asice', '--anchor', 'no.asice', '--lang', 'en'], {
      cwd,
      env: { PATH: process.env.PATH, ...env },
      encoding: 'utf8',
    })

  test('are relative to where the person stands, also when npm moved to the project', () => {
    for (const done of [sacbe(folder, {}), sacbe(ROOT, { INIT_CWD: folder }), sacbe(folder, { INIT_CWD: '/' })]) {
      expect(done.status).toBe(2)
      expect(done.stderr).not.toContain('Cannot read')
      expect(done.stderr).toContain('no.asice')
    }
    expect(sacbe(ROOT, {}).stderr).toContain('Cannot read')
  })

  test('stay where they are when the folder npm names is gone', () =>
    expect(callersFolder(ROOT, { INIT_CWD: '/nowhere/at/all' })).toBe(ROOT))
})
