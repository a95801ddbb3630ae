import { describe, expect, test } from 'vitest'
import { HOUR, instant } from '../../src/base/clock.ts'
import { codeOf } from '../../src/protocol/faults.ts'
import type { DirectoryPart } from '../../src/trust/directory-part.ts'
import { mayFollow, type Publication, publicationOf, stampOf } from '../../src/trust/roll-back.ts'
import type { SignedDirectory } from '../../src/trust/signed-directory.ts'
import { exampleDraft, published } from './example.ts'

const a = 'a'.repeat(128)
const b = 'b'.repeat(128)
const now: Publication = { instance: 'LAB', version: 6, sha512: a, stamp: 100n, expires: instant(HOUR) }
const serial = (number: number, previous?: string) => ({
  generation: previous === undefined ? { serial: number } : { serial: number, previous },
})
const verdict = (current: Partial<Publication>, next: Partial<Publication>) => {
  const outcome = mayFollow({ ...now, ...current }, { ...now, sha512: b, ...next })
  return outcome.ok ? 'follows' : codeOf(outcome.fault)
}
const BACK = 'global_conf_rolled_back'

describe('a configuration may take the place of another', () => {
  const rows: readonly (readonly [string, Partial<Publication>, Partial<Publication>, string])[] = [
    ['stamped later', {}, { stamp: 101n }, 'follows'],
    ['stamped the same, as another node of the centre might', {}, {}, 'follows'],
    ['stamped earlier', {}, { stamp: 99n }, BACK],
    ['stamped earlier but longer valid', {}, { stamp: 99n, expires: instant(9 * HOUR) }, BACK],
    ['stamped earlier with the very same parameters: others beside them may be old', {}, { stamp: 99n, sha512: a }, BACK],
    ['without a stamp after one with', {}, { stamp: null }, BACK],
    ['with a stamp after one without', { stamp: null }, { stamp: 1n }, 'follows'],
    ['without stamps, valid longer', { stamp: null }, { stamp: null, expires: instant(2 * HOUR) }, 'follows'],
    ['without stamps, valid shorter', { stamp: null }, { stamp: null, expires: instant(1) }, BACK],
    ['of a lower version', {}, { version: 5, stamp: 200n }, BACK],
    ['of a higher version', { version: 5 }, { stamp: 200n }, 'follows'],
    ['with the next serial, naming its predecessor', serial(7), serial(8, a), 'follows'],
    ['with the next serial, naming another', serial(7), serial(8, b), BACK],
    ['with the next serial, naming nobody', serial(7), serial(8), BACK],
    ['with a serial further on, whose predecessor we never saw', serial(7), serial(10, b), 'follows'],
    ['with the same serial and other content', serial(7), serial(7), BACK],
    ['with the same serial and the same content', serial(7), { ...serial(7), sha512: a }, 'follows'],
    ['with the same serial in a higher version', { ...serial(7), version: 5 }, serial(7), 'follows'],
    ['with a lower serial in a higher version', { ...serial(7), version: 5 }, serial(6), BACK],
    ['with a lower serial', serial(7), serial(6, a), BACK],
    ['without a serial after one with', serial(7), { stamp: 200n }, BACK],
    ['with a first serial after one without', {}, { ...serial(1), stamp: 200n }, 'follows'],
    ['with a first serial after one without, stamped earlier', {}, { ...serial(1), stamp: 99n }, BACK],
    ['of another instance', {}, { instance: 'OTRA', stamp: 200n }, 'malformed_global_conf'],
  ]
  test.each(rows)('%s', (_what, current, next, expected) => expect(verdict(current, next)).toBe(expected))
})

describe('the stamp of a folder', () => {
  const at = BigInt(Date.UTC(2026, 1, 6, 10, 1, 12)) * 1_000_000n
  test.each([
    ['/V6/20260206100112123456789/shared-params.xml', at + 123_456_789n],
    [`/proxy/${Date.UTC(2026, 1, 6, 10, 1, 12)}/EE/shared-params.xml`, at],
    ['/shared-params.xml', null],
    ['/V6/2026/shared-params.xml', null],
  ])('%s', (location, stamp) => expect(stampOf(location)).toBe(stamp))
})

test('a publication is dated by the folder of its shared parameters, whatever else lies there', () => {
  const part = (identifier: string, location: string) => ({ identifier, location }) as DirectoryPart
  const parts = [
    part('FOO', '/V6/20270206100112123456789/foo.xml'),
    part('SHARED-PARAMETERS', '/V6/20260206100112123456789/shared-params.xml'),
  ]
  const shared = published(exampleDraft())
  expect(publicationOf({ parts, expires: instant(5) } as unknown as SignedDirectory, shared)).toEqual({
    instance: 'LAB',
    version: 6,
    sha512: shared.sha512,
    generation: { serial: 7, previous: 'ab'.repeat(64) },
    stamp: stampOf('/V6/20260206100112123456789/'),
    expires: 5,
  })
})
