import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { certificatesInAcm } from '../../src/adapters/aws/acm.ts'
import { dynamoStore } from '../../src/adapters/aws/dynamo-store.ts'
import { publicKeyInKms } from '../../src/adapters/aws/kms-public-key.ts'
import { signWithKms } from '../../src/adapters/aws/kms-sign.ts'
import { newTlsKey } from '../../src/adapters/aws/new-tls-key.ts'
import { keyInParameter } from '../../src/adapters/aws/ssm-key.ts'
import { DAY, instant, later } from '../../src/base/clock.ts'
import { EDGE_CERTIFICATES } from '../../src/exchange/edge/reconcile.ts'
import { castUntil } from '../exchange/centre/test-centre.ts'
import { outside } from '../exchange/life/outside.ts'
import { inUse, live, registered } from '../exchange/life/renewal.ts'
import { NOON } from '../trust/authority.ts'
import { account, awsThrough } from './account.ts'
import { type Emulators, needsEmulators, startEmulators } from './emulators.ts'
import { type AwsProxy, startProxy } from './proxy.ts'
import { roleCredentials } from './roles.ts'

/** Where a door of messages would be called, the test signs what is owed; the clock is the centre's and the node's, AWS has its own. */
describe.skipIf(!needsEmulators())('the renewal of a node whose table, keys and certificates are in AWS', () => {
  let emulators: Emulators
  let proxy: AwsProxy
  beforeAll(async () => {
    emulators = await startEmulators()
    proxy = await startProxy(emulators)
  })
  afterAll(async () => {
    await proxy?.close()
    await emulators?.stop()
  })

  test('orders, registers, waits until it is published, accepts both, switches, retires: twice', async () => {
    const made = account(emulators.endpointOf)
    const aws = awsThrough(proxy.url, await roleCredentials(emulators.endpointOf('iam')))
    const { arn } = await made.key()
    const parameter = await made.parameter('nothing yet')
    const acm = certificatesInAcm(aws, 'dif')
    const parts = {
      store: { ...dynamoStore(aws, await made.table()), copy: () => new Map(), restore: () => {} },
      sign: signWithKms(aws),
      signingKey: { key: arn, publicKey: () => publicKeyInKms(aws, arn) },
      makeKey: () => newTlsKey(aws, parameter, acm.importCertificate),
    }
    const world = await outside(castUntil(later(NOON, 3650 * DAY)), parts)
    await registered(world)
    const first = await inUse(world)
    const edges = new Set<string | undefined>()
    const keyOf = keyInParameter(aws, parameter, () => instant(Date.now()))
    for (const round of [1, 2]) {
      world.centre.wait(490 * DAY)
      proxy.forget()
      const days = await live(world, 11, async () => {
        const now = await inUse(world)
        expect([now.listed, now.valid, now.signingKey]).toEqual([true, true, arn])
        // The door that connects finds the key of whatever certificate is in use, also while the next key is there already.
        expect(await keyOf(Buffer.from(now.authentication, 'base64'))).toBeDefined()
        edges.add((await world.store.get<{ provider: { certificate: string } }>(EDGE_CERTIFICATES))?.value.provider.certificate)
      })
      const steps = days.flatMap((day) => day.steps)
      const wanted = ['asked', 'ordered', 'signing taken up', 'listed', 'authentication taken up', 'withdrawn', 'ended']
      expect([...steps].sort(), `round ${round}`).toEqual([...wanted].sort())
      console.log(`round ${round}: ${steps.join(', ')} · ${proxy.calls.length} calls to AWS in 11 days`)
    }
    const last = await inUse(world)
    expect([last.authentication === first.authentication, last.signing === first.signing, last.published]).toEqual([false, false, 1])
    expect(edges.size).toBe(3)
    for (const edge of edges) expect(edge).toMatch(/^arn:aws:acm:/)
  }, 300_000)
})
