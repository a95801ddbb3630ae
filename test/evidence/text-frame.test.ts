import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HOLE, TextFrame } from '../../src/evidence/text-frame.ts'

const octets = (text: string) => Buffer.from(text, 'utf8')
const ascii = fc.stringMatching(/^[A-Za-z0-9+/=:.-]*$/)
const around = fc.string({ unit: 'grapheme', maxLength: 30 }).filter((text) => !text.includes(HOLE))

test('a text with open places is filled and read back, whatever it says', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(ascii, around), { maxLength: 5 }), around, (holes, first) => {
      const values = holes.map(([value]) => value)
      const frame = new TextFrame([first, ...holes.map(([, after]) => after)].join(HOLE), holes.length)
      const whole = frame.fill(...values)
      expect(whole).toEqual(octets(first + holes.map(([value, after]) => value + after).join('')))
      expect(
        frame.read(
          whole,
          values.slice(0, -1).map(({ length }) => length),
        ),
      ).toEqual(values)
    }),
  )
})

test('octets that differ anywhere outside the open places are not read', () => {
  const frame = new TextFrame(`<á>${HOLE}</á><b>${HOLE}</b>`, 2)
  const whole = frame.fill('uno', 'dos')
  expect(frame.read(whole, [3])).toEqual(['uno', 'dos'])
  for (let at = 0; at < whole.length; at++) {
    const changed = Buffer.from(whole)
    changed[at] = (changed[at] as number) ^ 1
    const inHole = ['uno', 'dos'].some((word) => at >= whole.indexOf(word) && at < whole.indexOf(word) + 3)
    expect(frame.read(changed, [3]) === null, `octet ${at}`).toBe(!inHole)
  }
  for (const other of [whole.subarray(1), whole.subarray(0, -1), Buffer.concat([whole, octets('x')]), octets(''), octets('<')])
    expect(frame.read(other, [3])).toBeNull()
  expect(frame.read(whole, [4])).toBeNull()
})

test('a text has as many open places as are named', () => {
  expect(() => new TextFrame(`a${HOLE}b`, 2)).toThrow('1 open places, not 2')
})
