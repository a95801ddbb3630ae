import { expect, test } from 'vitest'
import type { Sign } from '../../src/exchange/ports.ts'
import { sign } from '../trust/authority.ts'
import { soapCall, soapNodes } from './soap-two-nodes.ts'
import { codeIn, post, type TwoNodes, twoNodes } from './two-nodes.ts'

/** A holder of keys that is slow, and counts how often it is asked. */
const slowly = (world: TwoNodes) => {
  const asked = { times: 0, atOnce: 0, most: 0 }
  const slow: Sign = async (...question) => {
    asked.times++
    asked.most = Math.max(asked.most, ++asked.atOnce)
    await new Promise((resolve) => setTimeout(resolve, 500))
    asked.atOnce--
    return sign(...question)
  }
  Object.assign(world.consumer.ports, { sign: slow })
  return asked
}
const inBatches = ({ consumer: { configuration } }: TwoNodes, batch = true) => {
  const clients = configuration.current.clients.map((each) => ({ ...each, signing: { ...each.signing, batch } }))
  configuration.current = { ...configuration.current, clients }
}
const TWENTY = Array.from({ length: 20 }, (_, n) => n)

test('what waits for a slow key is signed together: twenty calls, two signatures, every one verified and kept with its own chain', async () => {
  const world = await twoNodes()
  inBatches(world)
  expect(codeIn(await world.ask())).toBe('ok')
  const asked = slowly(world)
  const answers = await Promise.all(TWENTY.map((n) => world.ask(n % 2 ? post(`${n}`) : {})))
  expect(answers.map(codeIn)).toEqual(TWENTY.map(() => 'ok'))
  expect([asked.times, asked.most]).toEqual([2, 1])
  const chains = (await world.provider.kept())
    .filter(({ direction }) => direction === 'request')
    .map(({ documents }) => documents.chain?.chain)
  expect(new Set(chains.flatMap((chain) => (chain ? [Buffer.from(chain).toString()] : []))).size).toBe(19)
})
test('otherwise each call has a signature of its own', async () => {
  const world = await twoNodes()
  expect(codeIn(await world.ask())).toBe('ok')
  const asked = slowly(world)
  await Promise.all(TWENTY.map(() => world.ask()))
  expect(asked.times).toBe(20)
})
test('SOAP calls too', async () => {
  const world = await soapNodes()
  inBatches(world)
  expect(codeIn(await world.ask(soapCall()))).toBe('ok')
  const asked = slowly(world)
  const answers = await Promise.all(TWENTY.map(() => world.ask(soapCall())))
  expect([answers.map(codeIn), asked.times]).toEqual([TWENTY.map(() => 'ok'), 2])
})
test('a holder that fails fails the batch, and nobody after it', async () => {
  const world = await twoNodes()
  inBatches(world)
  expect(codeIn(await world.ask())).toBe('ok')
  let times = 0
  const failing: Sign = async (...question) => {
    await new Promise((resolve) => setTimeout(resolve, 500))
    if (++times === 2) throw new Error('gone')
    return sign(...question)
  }
  Object.assign(world.consumer.ports, { sign: failing })
  const answers = await Promise.all(TWENTY.map(() => world.ask()))
  expect(answers.map(codeIn).sort()).toEqual([...TWENTY.slice(1).map(() => 'server.clientproxy.cannot_create_signature'), 'ok'].sort())
  expect(codeIn(await world.ask())).toBe('ok')
  expect(world.consumer.ports.memory.batches.size).toBe(0)
})
