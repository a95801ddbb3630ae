import { randomBytes } from 'node:crypto'
import { DeleteObjectCommand, GetObjectRetentionCommand, ListObjectVersionsCommand, PutObjectRetentionCommand } from '@aws-sdk/client-s3'
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ACTIONS } from '../../src/adapters/aws/actions.ts'
import { MESSAGE_MS } from '../../src/adapters/aws/aws.ts'
import { dynamoStore } from '../../src/adapters/aws/dynamo-store.ts'
import { signWithKms } from '../../src/adapters/aws/kms-sign.ts'
import { LockedNameTaken, lockedBucket } from '../../src/adapters/aws/s3-locked.ts'
import type { Credentials } from '../../src/adapters/aws/signature-v4.ts'
import { depthOf } from '../../src/adapters/aws/sqs-depth.ts'
import { drainedQueue } from '../../src/adapters/aws/sqs-drain.ts'
import { keepInQueue, MOST_IN_QUEUE } from '../../src/adapters/aws/sqs-keep.ts'
import { keyInParameter } from '../../src/adapters/aws/ssm-key.ts'
import { instant, MINUTE } from '../../src/base/clock.ts'
import { encodeRecord } from '../../src/evidence/record.ts'
import { Busy } from '../../src/exchange/busy.ts'
import type { SignatureName } from '../../src/protocol/sign.ts'
import { type Account, account, awsThrough } from '../aws/account.ts'
import { type Emulators, needsEmulators, startEmulators } from '../aws/emulators.ts'
import { type AwsProxy, startProxy } from '../aws/proxy.ts'
import { roleCredentials } from '../aws/roles.ts'
import { issued, privateKeyOf } from '../trust/authority.ts'
import { edgeContract } from './edge.ts'
import { keptContract, sampleRecord } from './kept.ts'
import { lockedContract } from './locked.ts'
import { signContract } from './sign.ts'
import { storeContract } from './store.ts'

describe.skipIf(!needsEmulators())('AWS', () => {
  let emulators: Emulators
  let proxy: AwsProxy
  let made: Account
  let who: Credentials
  const aws = (patienceMs?: number) => awsThrough(proxy.url, who, patienceMs)
  const bucket = async (mode?: 'GOVERNANCE') => lockedBucket(aws(), await made.bucket(mode), 10_000)
  beforeAll(async () => {
    emulators = await startEmulators()
    proxy = await startProxy(emulators)
    made = account(emulators.endpointOf)
    who = await roleCredentials(emulators.endpointOf('iam'))
  })
  afterAll(async () => {
    await proxy?.close()
    await emulators?.stop()
  })
  const keepAndDrain = async (visibilitySeconds = 900) => {
    const queue = await made.queue(visibilitySeconds)
    const files = await bucket()
    return { queue, files, keep: keepInQueue(aws(), queue, files.putLocked), ...drainedQueue(aws(), queue, files.getLocked) }
  }

  const RSA: readonly SignatureName[] = ['rsa-sha512', 'rsa-sha256', 'rsa-sha384', 'pss-sha256', 'pss-sha384', 'pss-sha512']
  const SPECS = { 'ecdsa-sha256': 'ECC_NIST_P256', 'ecdsa-sha384': 'ECC_NIST_P384' } as const
  signContract('KMS', [...RSA, 'ecdsa-sha256', 'ecdsa-sha384'], async (algorithm) => {
    const { arn, publicKey } = await made.key(algorithm in SPECS ? SPECS[algorithm as keyof typeof SPECS] : 'RSA_2048')
    return { sign: signWithKms(aws()), key: arn, publicKey }
  })
  lockedContract('a bucket with object lock', () => bucket())
  storeContract('a DynamoDB table', async () => dynamoStore(aws(), await made.table()))
  keptContract('an SQS queue', async () => ({
    ...(await keepAndDrain(3)),
    reappear: () => new Promise((resolve) => setTimeout(resolve, 3000)),
  }))

  describe('a bucket with object lock', () => {
    test('gives every object the retention of the bucket, and lets nobody delete, overwrite or shorten it', async () => {
      const Bucket = await made.bucket()
      const { putLocked, getLocked } = lockedBucket(aws(), Bucket, 10_000)
      await putLocked('journal/0000000001', Buffer.from('uno'))
      const Key = 'journal/0000000001'
      const { Retention } = await made.s3.send(new GetObjectRetentionCommand({ Bucket, Key }))
      expect(Retention?.Mode).toBe('COMPLIANCE')
      const { Versions } = await made.s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: Key }))
      const VersionId = Versions?.[0]?.VersionId
      await expect(made.s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }))).rejects.toThrow(/lock|denied/i)
      await expect(made.s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId, BypassGovernanceRetention: true }))).rejects.toThrow()
      const sooner = { Mode: 'COMPLIANCE', RetainUntilDate: new Date(Date.now() + MINUTE) } as const
      await expect(made.s3.send(new PutObjectRetentionCommand({ Bucket, Key, VersionId, Retention: sooner }))).rejects.toThrow()
      await expect(putLocked(Key, Buffer.from('dos'))).rejects.toThrow(LockedNameTaken)
      expect(Buffer.from((await getLocked(Key)) ?? []).toString()).toBe('uno')
    })

    test('lists more names than one page holds', async () => {
      const { putLocked, listLocked } = await bucket()
      const names = Array.from({ length: 1005 }, (_, n) => `j/${String(n).padStart(10, '0')}`)
      for (let first = 0; first < names.length; first += 50)
        await Promise.all(names.slice(first, first + 50).map((name) => putLocked(name, Buffer.from('x'))))
      expect(await listLocked('j/')).toEqual(names)
      expect(await listLocked('j/', names[1001])).toEqual(names.slice(1002))
    })

    test('is told at once when it refuses for another reason', async () => {
      const { putLocked, getLocked, listLocked } = lockedBucket(aws(), 'no-such-bucket', 10_000)
      await expect(putLocked('a', Buffer.from('x'))).rejects.toThrow('PutObject was answered 404 NoSuchBucket')
      await expect(getLocked('a')).rejects.toThrow('NoSuchBucket')
      await expect(listLocked('a')).rejects.toThrow('NoSuchBucket')
    })
  })

  describe('an SQS queue', () => {
    test('holds a record too large for a message by its digest, and the record in the bucket', async () => {
      const { keep, drain, files } = await keepAndDrain()
      const sizes = [MOST_IN_QUEUE - 2000, MOST_IN_QUEUE + 1, 4_400_000]
      const records = sizes.map((size) => sampleRecord(String(size), size))
      for (const record of [...records, records[2] as (typeof records)[0]]) await keep(record)
      const drained = (await drain(10, 1e9)).map(({ bytes }) => Buffer.from(bytes))
      const wanted = records.map((record) => Buffer.from(encodeRecord(record)))
      for (const bytes of wanted) expect(drained.some((each) => each.equals(bytes))).toBe(true)
      expect(drained).toHaveLength(4)
      expect(await files.listLocked('staging/')).toHaveLength(2)
    })

    test('hands on what no door of ours wrote, so that it is set aside and told', async () => {
      const { queue, drain } = await keepAndDrain()
      for (const MessageBody of ['in-bucket:../x', `in-bucket:${'0'.repeat(128)}`, '¿?'])
        await made.sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody }))
      expect(await drain(10, 1e9)).toHaveLength(3)
    })

    test('of a thousand records none is lost and every one acknowledged', async () => {
      const { queue, keep, drain, acknowledge } = await keepAndDrain()
      await Promise.all(Array.from({ length: 1000 }, (_, n) => keep(sampleRecord(String(n), 200))))
      const drained = await drain(3000, 1e9)
      expect(new Set(drained.map(({ bytes }) => Buffer.from(bytes).toString('hex'))).size).toBe(1000)
      // One whose answer came late was said again, which is harmless: whoever seals counts identities.
      expect(await depthOf(aws(), queue)).toEqual({ visible: 0, inFlight: drained.length })
      await acknowledge(drained.map(({ receipt }) => receipt))
      expect(await drain(10, 1e9)).toEqual([])
      expect(await depthOf(aws(), queue)).toEqual({ visible: 0, inFlight: 0 })
    })
  })

  describe('a DynamoDB table', () => {
    test('knows its own hand when the answer to a put was lost', async () => {
      const store = dynamoStore(aws(), await made.table())
      let first = true
      proxy.decide(({ action }) => {
        if (action !== 'PutItem' || !first) return 'pass'
        first = false
        return 'done but unanswered'
      })
      expect(await store.put('head', 1, 0)).toBe(true)
      proxy.decide(() => 'pass')
      expect(await store.put('head', 1, 0)).toBe(false)
      expect((await store.get('head'))?.version).toBe(1)
    })

    test('queries more than one answer holds, and values of every kind come back as they were', async () => {
      const store = dynamoStore(aws(), await made.table())
      const large = 'ñ'.repeat(150_000)
      for (let n = 0; n < 6; n++) await store.put(`big/${n}`, { large, n, none: null, empty: '', list: [] }, 0)
      const found = await store.query<{ n: number }>('big/')
      expect(found.map(({ value }) => value.n)).toEqual([0, 1, 2, 3, 4, 5])
      expect(found[5]?.value).toEqual({ large, n: 5, none: null, empty: '', list: [] })
      await expect(store.query('big')).rejects.toThrow('names no partition')
    })
  })

  describe('an SSM parameter', () => {
    test('gives the key of the certificate in force, during a renewal too, and is not asked again at once', async () => {
      const ca = await issued('ssm-ca', { use: 'root', subject: [['CN', 'CA']] })
      const [one, two, stranger] = await Promise.all(
        ['ssm-one', 'ssm-two', 'ssm-three'].map((name) => issued(name, { use: 'authentication', subject: [['CN', name]] }, ca)),
      )
      if (!one || !two || !stranger) throw new Error('no certificates')
      const pem = (name: string) => privateKeyOf(name).export({ type: 'pkcs8', format: 'pem' }).toString()
      let now = instant(1_800_000_000_000)
      const name = await made.parameter(pem('ssm-one') + pem('ssm-two'))
      const keyOf = keyInParameter(aws(), name, () => now)
      proxy.forget()
      expect((await keyOf(one.certificate.der)).equals(privateKeyOf('ssm-one'))).toBe(true)
      expect((await keyOf(two.certificate.der)).equals(privateKeyOf('ssm-two'))).toBe(true)
      expect(proxy.calls.map(({ action }) => action)).toEqual(['GetParameter'])
      now = instant(now + 5 * MINUTE)
      await keyOf(one.certificate.der)
      expect(proxy.calls).toHaveLength(2)
      await expect(keyOf(stranger.certificate.der)).rejects.toThrow('holds no key of the certificate')
    })
  })

  edgeContract(() => ({ aws: aws(), emulators, made }))

  describe('a client of AWS', () => {
    const throttled = { status: 400, body: '{"__type":"com.amazonaws.kms#ThrottlingException","message":"Rate exceeded"}' }

    test('asks a throttled service twice more, then says busy, within the time it has', async () => {
      const { arn } = await made.key()
      proxy.forget()
      proxy.decide(({ action }) => (action === 'Sign' ? throttled : 'pass'))
      const started = performance.now()
      await expect(signWithKms(aws(MESSAGE_MS))(arn, 'rsa-sha512', randomBytes(64))).rejects.toThrow(Busy)
      expect(performance.now() - started).toBeLessThan(MESSAGE_MS)
      expect(proxy.calls).toHaveLength(3)
      let left = 2
      proxy.decide(() => (left-- > 0 ? throttled : 'pass'))
      expect(await signWithKms(aws())(arn, 'rsa-sha512', randomBytes(64))).toHaveLength(256)
      proxy.decide(() => 'pass')
    })

    test('takes a broken connection, a lost answer and an ill service as passing, twice', async () => {
      for (const fate of ['lost', 'done but unanswered', { status: 503, body: '' }, { status: 500, body: 'x' }] as const) {
        const { keep, drain } = await keepAndDrain()
        let left = 2
        proxy.decide(({ action }) => (action === 'SendMessage' && left-- > 0 ? fate : 'pass'))
        await keep(sampleRecord('1'))
        proxy.decide(() => 'pass')
        expect((await drain(10, 1e9)).length).toBe(fate === 'done but unanswered' ? 3 : 1)
      }
    })

    test('does not repeat what was refused, nor take a wrong secret for anything but that', async () => {
      proxy.forget()
      await expect(signWithKms(aws())('nobody', 'rsa-sha512', randomBytes(64))).rejects.toThrow('Sign was answered 400 NotFoundException')
      expect(proxy.calls).toHaveLength(1)
      const { arn } = await made.key()
      const impostor = awsThrough(proxy.url, { ...who, secretAccessKey: 'another-secret' })
      await expect(signWithKms(impostor)(arn, 'rsa-sha512', randomBytes(64))).rejects.toThrow(/Signature/)
      const files = lockedBucket(impostor, await made.bucket(), 10_000)
      await expect(files.putLocked('a', Buffer.from('x'))).rejects.toThrow(/Signature/)
    })
  })

  describe('the inventory', () => {
    test('every action in src/adapters/aws was answered by an emulator', () => {
      expect(Object.keys(ACTIONS).filter((action) => !proxy.answered.has(action))).toEqual([])
    })
  })
})
