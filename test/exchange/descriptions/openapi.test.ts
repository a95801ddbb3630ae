import { describe, expect, test } from 'vitest'
import { readOpenApiDescription } from '../../../src/exchange/descriptions/openapi-description.ts'
import { withoutAuthorities } from '../../../src/exchange/descriptions/openapi-servers.ts'

const read = async (text: string | Uint8Array) => {
  const outcome = await readOpenApiDescription(typeof text === 'string' ? Buffer.from(text) : text)
  return outcome.ok ? outcome.value : outcome.fault.detail
}
const head = 'openapi: 3.0.3\ninfo: {title: t, version: "1"}\n'
const paths = (body: string) => `${head}servers: [{url: https://padron.example/api}]\npaths:\n${body}`
const get = '    get: {responses: {}}\n'

describe('an OpenAPI document', () => {
  test('gives its address and an endpoint for each operation, a parameter as a star', async () =>
    expect(
      await read(
        paths(
          '  /personas/{curp}/apoyos:\n    parameters: [{name: curp, in: path, required: true, schema: {}}]\n    get: {responses: {}}\n    delete: {responses: {}}\n  /a*b: {post: {responses: {}}}\n  x-otro: 1\n',
        ),
      ),
    ).toEqual({
      version: '3.0.3',
      url: 'https://padron.example/api',
      endpoints: [
        { method: 'GET', path: '/personas/*/apoyos' },
        { method: 'DELETE', path: '/personas/*/apoyos' },
        { method: 'POST', path: '/a\\*b' },
      ],
      warnings: [],
    }))
  test('may be JSON', async () =>
    expect(await read(JSON.stringify({ openapi: '3.1.0', info: {}, paths: { '/a': { get: {} } } }))).toMatchObject({
      url: '',
      endpoints: [{ method: 'GET', path: '/a' }],
    }))
  test('may refer within itself, by path items too', async () =>
    expect(
      await read(paths("  /a: {$ref: '#/components/pathItems/A'}\ncomponents: {pathItems: {A: {get: {responses: {}}}}}\n")),
    ).toMatchObject({
      endpoints: [{ method: 'GET', path: '/a' }],
    }))
  test('warns of a path parameter and of a server variable that nobody declares', async () =>
    expect(await read(`${head}servers: [{url: 'https://{host}/api'}]\npaths:\n  /a/{b}:\n${get}`)).toMatchObject({
      warnings: ['the server URL has the variable "host", which is not defined', 'GET /a/{b}: the path parameter "b" is not declared'],
    }))
})

describe('refused, with what stands in the way', () => {
  const rows: readonly (readonly [what: string, text: string | Uint8Array, why: RegExp])[] = [
    ['version 2', 'swagger: "2.0"\npaths: {}', /Swagger/],
    ['version 3.1.1', 'openapi: 3.1.1\npaths: {}', /"3\.1\.1" is not supported/],
    ['version 4', 'openapi: 4.0.0\npaths: {}', /not supported/],
    ['no version', 'paths: {}', /version ""/],
    ['a number for a version', 'openapi: 3.0\npaths: {}', /version ""/],
    ['no paths', head, /no paths/],
    ['a path without a slash', paths(`  a:\n${get}`), /path "a" is malformed/],
    ['a broken template', paths(`  /a/{b:\n${get}`), /malformed/],
    ['two templates that mean the same', paths(`  /a/{b}:\n${get}  /a/{c}:\n${get}`), /GET \/a\/\* is described twice/],
    ['a key given twice', paths(`  /a:\n${get}${get}`), /the key "get" is given twice/],
    ['an alias of nothing', paths('  /a: *a\n'), /alias "a" has no anchor/],
    ['an alias before its anchor', 'a: *a\nb: &a 1\n', /has no anchor before it/],
    ['a key given twice in JSON', '{"openapi":"3.0.0","paths":{},"paths":{}}', /the key "paths" is given twice/],
    ['a reference to a file', paths("  /a: {$ref: 'otro.yaml#/a'}\n"), /"otro\.yaml#\/a" points outside/],
    ['a reference to a server', paths("  /a: {$ref: 'http://169.254.169.254/'}\n"), /points outside/],
    ['a reference that leads nowhere', paths("  /a: {$ref: '#/b'}\n"), /leads nowhere/],
    ['references in a circle', paths("  /a: {$ref: '#/paths/~1b'}\n  /b: {$ref: '#/paths/~1a'}\n"), /leads nowhere/],
    ['a list', '- a', /not an object/],
    ['nothing', '', /not an object/],
    ['what is no YAML', '{', /OpenAPI: /],
    ['two documents', `${head}---\n${head}`, /multiple documents|OpenAPI: /i],
    ['what is not in UTF-8', Buffer.from([0x61, 0x3a, 0x20, 0xff]), /not in UTF-8/],
    [
      'aliases that multiply',
      `a: &a [1,1,1,1,1,1,1,1,1]\n${'bcdefgh'
        .split('')
        .map((name, index) => `${name}: &${name} [${`*${'abcdefgh'[index]},`.repeat(9)}]`)
        .join('\n')}`,
      /aliases multiply/,
    ],
    ['a tree of the parser in its own', paths('  /a: !!set {a}\n'), /OpenAPI: /],
    ['what is nested too deeply', '['.repeat(100_000), /OpenAPI: /],
    ['what is nested too deeply in blocks', '- '.repeat(50_000), /OpenAPI: /],
    ['what is too large', ' '.repeat(2 * 1024 * 1024 + 1), /larger than/],
    ['what has too many tokens', ']'.repeat(400_000), /more than 300000 tokens/],
  ]
  test.each(rows)('%s', async (_, text, why) => expect(await read(text)).toMatch(why))
  test('within seconds, however it is made', async () => {
    const hostile = [
      '- '.repeat(500_000),
      '{a: '.repeat(100_000),
      'a: b: c\n'.repeat(40_000),
      '}\n'.repeat(140_000),
      '%x\n'.repeat(100_000),
    ]
    for (const text of hostile) {
      const before = process.cpuUsage().user
      expect(await read(text)).toMatch(/OpenAPI: /)
      expect((process.cpuUsage().user - before) / 1e6).toBeLessThan(20)
    }
  }, 400_000)
})

describe('an OpenAPI document for others', () => {
  const hide = async (text: string, form: 'json' | 'yaml' = 'yaml') => {
    const outcome = await withoutAuthorities(Buffer.from(text), form)
    return outcome.ok ? Buffer.from(outcome.value).toString() : outcome.fault.detail
  }
  const rows: readonly (readonly [written: string, seen: string])[] = [
    ['http://10.0.0.1:8080/v1/cats', '/v1/cats'],
    ['https://padron.interno', ''],
    ['https://padron.interno/', '/'],
    ['https://{host}:{port}/api/{version}', '/api/{version}'],
    ['{scheme}://{host}/api/{version}', '/api/{version}'],
    ['//padron.interno/api', '/api'],
    ['https://user:secret@padron.interno/api?x=1', '/api?x=1'],
    ['padron.interno:8080/api', '/api'],
    ['HTTPS://PADRON/a//b', '/a//b'],
    ['/api/{version}', '/api/{version}'],
    ['{base}/api', '{base}/api'],
    ['api', 'api'],
    ['', ''],
  ]
  test.each(rows)('has %s as "%s"', async (written, seen) => {
    expect(await hide(`openapi: 3.0.0\nservers:\n  - url: ${JSON.stringify(written)} # here\n`)).toBe(
      `openapi: 3.0.0\nservers:\n  - url: ${JSON.stringify(seen)} # here\n`,
    )
    const json = (url: string) => `{"openapi":"3.0.0",\t"servers" : [ {"url":${JSON.stringify(url)}} ] }\n`
    expect(await hide(json(written), 'json')).toBe(json(seen))
  })
  test('keeps all else, character by character, and hides servers of paths and operations too', async () => {
    const text = (a: string, b: string, c: string) =>
      `# dueño: padrón\nopenapi: "3.1.0"\nservers: # los nuestros\n- {url: ${a}, description: 'producción'}\npaths:\n  /a:\n    servers:\n    - url: ${b}\n    get:\n      servers: [{url: ${c}}]\n      x: |\n        servers: [{url: http://docs.example/a}]\n      responses:\n        '200':\n          content: {a/b: {example: {servers: [{url: 'http://example.com/b'}]}}}\n`
    expect(await hide(text('http://10.0.0.1/v1', "'http://10.0.0.2/v2'", '"http://10.0.0.3/v3"'))).toBe(text('"/v1"', '"/v2"', '"/v3"'))
  })
  test('sees through block scalars, anchors and aliases', async () => {
    expect(await hide('openapi: 3.0.0\nservers:\n- url: >-\n    http://10.0.0.1/v1\n- url: |\n    http://10.0.0.2/v2\nx: 1\n')).toBe(
      'openapi: 3.0.0\nservers:\n- url: "/v1"\n- url: "/v2"\nx: 1\n',
    )
    expect(await hide('openapi: 3.0.0\nservers:\n- &s\n  url: &u http://10.0.0.1/v1\n- *s\n- url: *u\n')).toBe(
      'openapi: 3.0.0\nservers:\n- &s\n  url: &u "/v1"\n- *s\n- url: "/v1"\n',
    )
    expect(await hide('x-s: &s [{url: http://10.0.0.1/v1}]\nopenapi: 3.0.0\nservers: *s\n')).toBe(
      'x-s: &s [{url: "/v1"}]\nopenapi: 3.0.0\nservers: *s\n',
    )
  })
  test.each([
    ['version 2', 'swagger: "2.0"\n', 'yaml', /not of version 3/],
    ['what is no YAML', '{', 'yaml', /OpenAPI: /],
    ['YAML that calls itself JSON', 'openapi: 3.0.0\n', 'json', /not JSON/],
    ['a servers key given twice', 'openapi: 3.0.0\nservers: []\nservers: [{url: http://a/}]\n', 'yaml', /given twice/],
    ['too many aliases', `openapi: 3.0.0\nx: &u http://a/\nservers:\n${'- url: *u\n'.repeat(101)}`, 'yaml', /more than 100 aliases/],
  ] as const)('is refused: %s', async (_, text, form, why) => expect(await hide(text, form)).toMatch(why))
})
