import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dynamoStore } from '../../src/adapters/aws/dynamo-store.ts'
import { lockedBucket } from '../../src/adapters/aws/s3-locked.ts'
import { drainedLine, drainedQueue } from '../../src/adapters/aws/sqs-drain.ts'
import { keepInQueue } from '../../src/adapters/aws/sqs-keep.ts'
import { identityOf } from '../../src/evidence/record.ts'
import { type ArchivePorts, archive } from '../../src/exchange/archive.ts'
import { newMemory } from '../../src/exchange/memory.ts'
import { archiveAll, checkArchive, identities, receiptsOf } from '../exchange/archive-checks.ts'
import { post, type TwoNodes, twoNodes } from '../exchange/two-nodes.ts'
import { type Account, account, awsThrough } from './account.ts'
import { type Emulators, needsEmulators, ROOT, startEmulators } from './emulators.ts'
import { type AwsProxy, type Fate, startProxy } from './proxy.ts'

const VISIBILITY = 2
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe.skipIf(!needsEmulators())('the evidence line in AWS', () => {
  let emulators: Emulators
  let made: Account
  let world: TwoNodes
  const folder = mkdtempSync(join(tmpdir(), 'sacbe-crash-'))
  let kept: Awaited<ReturnType<TwoNodes['provider']['kept']>>
  beforeAll(async () => {
    emulators = await startEmulators()
    made = account(emulators.endpointOf)
    world = await twoNodes(() => mkdtempSync(join(folder, 'node-')))
    await world.ask()
    await world.ask(post('hola'))
    kept = await world.provider.kept()
  })
  afterAll(async () => {
    await emulators?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  type Line = { readonly proxy: AwsProxy; readonly ports: () => ArchivePorts; readonly table: string }
  /** The same records in a fresh queue, before a fresh bucket and table, every call by a proxy of their own. */
  async function line(): Promise<Line> {
    const proxy = await startProxy(emulators)
    const aws = awsThrough(proxy.url, ROOT, 30_000)
    const [queue, bucket, table] = [await made.queue(VISIBILITY), await made.bucket(), await made.table()]
    const files = lockedBucket(aws, bucket)
    const keep = keepInQueue(aws, queue, files.putLocked)
    for (const record of kept) await keep(record)
    proxy.forget()
    // A process that starts anew remembers nothing.
    const ports = (): ArchivePorts => ({
      ...world.provider.archivePorts,
      ...files,
      ...drainedQueue(aws, queue, files.getLocked),
      store: dynamoStore(aws, table),
      memory: newMemory(),
    })
    return { proxy, ports, table }
  }

  async function mustBeWhole({ ports }: Line): Promise<void> {
    const sealed = await checkArchive(ports(), world.trust.current)
    expect(identities(sealed)).toEqual(kept.map(identityOf).toSorted())
    expect(await ports().listLocked('set-aside/')).toEqual([])
    expect(await ports().drain(10, 1e9)).toEqual([])
  }

  for (const fate of ['lost', 'done but unanswered'] as const)
    test.concurrent(`dies at any call to AWS, the call ${fate}: the next run takes it up, nothing lost, nothing double`, async () => {
      const whole = await line()
      await archiveAll(whole.ports())
      await mustBeWhole(whole)
      const calls = await callsOfOneRun()
      expect(calls).toBeGreaterThan(15)
      const died = await inBatches(
        Array.from({ length: calls }, (_, index) => index + 1),
        24,
        async (at) => {
          const dying = await line()
          let seen = 0
          // A dead process sends nothing any more, and nobody hears the answer to its last words.
          dying.proxy.decide((): Fate => (++seen < at ? 'pass' : seen === at ? fate : 'lost'))
          const outcome = await archive('uno', dying.ports()).then(
            () => 'survived',
            () => 'died',
          )
          dying.proxy.decide(() => 'pass')
          await wait(VISIBILITY * 1000)
          // The lease of the dead is taken up by the next process of the same name, or by another after its time.
          await archiveAll(dying.ports(), 'uno')
          await mustBeWhole(dying)
          await dying.proxy.close()
          return outcome
        },
      )
      console.log(`${died.filter((each) => each === 'died').length} deaths at ${calls} calls, the call ${fate}`)
      expect(died.filter((each) => each === 'died').length).toBeGreaterThan(calls - 6)
    }, 400_000)

  test.concurrent('every call that may be is done twice: the same archive', async () => {
    const twice = await line()
    const done = new Set<string>()
    // Each call's first answer is lost after it was done, so it is sent again.
    twice.proxy.decide(({ action, target }) => {
      const key = `${action} ${target}`
      if (done.has(key)) return 'pass'
      done.add(key)
      return 'done but unanswered'
    })
    await archiveAll(twice.ports())
    twice.proxy.decide(() => 'pass')
    await wait(VISIBILITY * 1000)
    await archiveAll(twice.ports())
    await mustBeWhole(twice)
    expect(done.size).toBeGreaterThan(10)
  })

  test.concurrent('two archivers at once, and a table restored from an older day: the chain is whole', async () => {
    const both = await line()
    await Promise.allSettled([archive('uno', both.ports()), archive('dos', both.ports())])
    await wait(VISIBILITY * 1000)
    await archiveAll(both.ports(), 'tres').catch(() => undefined)
    await archiveAll(both.ports(), 'uno')
    await mustBeWhole(both)
    // The head is a cache: a table that lost it, or holds an older one, is brought up from the bucket.
    const older: ArchivePorts = { ...both.ports(), store: dynamoStore(awsThrough(both.proxy.url, ROOT), await made.table()) }
    await archiveAll(older)
    await mustBeWhole({ ...both, ports: () => older })
  })

  test.concurrent('a table restored from before its last archive: the head is brought up from the bucket, nothing is sealed twice, no file is unexplained', async () => {
    const whole = await line()
    const first = kept.slice(0, 3)
    const queue = await made.queue(VISIBILITY)
    const bucket = await made.bucket()
    const aws = awsThrough(whole.proxy.url, ROOT, 30_000)
    const files = lockedBucket(aws, bucket)
    const keep = keepInQueue(aws, queue, files.putLocked)
    const portsOver = (table: string): ArchivePorts => ({
      ...world.provider.archivePorts,
      ...files,
      ...drainedQueue(aws, queue, files.getLocked),
      store: dynamoStore(aws, table),
      memory: newMemory(),
    })
    const [live, older] = [await made.table(), await made.table()]
    for (const record of first) await keep(record)
    await archiveAll(portsOver(live))
    // The backup of that moment.
    for (const { key, value } of await dynamoStore(aws, live).query('archive/')) await dynamoStore(aws, older).put(key, value, 0)
    for (const record of kept.slice(3)) await keep(record)
    await archiveAll(portsOver(live))
    for (const record of [...first, ...kept]) await keep(record) // and everything comes once more
    await archiveAll(portsOver(older))
    await mustBeWhole({ ...whole, ports: () => portsOver(older) })
    await mustBeExplained(portsOver(older))
  })

  test.concurrent('two archivers at once, step by step in turn: whichever is ahead, the chain is whole', async () => {
    for (const lead of [4, 14]) {
      const both = await line()
      // The second begins when the first has made so many calls, and both go on.
      let calls = 0
      let begin = () => {}
      const reached = new Promise<void>((resolve) => {
        begin = resolve
      })
      both.proxy.decide((): Fate => {
        if (++calls === lead) begin()
        return 'pass'
      })
      const runs = [archive('uno', both.ports()), reached.then(() => archive('dos', both.ports()))]
      await Promise.allSettled(runs)
      await wait(VISIBILITY * 1000)
      await archiveAll(both.ports(), 'uno')
      await mustBeWhole(both)
      await mustBeExplained(both.ports())
      await both.proxy.close()
    }
  }, 300_000)

  test.concurrent('what was among the dead letters is secured and sealed with the rest, once', async () => {
    const { proxy, ports } = await line()
    const aws = awsThrough(proxy.url, ROOT, 30_000)
    const [queue, deadLetters] = [await made.queue(VISIBILITY), await made.queue(VISIBILITY)]
    const { putLocked, getLocked } = ports()
    // Two came there, one of which is also in the line: SQS gives a message twice now and then.
    for (const record of kept.slice(0, 2)) await keepInQueue(aws, deadLetters, putLocked)(record)
    for (const record of kept.slice(1)) await keepInQueue(aws, queue, putLocked)(record)
    const both = (): ArchivePorts => ({
      ...ports(),
      ...drainedLine(drainedQueue(aws, queue, getLocked), drainedQueue(aws, deadLetters, getLocked), () => true),
    })
    await archiveAll(both())
    await archiveAll(both())
    await mustBeWhole({ proxy, ports: both, table: '' })
  })

  /** Every file of the line is named by a receipt's position, or is the journal's segment that it was sealed from. */
  async function mustBeExplained(ports: ArchivePorts): Promise<void> {
    const { heads } = await receiptsOf(ports)
    const archives = heads.flatMap(({ last, sealed }) => (last && sealed > 0 ? [`archive/${last.file}`] : []))
    expect([...(await ports.listLocked('archive/'))].toSorted()).toEqual([...new Set(archives)].toSorted())
    expect((await ports.listLocked('receipts/')).length).toBe(heads.length)
    // A token for each position at most: one of which nothing was new has its token all the same.
    expect((await ports.listLocked('seals/')).length).toBeLessThanOrEqual(heads.length)
    const through = (heads.at(-1) as unknown as { through: number }).through
    const segments = await ports.listLocked('journal/')
    expect(segments.filter((name) => Number(name.slice('journal/'.length)) > through)).toEqual([])
  }

  async function callsOfOneRun(): Promise<number> {
    const counted = await line()
    await archive('uno', counted.ports())
    await counted.proxy.close()
    return counted.proxy.calls.length
  }
})

async function inBatches<T, R>(items: readonly T[], size: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (let first = 0; first < items.length; first += size) results.push(...(await Promise.all(items.slice(first, first + size).map(work))))
  return results
}
