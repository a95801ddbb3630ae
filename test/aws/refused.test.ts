import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { smallest } from '../lib/world.ts'
import { type Said, sacbe } from './terminal.ts'

const ERROR = (code: string, message: string) =>
  `<ErrorResponse><Error><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`
const { account } = smallest.environments.test
const [{ id } = { id: '' }] = smallest.agencies

describe('what AWS refuses is no error of ours: a person is told what is missing, and of whom to ask it', () => {
  /** What stands where AWS would answer whoever asks who they are, or what there is. */
  let answers: { readonly [action: string]: readonly [status: number, body: string] | undefined } = {}
  const folder = mkdtempSync(join(tmpdir(), 'sacbe-refused-'))
  const config = join(folder, 'refused.config.ts')
  const server = createServer(async (call, answer) => {
    const action = new URLSearchParams(Buffer.concat((await call.toArray()) as Buffer[]).toString('utf8')).get('Action') ?? ''
    const [status, body] = answers[action] ?? [500, '']
    answer.writeHead(status, { 'content-type': 'text/xml' }).end(body)
  })
  let endpoint = ''
  beforeAll(async () => {
    writeFileSync(config, `export default ${JSON.stringify(smallest)}`)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => {
    server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const remove = (at = endpoint): Promise<Said> =>
    sacbe(['remove', id, '--config', config, '--yes'], { endpoint: at, account, lang: 'both' })
  const me = [200, `<Account>${account}</Account>`] as const

  test('a right that these credentials do not have', async () => {
    const sentence = 'User: ana is not authorized to perform: cloudformation:DescribeStacks'
    answers = { GetCallerIdentity: me, DescribeStacks: [403, ERROR('AccessDenied', sentence)] }
    const { code, out, err } = await remove()
    expect([code, out]).toEqual([2, []])
    expect(err.join('\n')).toMatch(/AWS no permite esto a sus credenciales: .*cloudformation:DescribeStacks.*quien administra la cuenta/)
    expect(err.join('\n')).toMatch(
      /AWS does not allow this to your credentials: .*cloudformation:DescribeStacks.*whoever administers the account/,
    )
  })

  test('credentials that ended, at once or on the way', async () => {
    const ended = [403, ERROR('ExpiredToken', 'The security token included in the request is expired')] as const
    for (const those of [{ GetCallerIdentity: ended }, { GetCallerIdentity: me, DescribeStacks: ended }]) {
      answers = those
      const { code, err } = await remove()
      expect([code, err.join('\n')]).toEqual([
        2,
        expect.stringMatching(/credenciales de AWS ya no valen: .*\n.*credentials of AWS have ended: /),
      ])
    }
  })

  test('credentials that it does not take, which are good where the Region is not enabled', async () => {
    answers = { GetCallerIdentity: [403, ERROR('InvalidClientTokenId', 'The security token included in the request is invalid')] }
    const { code, err } = await remove()
    expect([code, err.join('\n')]).toEqual([
      2,
      expect.stringMatching(/no aceptó las credenciales.*habilite la región.*\n.*enable the Region/),
    ])
  })

  test('a service that is asked too much', async () => {
    answers = { GetCallerIdentity: me, DescribeStacks: [400, ERROR('Throttling', 'Rate exceeded')] }
    const { code, err } = await remove()
    expect([code, err.join('\n')]).toEqual([2, expect.stringMatching(/AWS pide ir más despacio .*\n.*asks to go slower/)])
  })

  test('nobody there', async () => {
    const { code, err } = await remove('http://127.0.0.1:1')
    expect([code, err.join('\n')]).toEqual([2, expect.stringMatching(/No se pudo llegar a AWS .*\n.*could not be reached/)])
  })

  test('whatever else it says is told as it was', async () => {
    answers = { GetCallerIdentity: me, DescribeStacks: [400, ERROR('ValidationError', 'this and that')] }
    const { code, err } = await remove()
    expect([code, err.join('\n')]).toEqual([2, expect.stringContaining('DescribeStacks was answered 400 ValidationError this and that')])
  })
})
