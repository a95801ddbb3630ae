import { generateKeyPairSync } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OPERATOR_ACTIONS } from '../../src/adapters/aws/operator-actions.ts'
import { instant } from '../../src/base/clock.ts'
import { type Centre, startCentre } from '../../src/local/centre.ts'
import { openDesk } from '../../src/local/centre-desk.ts'
import { must } from '../../src/local/node-file.ts'
import { readInvitation } from '../../src/trust/registry/invitation.ts'
import { ROOT, smallest } from '../lib/world.ts'
import { issued } from '../trust/authority.ts'
import { ROOT as ACCOUNT, type Emulators, needsEmulators, REGION, startEmulators } from './emulators.ts'
import { type AwsProxy, startProxy } from './proxy.ts'
import { query, rootSays } from './roles.ts'
import { sacbe } from './terminal.ts'
import { DIF } from './world.ts'

/** Which parts a release is made of. */
const PARTS = ['bin', 'functions', 'lib', 'src', 'package.json', 'package-lock.json', 'cdk.json', 'tsconfig.json']
const now = () => instant(Date.now())

/** The functions run in MiniStack by their deployed code; only the centre is ours, on loopback. */
describe.skipIf(!needsEmulators())('an operator’s life in AWS', () => {
  let emulators: Emulators
  let proxy: AwsProxy
  let centre: Centre
  const folder = mkdtempSync(join(tmpdir(), 'sacbe-operator-'))
  const file = join(folder, 'exchange.config.ts')
  const client = { region: REGION, credentials: ACCOUNT, forcePathStyle: true }
  const run = (args: readonly string[], answer?: string) =>
    sacbe([...args, '--config', file], { endpoint: proxy.url, ...(answer === undefined ? {} : { answer }) })
  beforeAll(async () => {
    emulators = await startEmulators({ enforced: false })
    proxy = await startProxy({ endpointOf: () => emulators.ministack })
    writeFileSync(file, `export default ${JSON.stringify(smallest)}`)
    const started = await startCentre({
      folder: join(folder, 'centre'),
      passphrase: 'nopal azul',
      instance: 'QRO',
      manager: DIF,
      port: 0,
      ports: 1,
      now,
      log: () => {},
    })
    if (!started.ok) throw new Error(started.fault.en)
    centre = started.value
    const deployed = await run(['deploy'])
    if (deployed.code !== 0) throw new Error(deployed.err.join('\n'))
  }, 300_000)
  afterAll(async () => {
    await centre?.close()
    await proxy?.close()
    await emulators?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  type Resource = { readonly type: string; readonly logical: string; readonly physical: string }
  const resources = async (stack: string): Promise<readonly Resource[]> => {
    const xml = await query(emulators.ministack, 'cloudformation', { Action: 'DescribeStackResources', StackName: stack })
    const text = (member: string, name: string) => new RegExp(`<${name}>([^<]*)<`).exec(member)?.[1] ?? ''
    return [...xml.matchAll(/<member>(.*?)<\/member>/gs)].map(([, member = '']) => ({
      type: text(member, 'ResourceType'),
      logical: text(member, 'LogicalResourceId'),
      physical: text(member, 'PhysicalResourceId'),
    }))
  }
  const physical = async (stack: string, type: string, begins = '') =>
    (await resources(stack)).find((each) => each.type === type && each.logical.startsWith(begins))?.physical ?? ''
  const rooted = async (service: string, path: string, method = 'GET', body?: string) =>
    (
      await fetch(`${emulators.ministack}${path}`, { method, headers: { authorization: rootSays(service) }, ...(body ? { body } : {}) })
    ).text()
  const codeOf = async (stack: string, door: string) =>
    (
      JSON.parse(await rooted('lambda', `/2015-03-31/functions/${await physical(stack, 'AWS::Lambda::Function', door)}/configuration`)) as {
        CodeSha256: string
      }
    ).CodeSha256

  describe('sacbe enrol', () => {
    test('lets a deployed node in by its invitation: keys, certificates, its names proved in the zone', async () => {
      const desk = openDesk(folder, 'operadora', now, () => {})
      if (!desk.ok) throw new Error(desk.fault.en)
      const { subsystemCode: _, ...member } = DIF
      const text = must(await desk.value.invite({ member, name: 'DIF', subsystems: [], serverCode: 'nodo' }))
      await desk.value.close()
      const { secret, fingerprint } = must(readInvitation(text))
      const ca = await issued('operator-systems', { use: 'root', subject: [['CN', 'DIF']] })
      const invitation = {
        centre: centre.url,
        secret,
        server: 'QRO/GOB/DIF/nodo',
        fingerprint,
        zone: await physical('sacbe-test-central', 'AWS::Route53::HostedZone'),
        systems: [Buffer.from(ca.certificate.der).toString('base64')],
      }
      const at = join(folder, 'invitation.json')
      writeFileSync(at, JSON.stringify({ invitation }))
      const said = await run(['enrol', 'dif', at, '--json'])
      expect([said.code, said.err], said.out.join('\n')).toEqual([0, []])
      expect(JSON.parse(said.out[0] ?? '')).toEqual({ node: 'enrolled', edge: 'ready' })
      const again = await run(['enrol', 'dif', at])
      expect([again.code, again.out.join('\n')]).toEqual([0, expect.stringMatching(/Node: already/)])
    }, 60_000)

    test('the edge opens the consumers’ domain', async () => {
      const edge = await physical('sacbe-test-dif', 'AWS::Lambda::Function', 'Edge')
      const done = JSON.parse(await rooted('lambda', `/2015-03-31/functions/${edge}/invocations`, 'POST', '{}')) as { done: string[] }
      expect(done.done).toEqual(['create', 'map', 'point'])
    }, 60_000)

    test.each([
      [
        'an invitation that is none',
        ['dif', 'package.json'],
        1,
        /the invitation lacks: centre, secret, server, fingerprint, zone, systems/,
      ],
      ['a file that is not there', ['dif', 'nowhere.json'], 2, /nowhere\.json could not be read/],
      ['an agency that is not in the file', ['salud'], 2, /no agency salud/],
    ])('refuses %s, in words', async (_what, args, code, words) => {
      const given = args[1] === 'package.json' ? [args[0] ?? '', join(folder, 'empty.json')] : args
      writeFileSync(join(folder, 'empty.json'), '{"invitation":{}}')
      const said = await run(['enrol', ...given])
      expect([said.code, said.err.join('\n')]).toEqual([code, expect.stringMatching(words)])
    })
  })

  describe('sacbe upgrade', () => {
    const release = join(folder, 'release')
    const keys = { private: join(folder, 'publisher.pem'), public: join(folder, 'publisher.pub.pem'), other: join(folder, 'other.pub.pem') }
    let digest = ''
    beforeAll(async () => {
      const [publisher, other] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')]
      writeFileSync(keys.private, publisher.privateKey.export({ type: 'pkcs8', format: 'pem' }))
      writeFileSync(keys.public, publisher.publicKey.export({ type: 'spki', format: 'pem' }))
      writeFileSync(keys.other, other.publicKey.export({ type: 'spki', format: 'pem' }))
      for (const part of PARTS) cpSync(join(ROOT, part), join(release, part), { recursive: true })
      symlinkSync(join(ROOT, 'node_modules'), join(release, 'node_modules'))
      const handler = join(release, 'functions', 'refresh-trust', 'handler.ts')
      writeFileSync(handler, readFileSync(handler, 'utf8').replace("'trust_refreshed'", "'trust_refreshed_anew'"))
      const said = await sacbe(['release', '--key', keys.private, '--folder', release], { endpoint: proxy.url })
      digest = said.out[0] ?? ''
    })
    const upgrade = (answer?: string, more: { digest?: string; key?: string } = {}) =>
      run(['upgrade', 'dif', '--release', release, '--digest', more.digest ?? digest, '--key', more.key ?? keys.public], answer)

    test.each([
      ['signed by another', () => upgrade('yes', { key: keys.other }), /not signed by that key/],
      ['not the one that was pinned', () => upgrade('yes', { digest: `sha256:${'0'.repeat(64)}` }), /not the one that was pinned/],
    ])('refuses a release that is %s, before AWS is asked', async (_what, given, words) => {
      proxy.forget()
      const said = await given()
      expect([said.code, said.err.join('\n'), proxy.calls]).toEqual([1, expect.stringMatching(words), []])
    })

    test('refuses a release in which a file was changed, added, or taken away, and names it', async () => {
      const file = join(release, 'lib', 'app.ts')
      const whole = readFileSync(file, 'utf8')
      writeFileSync(file, `${whole}\n// changed\n`)
      expect((await upgrade('yes')).err.join('\n')).toMatch(/not what was signed: lib\/app\.ts$/m)
      writeFileSync(file, whole)
      writeFileSync(join(release, 'src', 'more.ts'), 'export {}')
      expect((await upgrade('yes')).err.join('\n')).toMatch(/not what was signed: src\/more\.ts$/m)
      rmSync(join(release, 'src', 'more.ts'))
      rmSync(file)
      expect((await upgrade('yes')).err.join('\n')).toMatch(/not what was signed: lib\/app\.ts$/m)
      writeFileSync(file, whole)
    })

    test('shows what it would change; without a yes nothing is done, with one that and nothing else', async () => {
      const before = { dif: await codeOf('sacbe-test-dif', 'RefreshTrust'), consume: await codeOf('sacbe-test-dif', 'Consume') }
      const refused = await upgrade('no')
      console.log(refused.out.join('\n'))
      expect([refused.code, refused.err.join('\n')]).toEqual([1, expect.stringMatching(/Nothing was done/)])
      expect(refused.out.join('\n')).toMatch(/~ AWS::Lambda::Function {2}RefreshTrust/)
      expect(await codeOf('sacbe-test-dif', 'RefreshTrust')).toBe(before.dif)
      const done = await upgrade('yes')
      expect([done.code, done.err], done.out.join('\n')).toEqual([0, []])
      expect(await codeOf('sacbe-test-dif', 'RefreshTrust')).not.toBe(before.dif)
      expect(await codeOf('sacbe-test-dif', 'Consume')).toBe(before.consume)
      const again = await upgrade('yes')
      expect([again.code, again.out.at(-1)]).toEqual([0, 'Nothing changes.'])
    }, 200_000)
  })

  describe('sacbe remove', () => {
    const s3 = () => new S3Client({ ...client, endpoint: emulators.ministack })
    const evidence = async () => {
      const Bucket = await physical('sacbe-test-dif', 'AWS::S3::Bucket')
      return { Bucket, versions: await versionsIn(Bucket) }
    }
    const versionsIn = async (Bucket: string) =>
      ((await s3().send(new ListObjectVersionsCommand({ Bucket }))).Versions ?? []).map(({ Key, VersionId }) => `${Key} ${VersionId}`)

    test('says what stays and what it costs, and does nothing without the agency’s name', async () => {
      proxy.forget()
      const said = await run(['remove', 'dif'], 'yes')
      console.log(said.out.join('\n'))
      expect([said.code, said.err.at(-1)]).toEqual([1, 'Nothing was done.'])
      expect(said.out.join('\n')).toMatch(/1\.00 USD {2}AWS::KMS::Key.*a month, as long as it is there/s)
      expect(new Set(proxy.calls.map(({ action }) => action))).not.toContain('PUT')
    })

    test('leaves a node whose line is not clear, with its doors shut and the reason', async () => {
      const QueueUrl = await physical('sacbe-test-dif', 'AWS::SQS::Queue', 'EvidenceQueue')
      await new SQSClient({ ...client, endpoint: emulators.ministack }).send(new SendMessageCommand({ QueueUrl, MessageBody: '¿?' }))
      const said = await run(['remove', 'dif', '--yes'])
      expect([said.code, said.err.join('\n')]).toEqual([1, expect.stringMatching(/line of evidence is not clear \(.*1 set aside/)])
    }, 60_000)

    test('then drains twice, removes the stack, the names and the TLS key; of what is evidence not a byte', async () => {
      const before = await evidence()
      const kept = (await resources('sacbe-test-dif')).filter(({ type }) => /KMS::Key|S3::Bucket$|SQS::Queue$|DynamoDB::Table/.test(type))
      expect(before.versions.length).toBeGreaterThan(1)
      proxy.forget()
      const said = await run(['remove', 'dif'], 'dif')
      expect([said.code, said.err.filter((line) => line.startsWith('Drained')).length], said.err.join('\n')).toEqual([0, 2])
      expect(await resources('sacbe-test-dif').catch(() => [])).toEqual([])
      expect(await versionsIn(before.Bucket)).toEqual(before.versions)
      expect(kept).toHaveLength(5)
      const asked = new Set(proxy.calls.map(({ service, action }) => `${service} ${action}`))
      expect(
        [...asked].filter((each) =>
          /DeleteObject|DeleteBucket|DeleteTable|DeleteQueue|PurgeQueue|ScheduleKeyDeletion|DeleteItem/.test(each),
        ),
      ).toEqual([])
      expect(await rooted('apigateway', '/v2/domainnames/api.dif.test.intercambio.queretaro.example')).toMatch(/NotFound/)
      const zone = await physical('sacbe-test-central', 'AWS::Route53::HostedZone')
      expect(await rooted('route53', `/2013-04-01/hostedzone/${zone}/rrset`)).not.toMatch(/dif\.test/)
      const gone = await run(['remove', 'dif', '--yes'])
      expect([gone.code, gone.err.join('\n')]).toEqual([2, expect.stringMatching(/is not deployed/)])
    }, 120_000)
  })

  test('everything the command line asks of AWS was answered here, but what no emulator models', () => {
    expect(Object.keys(OPERATOR_ACTIONS).filter((name) => !proxy.answered.has(name))).toEqual(['ListServiceQuotas'])
  })
})
