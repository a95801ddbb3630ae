import { createServer, type Server } from 'node:http'
import type { AddressInfo, LookupFunction } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { callServiceOverHttp } from '../../src/adapters/http/call-service.ts'
import { PUBLIC_ONLY, type Reach, readReach } from '../../src/exchange/reach/reach.ts'
import { codeOf } from '../../src/protocol/faults.ts'

let server: Server
let port = 0
let asked: string[] = []
beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    if (request.url === '/moved') response.writeHead(302, { Location: `http://127.0.0.1:${port}/secret` }).end()
    else response.end('here')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => void server.close())
beforeEach(() => {
  asked = []
})

const allowing = (...entries: string[]): Reach => {
  const read = readReach(entries)
  if (!read.ok) throw new Error(read.fault.detail)
  return read.value
}
/** A resolver that gives each answer of a list in turn, as an attacker's name server would. */
const answering = (...answers: string[][]): LookupFunction => {
  let turn = 0
  return (_host, options, callback) => {
    const addresses = (answers[Math.min(turn++, answers.length - 1)] ?? []).map((address) => ({
      address,
      family: address.includes(':') ? 6 : 4,
    }))
    if (options.all) callback(null, addresses)
    else callback(null, addresses[0]?.address ?? '', addresses[0]?.family)
  }
}
async function call(url: string, reach: Reach, lookup?: LookupFunction) {
  const service = callServiceOverHttp({ reach: async () => reach, ...(lookup ? { lookup } : {}) })
  const answer = await service({ method: 'GET', url, headers: [], body: null }, { kind: 'none' }, 5_000, 1_000)
  return answer.ok ? answer.value.status : (answer.fault.reason ?? codeOf(answer.fault))
}

describe('a service address that leads inside', () => {
  test.each(['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]', '2130706433', '0x7f.1', '127.1', '[::ffff:127.0.0.1]', '0.0.0.0'])(
    '%s is not connected to unless the operator allows it',
    async (host) => {
      expect(await call(`http://${host}:${port}/`, PUBLIC_ONLY)).toBe('address_not_allowed')
      expect(await call(`https://${host}:${port}/`, PUBLIC_ONLY)).toBe('address_not_allowed')
      expect(asked).toEqual([])
    },
  )
  test('is connected to when it is allowed by network or by name', async () => {
    expect(await call(`http://127.0.0.1:${port}/a`, allowing('127.0.0.0/8'))).toBe(200)
    expect(await call(`http://localhost:${port}/b`, allowing('localhost'))).toBe(200)
    expect(asked).toEqual(['GET /a', 'GET /b'])
  })
  test('does not get there by a public name', async () => {
    expect(await call(`http://padron.example:${port}/`, PUBLIC_ONLY, answering(['127.0.0.1']))).toBe('address_not_allowed')
    expect(await call(`http://padron.example:${port}/`, PUBLIC_ONLY, answering(['203.0.113.9', '127.0.0.1']))).toBe('address_not_allowed')
    expect(asked).toEqual([])
  })
  test('does not get there by a name that changes: what is judged is what is connected to', async () => {
    const rebinding = answering(['127.0.0.1'], ['169.254.169.254'], ['127.0.0.1'])
    expect(await call(`http://padron.interno:${port}/one`, allowing('padron.interno'), rebinding)).toBe(200)
    expect(await call(`http://padron.interno:${port}/two`, allowing('padron.interno'), rebinding)).toBe('address_not_allowed')
    expect(asked).toEqual(['GET /one'])
  })
  test('does not get there by a redirect, which is handed on and never followed', async () => {
    expect(await call(`http://127.0.0.1:${port}/moved`, allowing('127.0.0.0/8'))).toBe(302)
    expect(asked).toEqual(['GET /moved'])
  })
})

test('a name that nobody knows is said to be unknown', async () => {
  const nobody: LookupFunction = (_host, _options, callback) => callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), '')
  expect(await call('http://padron.example/', PUBLIC_ONLY, nobody)).toBe('unknown_host')
})
