import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Finding } from '../../src/cli/cloud/preflight.ts'
import { roomy } from '../../src/cli/cloud/preflight.ts'
import { manyAgencies, smallest } from '../lib/world.ts'
import { type Emulators, needsEmulators, startEmulators } from './emulators.ts'
import { type AwsProxy, startProxy } from './proxy.ts'
import { query } from './roles.ts'
import { startServiceQuotas } from './service-quotas.ts'
import { sacbe } from './terminal.ts'

const SIXTY = { ...smallest, agencies: manyAgencies(60) }

describe.skipIf(!needsEmulators())('sacbe preflight', () => {
  let emulators: Emulators
  let proxy: AwsProxy
  const closers: (() => Promise<unknown>)[] = []
  const folder = mkdtempSync(join(tmpdir(), 'sacbe-preflight-'))
  const configured = (name: string, config: unknown): string => {
    const file = join(folder, `${name}.config.ts`)
    writeFileSync(file, `export default ${JSON.stringify(config)}`)
    return file
  }
  beforeAll(async () => {
    emulators = await startEmulators()
    const quota = (QuotaCode: string, QuotaName: string, Value: number, Adjustable = true) => ({ QuotaCode, QuotaName, Value, Adjustable })
    const standIn = await startServiceQuotas({
      lambda: [quota('L-OTHER', 'Function and layer storage', 75), quota('L-B99A9384', 'Concurrent executions', 10)],
      apigateway: [
        quota('L-8A5B8E43', 'Throttle rate', 10_000),
        quota('L-CDF5615A', 'Throttle burst rate', 5000),
        quota('L-NEW', 'Custom Domain Names', 120),
      ],
      kms: [quota('L-2AC98190', 'Cryptographic operations (RSA) request rate', 500)],
      ssm: [],
      s3: [quota('L-DC2B2D3D', 'General purpose buckets', 10_000)],
      dynamodb: [quota('L-F98FE922', 'Maximum number of tables', 2500)],
      cloudformation: [quota('L-0485CB21', 'Stack count', 20, false)],
    })
    proxy = await startProxy({ endpointOf: (service) => (service === 'servicequotas' ? standIn.url : emulators.endpointOf(service)) })
    closers.push(proxy.close, standIn.close, emulators.stop)
  })
  afterAll(async () => {
    for (const close of closers) await close()
    rmSync(folder, { recursive: true, force: true })
  })
  const findingsOf = (out: readonly string[]): readonly Finding[] =>
    out.map((line) => JSON.parse(line) as Finding & { kind: string }).filter(({ kind }) => kind === 'limit')

  test('says that two agencies fit, and reads every service that the table names', async () => {
    const said = await sacbe(['preflight', '--config', configured('small', smallest), '--all'], { endpoint: proxy.url })
    expect([said.code, said.err], said.out.join('\n')).toEqual([0, []])
    expect(said.out.join('\n')).toContain('It is enough.')
    const asked = new Set(proxy.calls.map(({ service, action }) => `${service} ${action}`))
    for (const each of ['servicequotas ListServiceQuotas', 'dynamodb ListTables']) expect(asked).toContain(each)
    for (const service of ['lambda', 'iam', 'apigateway', 's3', 'sts', 'cloudformation'])
      expect(
        [...asked].some((each) => each.startsWith(service)),
        service,
      ).toBe(true)
  })

  test('sixty agencies in one account: what is short, by how much, and the very command that asks for it', async () => {
    const said = await sacbe(['preflight', '--config', configured('sixty', SIXTY), '--json'], { endpoint: proxy.url })
    expect(said.code).toBe(1)
    const short = findingsOf(said.out).filter(({ verdict }) => verdict === 'short')
    console.log(short.map(({ key, needs, gives, source }) => `${key} ${needs}/${gives} ${source}`).join(' · '))
    expect(short.map(({ key }) => key)).toEqual(['lambda-concurrency', 'api-domains', 'kms-rsa', 'ssm-reads', 'stacks'])
    const domains = short.find(({ key }) => key === 'api-domains')
    expect(domains).toMatchObject({ needs: 121, gives: 120, source: 'told' })
    expect(domains?.request).toBe(
      'aws service-quotas request-service-quota-increase --region mx-central-1 --service-code apigateway --quota-code L-NEW --desired-value 150',
    )
    for (const { request, does } of short) expect([request, does.es, does.en].every((text) => (text ?? '').length > 5)).toBe(true)
  })

  test('in both languages, and what only slows down is marked', async () => {
    const file = configured('sixty', SIXTY)
    const [es, en] = [
      await sacbe(['preflight', '--config', file], { endpoint: proxy.url, lang: 'es' }),
      await sacbe(['preflight', '--config', file], { endpoint: proxy.url, lang: 'en' }),
    ]
    expect(es.out.join('\n')).toMatch(/Faltan 5\. Lo marcado con ~ solo frena/)
    expect(en.out.join('\n')).toMatch(/5 short\. What is marked ~ only slows things down/)
    expect(en.out.find((line) => line.includes('RSA signatures'))).toMatch(/^✘ .*2000 \/ 500 {2}~$/)
  })

  test('what AWS does not tell is named, and the usual is taken for it', async () => {
    const file = configured('small', smallest)
    const silent = await startProxy({ endpointOf: () => emulators.ministack }) // it models no Service Quotas at all
    const said = await sacbe(['preflight', '--config', file, '--json'], { endpoint: silent.url })
    await silent.close()
    const untold = said.out.map((line) => JSON.parse(line) as { kind: string; what: string }).filter(({ kind }) => kind === 'untold')
    expect(untold.map(({ what }) => what)).toContain('Service Quotas: kms')
    expect(findingsOf(said.out).find(({ key }) => key === 'kms-rsa')).toMatchObject({ source: 'usual', gives: 1000 })
    expect(findingsOf(said.out).find(({ key }) => key === 'lambda-concurrency')?.source).toBe('told')
  })

  test('an agency’s own account is held against that agency alone; the operator’s is not asked about it', async () => {
    const own = {
      ...SIXTY,
      agencies: SIXTY.agencies.map((each) => (each.id === 'agency-7' ? { ...each, accounts: { test: '777777777777' } } : each)),
    }
    const said = await sacbe(['preflight', '--config', configured('own', own), '--json', '--all'], {
      endpoint: proxy.url,
      account: '777777777777',
    })
    const found = findingsOf(said.out)
    expect(new Set(found.map(({ account }) => account))).toEqual(new Set(['777777777777']))
    expect(found.find(({ key }) => key === 'api-domains')?.needs).toBe(2)
    expect(found.find(({ key }) => key === 'iam-roles')?.needs).toBeLessThan(20 + 10)
  })

  test('a bootstrap that trusts another account, or deploys as administrator, is told', async () => {
    const template = JSON.stringify({
      Parameters: { TrustedAccounts: { Type: 'String' }, CloudFormationExecutionPolicies: { Type: 'String' } },
      Resources: { Wait: { Type: 'AWS::CloudFormation::WaitConditionHandle' } },
    })
    const parameters = {
      'Parameters.member.1.ParameterKey': 'TrustedAccounts',
      'Parameters.member.1.ParameterValue': '999999999999',
      'Parameters.member.2.ParameterKey': 'CloudFormationExecutionPolicies',
      'Parameters.member.2.ParameterValue': 'arn:aws:iam::aws:policy/AdministratorAccess',
    }
    await query(emulators.ministack, 'cloudformation', {
      Action: 'CreateStack',
      StackName: 'CDKToolkit',
      TemplateBody: template,
      ...parameters,
    })
    const said = await sacbe(['preflight', '--config', configured('small', smallest), '--json'], { endpoint: proxy.url })
    await query(emulators.ministack, 'cloudformation', { Action: 'DeleteStack', StackName: 'CDKToolkit' })
    const faults = said.out.map((line) => JSON.parse(line) as { kind: string; what: string }).filter(({ kind }) => kind === 'state')
    expect([said.code, faults.map(({ what }) => what)]).toEqual([1, ['bootstrap-trusts', 'bootstrap-policies']])
  })

  test.each([
    [
      'another account',
      { account: '999999999999' },
      /credentials are those of account 999999999999; the environment test uses: 111111111111/,
    ],
    ['a Region that is not there', { endpoint: 'http://127.0.0.1:1' }, /AWS could not be reached .*the name of the Region/],
  ])('could not look: %s', async (_what, how, words) => {
    const said = await sacbe(['preflight', '--config', configured('small', smallest)], { endpoint: proxy.url, ...how })
    expect([said.code, said.err.join('\n')]).toEqual([2, expect.stringMatching(words)])
  })

  test('a faulty file is told with every error at once, and AWS is not asked', async () => {
    proxy.forget()
    const file = configured('wrong', { ...smallest, instance: 'Q/RO', domain: 'NO', agencies: [] })
    const said = await sacbe(['preflight', '--config', file], { endpoint: proxy.url })
    expect(said.code).toBe(1)
    expect(said.err.join('\n')).toMatch(/3 errores; no se creó nada.*instance.*domain.*agencies/s)
    expect(proxy.calls).toEqual([])
  })

  test.each([
    [121, 150],
    [958, 1200],
    [64, 80],
    [3, 10],
  ])('who needs %i asks for %i', (needs, value) => expect(roomy(needs)).toBe(value))
})
