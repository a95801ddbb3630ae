import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { S3Client } from '@aws-sdk/client-s3'
import { SSMClient } from '@aws-sdk/client-ssm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundleDoors } from '../../lib/bundle.ts'
import { dynamoStore } from '../../src/adapters/aws/dynamo-store.ts'
import { authorityRecords } from '../../src/exchange/centre/authority-schedule.ts'
import { publishedNow } from '../../src/exchange/centre/publication.ts'
import { readCertificates } from '../../src/trust/pem.ts'
import { ROOT as PROJECT, smallest, synthesized } from '../lib/world.ts'
import { runTool } from '../tools.ts'
import { awsThrough } from './account.ts'
import { type Emulators, needsEmulators, REGION, ROOT, startEmulators } from './emulators.ts'
import { deploy } from './stacks.ts'
import { type Said, sacbe } from './terminal.ts'

/** The centre's stack in MiniStack, which runs its functions by their deployed code. */
describe.skipIf(!needsEmulators())('sacbe ceremony', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sacbe-ceremony-'))
  const at = (name: string) => join(folder, name)
  let emulators: Emulators
  let table = ''
  let passphrase: Record<string, string> = { SACBE_PASSPHRASE: 'nopal azul' }
  beforeAll(async () => {
    emulators = await startEmulators({ enforced: false, second: false })
    writeFileSync(at('exchange.config.ts'), `export default ${JSON.stringify(smallest)}`)
    const bundles = bundleDoors(PROJECT, at('bundles'))
    const template = synthesized(smallest, bundles).templates.find(({ stage }) => stage === 'test-central')
    if (!template) throw new Error('no centre')
    const options = { endpoint: emulators.ministack, region: REGION, credentials: ROOT, forcePathStyle: true }
    const cloud = { endpoint: emulators.ministack, s3: new S3Client(options), ssm: new SSMClient(options) }
    expect(await ceremony('--key', at('ca-key.pem'))).toMatchObject({ code: 2, err: [expect.stringMatching(/not deployed: sacbe deploy/)] })
    const stack = await deploy(template, 'sacbe-test-central', cloud)
    table = (await stack.settingsOf('Ca')).REGISTRY_TABLE ?? ''
  })
  afterAll(async () => {
    await emulators?.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const run = (...args: readonly string[]): Promise<Said> => sacbe(args, { endpoint: emulators.ministack, environment: passphrase })
  const ceremony = (...args: readonly string[]) => run('ceremony', '--config', at('exchange.config.ts'), ...args)
  const store = () => dynamoStore(awsThrough(emulators.ministack, ROOT), table)
  const root = (...args: readonly string[]) => run('root', at('root'), '--instance', 'QRO', '--key', at('ca-key.pem'), ...args)

  test('carries the authority’s public key to a root that is offline, and its certificates back', async () => {
    expect(await ceremony('--key', at('ca-key.pem'))).toEqual({ code: 0, out: [at('ca-key.pem')], err: [] })
    expect(await root('--out', at('authority.pem'))).toEqual({ code: 0, out: [at('authority.pem')], err: [] })
    const certificates = readCertificates(readFileSync(at('authority.pem')))
    expect(certificates.ok && certificates.value.map(({ subject }) => subject.text)).toEqual([
      expect.stringContaining('Autoridad certificadora QRO'),
      expect.stringContaining('Autoridad certificadora 2 QRO'),
    ])
    const chain = runTool('openssl', ['verify', '-CAfile', at('root/certificates/root.pem'), at('root/certificates/ca.1.pem')])
    expect([chain.status, chain.stdout.toString()]).toEqual([0, expect.stringContaining('OK')])
  })

  test('sets the centre up and publishes; a second time it changes nothing; later authorities are prepared', async () => {
    expect(await ceremony('--manager', 'QRO/GOB/CENTRO/GESTION')).toMatchObject({
      code: 2,
      err: [expect.stringMatching(/certificates are missing/)],
    })
    expect(await ceremony('--manager', 'OTRO/GOB/X/Y', '--authority', at('authority.pem'))).toMatchObject({
      code: 1,
      err: [expect.stringMatching(/a subsystem of QRO/)],
    })
    const held = await ceremony('--manager', 'QRO/GOB/CENTRO/GESTION', '--authority', at('authority.pem'))
    expect(held, held.err.join('\n')).toMatchObject({ code: 0, out: [expect.stringMatching(/The ceremony is held/)] })
    expect((await publishedNow(store()))?.serial).toBe(1)
    expect(await ceremony('--manager', 'QRO/GOB/CENTRO/GESTION', '--root', at('root'))).toMatchObject({
      code: 0,
      out: [expect.stringMatching(/set up already/)],
    })
    expect(await root('--count', '1', '--out', at('next.pem'))).toMatchObject({ code: 0 })
    expect(await ceremony('--authority', at('next.pem'))).toMatchObject({ code: 0, out: ['Authorities prepared: 1.'] })
    const cas = (await authorityRecords(store())).filter(({ role }) => role === 'ca')
    expect(cas.map(({ key, state }) => `${key} ${state}`).toSorted()).toEqual(['ca working', 'ca.2 prepared', 'ca.3 prepared'])
  })

  test('the root’s folder opens only by its passphrase, and is not made without one', async () => {
    passphrase = { SACBE_PASSPHRASE: 'otra frase' }
    expect(await root('--out', at('x.pem'))).toMatchObject({ code: 2, err: [expect.stringMatching(/passphrase_wrong/)] })
    passphrase = {}
    expect(await root('--out', at('x.pem'))).toMatchObject({ code: 2, err: [expect.stringMatching(/SACBE_PASSPHRASE/)] })
  })
})
