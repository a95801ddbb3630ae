import { readFileSync } from 'node:fs'
import { isIP, isIPv6 } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readAddress } from '../../../src/exchange/reach/ip-address.ts'
import { judgeAddress, judgeHost, PUBLIC_ONLY, type Reach, readReach } from '../../../src/exchange/reach/reach.ts'
import { judgeServiceUrl, readServiceUrl } from '../../../src/exchange/reach/service-url.ts'
import { codeOf, type Outcome } from '../../../src/protocol/faults.ts'

const said = (outcome: Outcome<unknown>) => (outcome.ok ? 'allowed' : (outcome.fault.reason ?? codeOf(outcome.fault)))
function reach(...entries: string[]): Reach {
  const read = readReach(entries)
  if (!read.ok) throw new Error(read.fault.detail)
  return read.value
}

describe('the host of a service address', () => {
  const rows = readFileSync(join(import.meta.dirname, 'addresses.txt'), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => line.split(';').map((field) => field.trim()) as [string, string, string])
  test.each(rows)('%s with %s: %s', (host, allowed, expected) =>
    expect(said(judgeHost(host, allowed === '-' ? PUBLIC_ONLY : reach(allowed)))).toBe(expected),
  )
  test('the table was read', () => {
    console.log(`service hosts: ${rows.length} of ${rows.length} rows`)
    expect(rows.length).toBeGreaterThan(70)
  })
})

describe('what a name resolves to', () => {
  test('may be public without any permission', () => expect(said(judgeAddress('a.example', '203.0.113.9', PUBLIC_ONLY))).toBe('allowed'))
  test('may not be internal without one', () =>
    expect(said(judgeAddress('a.example', '10.0.0.1', PUBLIC_ONLY))).toBe('address_not_allowed'))
  test('may be internal for a name the operator wrote down, in any letter case and with the dot of the root', () => {
    expect(said(judgeAddress('Padron.INTERNO.', '10.0.0.1', reach('padron.interno')))).toBe('allowed')
    expect(said(judgeAddress('otro.interno', '10.0.0.1', reach('padron.interno')))).toBe('address_not_allowed')
  })
  test.each(['169.254.169.254', 'fe80::1', 'fd00:ec2::254', '::ffff:169.254.169.254', '0.0.0.0'])(
    'may not be %s, even for such a name: whoever holds the name could point it there',
    (address) => expect(said(judgeAddress('padron.interno', address, reach('padron.interno')))).toBe('address_not_allowed'),
  )
  test('must be an address', () => expect(said(judgeAddress('a.example', 'nonsense', PUBLIC_ONLY))).toBe('address_not_allowed'))
})

describe("an operator's list", () => {
  test.each(['10.0.0.0/33', '::/129', '10.0.0.0/-1', '10.0.0/8', '0x7f.1', '2130706433', 'a b', '', '*', '10.0.0.0/8/9', 'http://a'])(
    'with %s is refused',
    (entry) => expect(said(readReach(['padron.interno', entry]))).toBe('malformed_server_conf'),
  )
  test('with names and networks is taken in', () =>
    expect(said(readReach(['padron.interno', '10.0.0.0/8', 'fd00::/8', '::1', '192.168.1.7']))).toBe('allowed'))
})

describe('a service address', () => {
  test.each([
    ['http://a.example', 'a.example', 80, '/'],
    ['HTTPS://a.example:8443/x/%2F?y', 'a.example', 8443, '/x/%2F?y'],
    ['https://[2001:db8::1]/x', '2001:db8::1', 443, '/x'],
    ['http://a.example?q=1', 'a.example', 80, '/?q=1'],
  ])('%s is taken apart', (url, host, port, path) => expect(readServiceUrl(url)).toMatchObject({ ok: true, value: { host, port, path } }))
  test.each([
    'ftp://a.example',
    'http://',
    'http://user@a.example/',
    'http://a.example:0/',
    'http://a.example:65536/',
    'http://a.example:/',
    'http://a.example/ x',
    'http://a.example\\@b.example/',
    'http://[::1',
    'http://a.example/#part',
    '//a.example/',
    'http://a.example:80:80/',
  ])('%s is none', (url) => expect(said(readServiceUrl(url))).toBe('service_malformed_url'))
  test('is judged by its host', () => {
    expect(said(judgeServiceUrl('http://169.254.169.254/latest/meta-data/', PUBLIC_ONLY))).toBe('address_not_allowed')
    expect(said(judgeServiceUrl('http://[::ffff:a9fe:a9fe]/', PUBLIC_ONLY))).toBe('address_not_allowed')
    expect(said(judgeServiceUrl('http://padron.example/', PUBLIC_ONLY))).toBe('allowed')
  })
})

describe('reading addresses', () => {
  const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16))
  const dotted = fc.tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 0, max: 300 }))).map((parts) => parts.join('.'))
  const pieces = fc.array(fc.oneof(group, fc.constantFrom(':', '::', '.', '%eth0', '0', 'ffff', '12345'), dotted), { maxLength: 12 })
  const text = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    dotted,
    pieces.map((all) => all.join('')),
    pieces.map((all) => all.join(':')),
  )
  test('agrees with the socket library on what an address is: nothing it connects to directly goes unjudged', () => {
    let addresses = 0
    fc.assert(
      fc.property(text, (written) => {
        const read = readAddress(written)
        if (isIP(written)) addresses++
        expect(read?.length).toBe(
          isIP(written) === 0 ? (isIPv6(written.split('%', 1)[0] as string) ? 16 : undefined) : isIPv6(written) ? 16 : 4,
        )
      }),
      { numRuns: 20_000, seed: 7 },
    )
    console.log(`addresses: seed 7, 20000 texts, ${addresses} of them addresses`)
    expect(addresses).toBeGreaterThan(4_000)
  })
})
