import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DAY, HOUR, later, type Now } from '../../src/base/clock.ts'
import { verifyToken } from '../../src/evidence/timestamp.ts'
import { issueToken } from '../../src/evidence/timestamp-authority.ts'
import { readNodeFile, writeNodeFile } from '../../src/local/node-file.ts'
import { hex, sha512 } from '../../src/protocol/digests.ts'
import type { Certificate } from '../../src/trust/certificates.ts'
import { ownParameters } from '../../src/trust/trust.ts'
import { issued, sign } from '../trust/authority.ts'
import { type Exchange, openExchange } from './exchange.ts'

/** A time-stamping authority that no exchange knows, with a clock of its own. */
async function outsider(now: Now): Promise<AsyncDisposable & { readonly url: string; readonly certificate: Certificate }> {
  const root = await issued('outside-root', { use: 'root', subject: [['CN', 'Outside root']] })
  const tsa = await issued('outside-tsa', { use: 'timestamping', subject: [['CN', 'Outside TSA']] }, root)
  let serial = 1n
  const server = createServer(async (request, response) => {
    const query = Buffer.concat(await request.toArray())
    const body = await issueToken(query, { ...tsa, serial: serial++, at: now(), policy: '2.25.1' }, sign)
    response.writeHead(200, { 'content-type': 'application/timestamp-reply' }).end(body)
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/tsa`,
    certificate: tsa.certificate,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  }
}

/** The bank's last daily head: the token under lock, the link it is over, and the stamp's digest as the centre published it. */
async function headOfBank({ world }: Exchange) {
  const bank = world.nodes.get('bank')
  if (!bank) throw new Error('no bank')
  await world.centre.tend()
  const trust = await bank.refreshTrust()
  const published = trust.ok ? ownParameters(trust.value.trust).chainHeads?.find(({ server }) => server.memberCode === '222') : undefined
  const token = await bank.files.getLocked((await bank.files.listLocked('heads/')).at(-1) ?? 'heads/none')
  if (!published || !token) throw new Error('no head is published')
  return { token, published }
}

async function aDayWith(exchange: Exchange): Promise<void> {
  exchange.wait(DAY)
  await exchange.world.centre.tend()
  await exchange.get('/x')
  await exchange.world.nodes.get('bank')?.archive()
  await exchange.world.nodes.get('bank')?.tend()
}

test('the daily head is stamped by a witness outside the exchange, if the node has one; by the exchange when the witness is silent or does not say now', async () => {
  const first = await openExchange()
  await first.stop()
  let apart = 0
  let exchange: Exchange | undefined
  await using witness = await outsider(() => later(exchange?.now() ?? first.now(), apart))
  const folder = join(first.folder, 'nodes', 'bank')
  const file = readNodeFile(folder)
  writeNodeFile(folder, { ...file, settings: { ...file.settings, witness: witness.url } })
  await using again = await openExchange({ folder: first.folder })
  exchange = again

  const isByWitness = async () => {
    const { token, published } = await headOfBank(again)
    expect(published.stamp).toBe(hex(sha512(token)))
    return verifyToken(token, Buffer.from(published.head), [witness.certificate], { strict: false }).ok
  }
  await aDayWith(again)
  expect(await isByWitness()).toBe(true)
  apart = -HOUR
  await aDayWith(again)
  expect(await isByWitness()).toBe(false)
  apart = 0
  await aDayWith(again)
  expect(await isByWitness()).toBe(true)
  await witness[Symbol.asyncDispose]()
  await aDayWith(again)
  expect(await isByWitness()).toBe(false)
  expect(again.log.filter(({ event }) => event === 'alarm')).toEqual([])
})
