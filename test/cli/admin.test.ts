import { rmSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { openExchange } from '../journeys/exchange.ts'
import { BANK, PERSONS } from '../journeys/plan.ts'

/** A command on a folder: its exit code and what it said. */
async function sacbe(home: string, lang: 'es' | 'en', ...args: readonly string[]) {
  const [out, err]: [string[], string[]] = [[], []]
  const io = {
    out: (line: string) => out.push(line),
    err: (line: string) => err.push(line),
    lang,
    env: {},
    ask: async () => undefined,
    interrupted: new AbortController().signal,
  }
  const code = await main([...args, '--home', home], { ...io, out: (line) => void io.out(line), err: (line) => void io.err(line) })
  return { code, out: out.join('\n'), err: err.join('\n') }
}

describe('sacbe centre and sacbe rights', () => {
  test('do what the API does, in the person’s language, with its exit codes', async () => {
    const exchange = await openExchange()
    await exchange.stop()
    const home = exchange.folder
    try {
      expect(await sacbe(home, 'es', 'centre', 'add-member', 'GOV', '9', 'Nueva', '--as', 'ana')).toMatchObject({
        code: 0,
        out: expect.stringContaining('id: EE/GOV/9'),
      })
      const invited = JSON.parse((await sacbe(home, 'es', 'centre', 'invite', 'EE/GOV/9', '--json')).out) as { secret: string }
      expect((await sacbe(home, 'es', 'centre', 'api', 'GET', '/invitations')).out).not.toContain(invited.secret)
      const proposed = JSON.parse((await sacbe(home, 'es', 'centre', 'api', 'DELETE', '/members/GOV/9', '--as', 'ana', '--json')).out) as {
        id: string
      }
      expect(await sacbe(home, 'es', 'centre', 'confirm', proposed.id, '--as', 'ana')).toMatchObject({
        code: 1,
        err: expect.stringMatching(/^Quien pide un acto no puede/),
      })
      expect(await sacbe(home, 'en', 'centre', 'confirm', proposed.id, '--as', 'ana')).toMatchObject({
        code: 1,
        err: expect.stringMatching(/^Who asks for an act cannot/),
      })
      expect((await sacbe(home, 'es', 'centre', 'confirm', proposed.id, '--as', 'beto')).code).toBe(0)
      expect((await sacbe(home, 'es', 'centre', 'log')).out).toContain('"what":"removeMember"')
      const right = ['--node', 'register', '--service', PERSONS, '--client', BANK]
      const today = new Date().toISOString().slice(0, 10)
      expect((await sacbe(home, 'es', 'rights', 'on', today, ...right)).out).toMatch(
        /^EE\/COM\/222\/bank podía llamar EE\/GOV\/111\/register\/persons\. Lo dio rule node\.json/,
      )
      expect((await sacbe(home, 'es', 'rights', 'take', ...right, '--as', 'ana')).code).toBe(0)
      expect((await sacbe(home, 'en', 'rights', 'on', today, ...right)).out).toBe('Nothing.')
    } finally {
      rmSync(home, { recursive: true, force: true })
    }
  })
  test('say what is wrong with the words themselves: exit 2', async () => {
    expect(await sacbe('nada', 'es', 'rights', 'on', 'ayer', '--node', 'x')).toMatchObject({
      code: 2,
      err: expect.stringContaining('Escriba la fecha'),
    })
    expect(await sacbe('nada', 'es', 'rights', 'list')).toMatchObject({ code: 2, err: expect.stringContaining('Diga qué nodo') })
    expect((await sacbe('nada', 'en', 'rights', 'list', '--node', 'x', '--cloud', 'dif')).code).toBe(2)
    expect(await sacbe('nada', 'en', 'centre', 'api', 'POST', '/members', '-d', '{')).toMatchObject({
      code: 2,
      err: 'The body is not JSON.',
    })
    expect(await sacbe('nada', 'es', 'centre', 'status')).toMatchObject({ code: 2, err: expect.stringContaining('[no_world]') })
  })
})
