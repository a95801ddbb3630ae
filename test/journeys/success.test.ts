import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verifyAfresh } from '../../src/local/fresh-verifier.ts'
import { viewOf } from '../../src/local/view.ts'
import type { ClientAnswer } from '../../src/local/world-view.ts'
import { type Exchange, header, json, openExchange, requestIdOf, text } from './exchange.ts'
import { BANK, LAZY, OPEN, PERSONS, STRANGER } from './plan.ts'

describe('a successful exchange', () => {
  let exchange: Exchange
  beforeAll(async () => {
    exchange = await openExchange()
  })
  afterAll(() => exchange[Symbol.asyncDispose]())

  const sealedOf = async (node: string, answer: ClientAnswer) =>
    (await exchange.sealed(node)).filter(({ requestId }) => requestId === requestIdOf(answer))

  test('is answered, leaves four records, and both sides’ evidence verifies by either rule', async () => {
    const answer = await exchange.get('/38001010000?full=yes', { headers: { 'X-Road-Id': 'ask-1', 'X-Road-UserId': 'EE3800' } })
    expect(answer.status).toBe(200)
    expect(json(answer).url).toBe('/38001010000?full=yes')
    expect(header(answer, 'x-road-id')).toBe('ask-1')
    expect(header(answer, 'x-road-client')).toBe(BANK)
    expect(header(answer, 'x-road-service')).toBe(PERSONS)
    expect(header(answer, 'x-road-request-hash')).toMatch(/^[A-Za-z0-9+/]{86}==$/)
    expect(await exchange.kept('bank', requestIdOf(answer))).toEqual(['consumer request', 'consumer response'])
    expect(await exchange.kept('register', requestIdOf(answer))).toEqual(['provider request', 'provider response'])
    for (const node of ['bank', 'register']) {
      const items = await sealedOf(node, answer)
      expect(items.map(({ state }) => state)).toEqual(['sealed', 'sealed'])
      for (const item of items)
        for (const profile of ['strict', 'stock'] as const) expect((await exchange.verdict(item, profile)).fault?.path).toBeUndefined()
    }
  })

  test('both sides hold the same signed bytes', async () => {
    const answer = await exchange.get('/x', { method: 'POST', body: Buffer.from('sí') })
    const partsAt = async (node: string) =>
      Promise.all((await sealedOf(node, answer)).map(async (item) => (await exchange.verdict(item)).parts))
    const atBank = await partsAt('bank')
    expect(atBank.flat().map(({ name }) => name)).toEqual(['/message.xml', '/attachment1', '/message.xml', '/attachment1'])
    expect(await partsAt('register')).toEqual(atBank)
  })

  test('a body of any bytes arrives byte for byte', async () => {
    const body = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 256))
    const answer = await exchange.get('/in', { method: 'POST', body, headers: { 'Content-Type': 'application/octet-stream' } })
    expect(Buffer.from(String(json(answer).body), 'base64').equals(body)).toBe(true)
  })

  test.each([
    ['REST', BANK, '/a%2Fb?x=%C3%B1&y=1+2', '/a%2Fb?x=%C3%B1&y=1%202'],
    ['HTTP', STRANGER, '/a%2Fb?x=%C3%B1&y=1+2', '/a/b?x=%C3%B1&y=1+2'],
  ])(
    'behind a %s API the service sees what that gateway lets through, and what was signed is what it saw',
    async (_edge, as, path, seen) => {
      const answer = await exchange.get(path, { as, service: OPEN, headers: { 'X-Two': '1', Cookie: 'a=1; b=2' } })
      expect([answer.status, json(answer).url]).toEqual([200, seen])
      const raw = (json(answer).headers as string[]).map((each) => each.toLowerCase())
      expect(raw[raw.indexOf('cookie') + 1]).toBe('a=1; b=2')
      for (const gateways of ['x-forwarded-for', 'x-forwarded-proto', 'x-amzn-trace-id']) expect(raw).not.toContain(gateways)
      for (const item of await sealedOf('register', answer)) expect((await exchange.verdict(item)).fault).toBeUndefined()
    },
  )

  test('a service’s own error is an answer like another, without X-Road-Error, and evidence', async () => {
    const answer = await exchange.get('/status/404')
    expect([answer.status, header(answer, 'x-road-error'), text(answer)]).toEqual([404, undefined, '{"motivo":"así lo dice el servicio"}'])
    expect(await exchange.kept('bank', requestIdOf(answer))).toHaveLength(2)
  })

  test('a service cannot pass off identifiers as the node’s', async () => {
    const answer = await exchange.get('/inject', { headers: { 'X-Road-Id': 'mine' } })
    const values = (wanted: string) => answer.headers.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value)
    expect(values('x-road-id')).toEqual(['mine'])
    expect(values('set-cookie')).toEqual(['a=1', 'b=2'])
  })

  test('where only digests are kept, a stock verifier is content, and ours names the part it was not shown', async () => {
    const answer = await exchange.get('/in', { service: LAZY, method: 'POST', body: Buffer.from('expediente') })
    for (const item of await sealedOf('register', answer)) {
      const verdict = await exchange.verdict(item, 'stock')
      expect(verdict.fault?.path).toBeUndefined()
      expect(verdict.parts.map(({ name, covered }) => [name, covered])).toContainEqual(['/message.xml', true])
      expect((await exchange.verdict(item)).fault?.detail).toContain('/attachment1')
    }
    const fullAtTheBank = (await sealedOf('bank', answer)).map(async (item) => (await exchange.verdict(item)).valid)
    expect(await Promise.all(fullAtTheBank)).toEqual([true, true])
  })

  test('exported files alone satisfy a verifier in a process of its own, and other trust does not', async () => {
    const view = viewOf(exchange.world, `${exchange.folder}/evidence`, exchange.now)
    const exported = await view.exportEvidence('bank', (await exchange.get('/x')).messageId)
    const files = exported.containers.map(({ file }) => file)
    expect((await verifyAfresh(files, exported.trust)).map(({ verdict }) => verdict)).toEqual(['valid', 'valid'])
    await using other = await openExchange()
    const elsewhere = await viewOf(other.world, `${other.folder}/evidence`, other.now).exportEvidence(
      'bank',
      (await other.get('/x')).messageId,
    )
    expect((await verifyAfresh(files, elsewhere.trust)).map(({ verdict }) => verdict)).toEqual(['invalid', 'invalid'])
  })

  test('many at once are all answered, and each record is sealed once', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => exchange.get(`/${index}`)))
    expect(answers.map((answer) => [answer.status, json(answer).url])).toEqual(answers.map((_, index) => [200, `/${index}`]))
    const ours = new Set(answers.map(requestIdOf))
    for (const node of ['bank', 'register']) {
      const items = (await exchange.sealed(node)).filter(({ requestId }) => ours.has(requestId))
      expect(new Set(items.map(({ identity }) => identity)).size).toBe(80)
      expect(items).toHaveLength(80)
    }
  })
})
