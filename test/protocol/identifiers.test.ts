import { describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/protocol/faults.ts'
import {
  type ClientId,
  formatId,
  memberOf,
  ownerOf,
  parseClientId,
  parseServerId,
  parseServiceId,
  type ServerId,
  type ServiceId,
  sameClient,
  sameMember,
  sameService,
} from '../../src/protocol/identifiers.ts'
import { run } from '../campaign/identifiers.ts'
import { table, verdictOf } from './table.ts'

type Parse = (text: string) => Outcome<ClientId | ServiceId | ServerId>
const KINDS: readonly (readonly [string, string, Parse])[] = [
  ['a client identifier', 'client-ids', parseClientId],
  ['a service identifier', 'service-ids', parseServiceId],
  ['a server identifier', 'server-ids', parseServerId],
]

for (const [what, file, parse] of KINDS)
  describe(what, () => {
    for (const { expected, inputs, why, line } of table(file)) {
      const [text = '', written] = inputs
      test(`${JSON.stringify(text)} is ${expected}: ${why} (line ${line})`, () => {
        const outcome = parse(text)
        expect(verdictOf(outcome)).toBe(expected)
        if (outcome.ok) expect(formatId(outcome.value)).toBe(written)
      })
    }
  })

const value = <T>(outcome: Outcome<T>): T => {
  if (!outcome.ok) throw new Error(outcome.fault.detail)
  return outcome.value
}

describe('identifiers', () => {
  test('a missing client is refused with invalid_client_identifier', () => {
    expect(verdictOf(parseClientId(undefined))).toBe('invalid_client_identifier')
  })

  test('are equal by their decoded components, exactly', () => {
    expect(sameClient(value(parseClientId('EE/GOV/1/s')), value(parseClientId('%45E/GOV/1/s')))).toBe(true)
    expect(sameClient(value(parseClientId('EE/GOV/1/s')), value(parseClientId('EE/GOV/1/S')))).toBe(false)
    expect(sameClient(value(parseClientId('EE/GOV/1')), value(parseClientId('EE/GOV/1/s')))).toBe(false)
    expect(sameMember(value(parseClientId('EE/GOV/1')), value(parseClientId('EE/GOV/1/s')))).toBe(true)
  })

  test('a version takes part in the equality of services', () => {
    const [plain, versioned] = [value(parseServiceId('EE/GOV/1/s/svc')), value(parseServiceId('EE/GOV/1/s/svc/v1'))]
    expect(sameService(plain, plain)).toBe(true)
    expect(sameService(plain, versioned)).toBe(false)
  })

  test('a service knows its owner, and any of them its member', () => {
    const service = value(parseServiceId('EE/GOV/1/s/svc'))
    expect(ownerOf(service)).toEqual({ instance: 'EE', memberClass: 'GOV', memberCode: '1', subsystemCode: 's' })
    expect(ownerOf(value(parseServiceId('EE/GOV/1/svc')))).toEqual({ instance: 'EE', memberClass: 'GOV', memberCode: '1' })
    expect(memberOf(service)).toEqual({ instance: 'EE', memberClass: 'GOV', memberCode: '1' })
  })

  test('a sentence about a hostile one carries no control character', () => {
    const outcome = parseClientId('EE/GOV/\r\nX-Evil:1/s')
    expect(outcome.ok ? '' : outcome.fault.detail).not.toMatch(/[\u0000-\u001f]/)
  })
})

test('identifiers by property: what is written is read back, what is read is written the same', async () => {
  const figures = await run(4000, 20260301)
  console.log('identifiers', JSON.stringify(figures))
  expect(figures.accepted / figures.cases).toBeGreaterThan(0.2)
  expect(figures.refused / figures.cases).toBeGreaterThan(0.2)
})
