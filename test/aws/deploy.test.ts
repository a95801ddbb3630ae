import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { smallest } from '../lib/world.ts'
import { type Emulators, needsEmulators, startEmulators } from './emulators.ts'
import { type AwsProxy, startProxy } from './proxy.ts'
import { query, textIn } from './roles.ts'
import { sacbe } from './terminal.ts'

const STACKS = ['CDKToolkit', 'sacbe-test-account', 'sacbe-test-central', 'sacbe-test-dif', 'sacbe-test-foundation', 'sacbe-test-sedesoq']

/**
 * The CDK's own tool and our command against MiniStack, which makes what the templates say. It does not know the condition with which the CDK's
 * bootstrap holds its roles to their own account, so its policies are not enforced here; that they hold is shown in world.test.ts.
 */
describe.skipIf(!needsEmulators())('sacbe deploy, from an account with nothing in it', () => {
  let emulators: Emulators
  let proxy: AwsProxy
  const folder = mkdtempSync(join(tmpdir(), 'sacbe-deploy-'))
  const file = join(folder, 'exchange.config.ts')
  beforeAll(async () => {
    emulators = await startEmulators({ enforced: false })
    proxy = await startProxy({ endpointOf: () => emulators.ministack })
    writeFileSync(file, `export default ${JSON.stringify(smallest)}`)
  })
  afterAll(async () => {
    await proxy?.close()
    await emulators?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const stacks = async (): Promise<Readonly<Record<string, string>>> => {
    const listed = await query(emulators.ministack, 'cloudformation', { Action: 'DescribeStacks' })
    const names = [...listed.matchAll(/<StackName>([^<]*)<\/StackName>/g)].map(([, name = '']) => name).toSorted()
    const states = [...listed.matchAll(/<StackStatus>([^<]*)<\/StackStatus>/g)]
    expect(states).toHaveLength(names.length)
    const each = async (StackName: string) =>
      textIn(await query(emulators.ministack, 'cloudformation', { Action: 'DescribeStacks', StackName }), 'StackStatus')
    return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await each(name)] as const)))
  }
  const deploy = (...more: string[]) => sacbe(['deploy', '--config', file, ...more], { endpoint: proxy.url })

  test('a faulty file makes nothing, and says every error at once', async () => {
    const wrong = join(folder, 'wrong.config.ts')
    writeFileSync(wrong, `export default ${JSON.stringify({ ...smallest, instance: 'Q/RO', agencies: [{ id: 'central', member: 'X' }] })}`)
    proxy.forget()
    const said = await sacbe(['deploy', '--config', wrong], { endpoint: proxy.url })
    expect([said.code, said.err.join('\n')]).toEqual([1, expect.stringMatching(/3 errores; no se creó nada/)])
    expect(proxy.calls).toEqual([])
  })

  test('what is short stops it before anything is made', async () => {
    const many = join(folder, 'many.config.ts')
    const busy = smallest.agencies.map((agency) => ({ ...agency, concurrency: { consume: 300 } }))
    writeFileSync(many, `export default ${JSON.stringify({ ...smallest, agencies: busy })}`)
    const said = await sacbe(['deploy', '--config', many], { endpoint: proxy.url })
    expect([said.code, said.err.join('\n')]).toEqual([1, expect.stringMatching(/short: Lambda: concurrent executions.*Nothing was made/s)])
    expect(await stacks()).toEqual({})
  })

  test('cut short wherever it was, it goes on when it is run again', async () => {
    const began = performance.now()
    const cuts: string[] = []
    // AWS falls silent after so many calls to CloudFormation: while the foundation is laid, and between later stacks.
    for (const calls of [9, 30]) {
      let seen = 0
      proxy.decide(({ service }) =>
        service === 'cloudformation' && ++seen > calls ? { status: 400, body: '{"__type":"Unavailable"}' } : 'pass',
      )
      const cut = await deploy()
      proxy.decide(() => 'pass')
      expect([cut.code, cut.err.join('\n')]).toEqual([1, expect.stringMatching(/It stopped at .*run the same command again/s)])
      cuts.push(`after ${calls} calls: ${Object.keys(await stacks()).length} stacks`)
    }
    const whole = await deploy()
    expect([whole.code, whole.err], whole.out.join('\n')).toEqual([0, []])
    console.log(`${cuts.join(' · ')} · then whole, ${((performance.now() - began) / 1000).toFixed(0)} s in all`)
    console.log(whole.out.join('\n'))
    expect(whole.out.join('\n')).toMatch(/Delegate test\.intercambio\.queretaro\.example in the zone above/)
    const made = await stacks()
    expect(Object.keys(made)).toEqual(STACKS)
    for (const [name, status] of Object.entries(made)) expect(status, name).toMatch(/^(CREATE|UPDATE)_COMPLETE$/)
  }, 400_000)

  test('deployed again, nothing is changed', async () => {
    const before = await functionsOf(emulators)
    proxy.forget()
    const again = await deploy()
    expect([again.code, again.err]).toEqual([0, []])
    expect(await functionsOf(emulators)).toEqual(before)
  }, 200_000)

  test('the bootstrap trusts nobody and deploys with the deployer’s policy alone', async () => {
    const described = await query(emulators.ministack, 'cloudformation', { Action: 'DescribeStacks', StackName: 'CDKToolkit' })
    const parameter = (name: string) => new RegExp(`<ParameterKey>${name}</ParameterKey>\\s*<ParameterValue>([^<]*)<`).exec(described)?.[1]
    expect(parameter('TrustedAccounts') ?? '').toBe('')
    expect(parameter('CloudFormationExecutionPolicies')).toBe('arn:aws:iam::111111111111:policy/sacbe-deployer')
  })

  test('a stack whose first creation failed is made anew, although it is protected', async () => {
    const ServiceToken = 'arn:aws:lambda:mx-central-1:111111111111:function:nobody'
    const template = JSON.stringify({ Resources: { Bad: { Type: 'AWS::CloudFormation::CustomResource', Properties: { ServiceToken } } } })
    const cloudFormation = (fields: Record<string, string>) => query(emulators.ministack, 'cloudformation', fields)
    const StackName = 'sacbe-test-salud'
    await cloudFormation({ Action: 'CreateStack', StackName, TemplateBody: template, EnableTerminationProtection: 'true' })
    await vi.waitFor(async () => expect((await stacks())[StackName]).toBe('ROLLBACK_COMPLETE'), { timeout: 20_000 })
    const more = join(folder, 'more.config.ts')
    writeFileSync(
      more,
      `export default ${JSON.stringify({ ...smallest, agencies: [...smallest.agencies, { id: 'salud', member: 'GOB/SALUD' }] })}`,
    )
    const said = await sacbe(['deploy', '--config', more, '--agency', 'salud'], { endpoint: proxy.url })
    expect([said.code, said.err.join('\n')]).toEqual([0, expect.stringMatching(/sacbe-test-salud never came into being: it is made anew/)])
    expect((await stacks())[StackName]).toBe('CREATE_COMPLETE')
  }, 200_000)
})

/** Every function with the digest of its code and its settings. */
async function functionsOf({ ministack }: Emulators): Promise<unknown> {
  const answer = await fetch(`${ministack}/2015-03-31/functions/`, {
    headers: {
      authorization: 'AWS4-HMAC-SHA256 Credential=111111111111/20260101/mx-central-1/lambda/aws4_request, SignedHeaders=host, Signature=0',
    },
  })
  const { Functions } = (await answer.json()) as { Functions: readonly Record<string, unknown>[] }
  return Functions.map(({ FunctionName, CodeSha256, Environment, Version }) => ({ FunctionName, CodeSha256, Environment, Version }))
}
