import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../../../src/exchange/contract/json.ts'
import { nestingOf } from '../../../src/exchange/contract/json.ts'
import { violationOf } from '../../../src/exchange/contract/json-schema.ts'
import { unsupportedIn } from '../../../src/exchange/contract/json-schema-support.ts'

const DOCUMENT: JsonObject = {
  tree: { type: 'object', properties: { next: { $ref: '#/tree' } }, additionalProperties: false },
  curp: { type: 'string', minLength: 18, maxLength: 18, 'x-curp': true },
}

/** schema, what keeps it, what breaks it. */
const TABLE: readonly (readonly [schema: JsonObject, valid: readonly Json[], invalid: readonly Json[]])[] = [
  [{ type: 'string' }, ['', 'a'], [1, null, {}, [], true]],
  [{ type: 'integer' }, [0, -1, 1e3], [1.5, '1', null]],
  [{ type: 'number' }, [0, 1.5], ['1', null]],
  [{ type: 'boolean' }, [true, false], ['true', 0]],
  [{ type: 'array' }, [[], [1]], [{}, 'a']],
  [{ type: 'object' }, [{}], [[], null]],
  [{ type: 'null' }, [null], [0, '']],
  [{ type: ['string', 'null'] }, ['a', null], [1]],
  [{ type: 'string', nullable: true }, ['a', null], [1]],
  [{ enum: ['A', { b: 1, a: 2 }] }, ['A', { a: 2, b: 1 }], ['B', { a: 1, b: 2 }]],
  [{ const: [1, 2] }, [[1, 2]], [[2, 1], 1]],
  [{ minLength: 2 }, ['ab', 'ñá', 5], ['a', '𝔸']],
  [{ maxLength: 2 }, ['ab', '𝔸𝔸'], ['abc']],
  [{ minimum: 3 }, [3, 4, '2'], [2]],
  [{ minimum: 3, exclusiveMinimum: true }, [4], [3]],
  [{ exclusiveMinimum: 3 }, [4], [3]],
  [{ maximum: 3 }, [3], [4]],
  [{ maximum: 3, exclusiveMaximum: true }, [2], [3]],
  [{ exclusiveMaximum: 3 }, [2], [3]],
  [{ multipleOf: 0.1 }, [0.3, 1], [0.35]],
  [{ minItems: 1 }, [[1]], [[]]],
  [{ maxItems: 1 }, [[1]], [[1, 2]]],
  [{ minProperties: 1 }, [{ a: 1 }], [{}]],
  [{ maxProperties: 1 }, [{ a: 1 }], [{ a: 1, b: 2 }]],
  [
    { uniqueItems: true },
    [[1, '1', { a: 1 }]],
    [
      [1, 1],
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
    ],
  ],
  [{ pattern: '^22' }, ['22014', 22], ['x22', `22${'x'.repeat(20_000)}`]],
  [{ format: 'uuid' }, ['0192f6c0-5b1e-7c3a-9a51-0d2f3f6f1a01'], ['0192f6c0']],
  [{ format: 'date' }, ['2025-11-03'], ['2025-13-03', '03/11/2025']],
  [{ format: 'date-time' }, ['2025-11-04T16:20:11Z', '2025-11-04T10:20:11.5-06:00'], ['2025-11-04', '2025-11-04T25:00:00Z']],
  [{ format: 'unheard-of' }, ['anything'], []],
  [{ required: ['a'] }, [{ a: null }, 5], [{}, { b: 1 }]],
  [{ required: ['toString'] }, [{ toString: 1 }], [{}]],
  [{ properties: { a: { type: 'string' } } }, [{ a: 'x', b: 1 }, {}], [{ a: 1 }]],
  [{ properties: { a: {} }, additionalProperties: false }, [{ a: 1 }], [{ b: 1 }, { toString: 1 }]],
  [{ additionalProperties: { type: 'integer' } }, [{ a: 1 }], [{ a: 'x' }]],
  [{ items: { type: 'integer' } }, [[1, 2], 'a'], [[1, 'x']]],
  [{ allOf: [{ minimum: 1 }, { maximum: 2 }] }, [1, 2], [0, 3]],
  [{ anyOf: [{ type: 'string' }, { minimum: 5 }] }, ['a', 6], [4]],
  [{ oneOf: [{ minimum: 1 }, { maximum: 5 }] }, [0, 6], [3]],
  [{ not: { type: 'string' } }, [1], ['a']],
  [{ $ref: '#/curp' }, ['ZELM850314MQTPNRZ9'], ['MOTR930411HJCRMG73', '', 5]],
  [{ $ref: '#/tree' }, [{ next: { next: {} } }], [{ next: { next: { other: 1 } } }]],
  [{ $ref: '#/tree', maxProperties: 0 }, [{}], [{ next: {} }]],
]

describe('a value against a schema', () => {
  for (const [schema, valid, invalid] of TABLE) {
    const name = JSON.stringify(schema)
    test(`${name} is enforceable`, () => expect(unsupportedIn(schema, DOCUMENT)).toBeUndefined())
    for (const value of valid)
      test(`${name} takes ${JSON.stringify(value).slice(0, 60)}`, () => expect(violationOf(schema, value, DOCUMENT, 'x')).toBeUndefined())
    for (const value of invalid)
      test(`${name} refuses ${JSON.stringify(value).slice(0, 60)}`, () => {
        const violation = violationOf(schema, value, DOCUMENT, 'x')
        expect(violation?.sentence.es).toBeTruthy()
        expect(violation?.sentence.en).toBeTruthy()
        expect(violation?.where).toMatch(/^x/)
      })
  }

  test('the CURP rule speaks before those about length', () =>
    expect(violationOf({ $ref: '#/curp' }, 'MOTR930411HJCRMG73', DOCUMENT, 'curp')).toEqual({
      where: 'curp',
      sentence: { es: 'dígito verificador: dice 3, debe ser 0', en: 'check digit: it says 3, it should be 0' },
    }))

  test('the place is named, the value never', () => {
    const schema = { properties: { a: { items: { properties: { b: { type: 'integer' } } } } } }
    const violation = violationOf(schema, { a: [{}, { b: 'secreto' }] }, {}, '')
    expect(violation?.where).toBe('a[1].b')
    expect(JSON.stringify(violation)).not.toContain('secreto')
  })

  test('a schema that turns in circles over nothing ends', () => {
    const circle = { a: { allOf: [{ $ref: '#/a' }] } }
    expect(violationOf({ $ref: '#/a' }, 1, circle, 'x')?.sentence.en).toBe('it is nested too deeply')
  })
})

describe('a schema that could not be enforced is refused when it is loaded', () => {
  for (const [schema, why] of [
    [{ patternProperties: {} }, '"patternProperties" is not supported'],
    [{ if: {} }, '"if" is not supported'],
    [{ properties: { a: { prefixItems: [] } } }, '"prefixItems" is not supported'],
    [{ anyOf: [{ contains: {} }] }, '"contains" is not supported'],
    [{ items: { $ref: '#/bad' } }, '"unevaluatedProperties" is not supported'],
    [{ pattern: '(' }, '"pattern" has a malformed rule'],
    [{ minLength: -1 }, '"minLength" has a malformed rule'],
    [{ minLength: '3' }, '"minLength" has a malformed rule'],
    [{ type: 'text' }, '"type" has a malformed rule'],
    [{ required: 'a' }, '"required" has a malformed rule'],
    [{ enum: [] }, '"enum" has a malformed rule'],
    [{ 'x-curp': 'yes' }, '"x-curp" has a malformed rule'],
    [{ items: [] }, '"items" has a malformed rule'],
    ['x', 'a schema is neither an object nor true or false'],
  ] as const)
    test(`${JSON.stringify(schema)}: ${why}`, () =>
      expect(unsupportedIn(schema as unknown as Json, { bad: { unevaluatedProperties: false } })).toContain(why))

  test('other extensions only describe', () => expect(unsupportedIn({ 'x-proposito': ['DS-01'] }, {})).toBeUndefined())
})

test('nesting is counted outside strings only', () => {
  expect(nestingOf('[{"a":["[[[\\"[["]}]')).toBe(3)
  expect(nestingOf('"x"')).toBe(0)
  expect(nestingOf('['.repeat(100_000))).toBe(100_000)
})
