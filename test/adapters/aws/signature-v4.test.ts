import { describe, expect, test } from 'vitest'
import { encodePath, signedHeaders, writeQuery } from '../../../src/adapters/aws/signature-v4.ts'
import { instant } from '../../../src/base/clock.ts'

// The worked examples of Amazon's own page, "Signature calculations for the Authorization header", with its made-up keys.
const WHO = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }
const AT = instant(Date.UTC(2013, 4, 24))
const HOST = { host: 'examplebucket.s3.amazonaws.com' }
const signature = (method: string, path: string, query: Record<string, string>, headers: Record<string, string>, body = '') => {
  const unsigned = { method, path: encodePath(path), query: writeQuery(query), headers: { ...HOST, ...headers }, body: Buffer.from(body) }
  return /Signature=(.*)$/.exec(signedHeaders(unsigned, { service: 's3', region: 'us-east-1' }, WHO, AT).authorization ?? '')?.[1]
}

describe('a signature of version 4', () => {
  test('is that of the published examples', () => {
    expect(signature('GET', '/test.txt', {}, { range: 'bytes=0-9' })).toBe(
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    )
    const put = { date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' }
    expect(signature('PUT', '/test$file.text', {}, put, 'Welcome to Amazon S3.')).toBe(
      '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    )
    expect(signature('GET', '/', { lifecycle: '' }, {})).toBe('fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543')
    expect(signature('GET', '/', { prefix: 'J', 'max-keys': '2' }, {})).toBe(
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    )
  })

  test('covers a session token, and encodes everything but unreserved characters', () => {
    const unsigned = { method: 'GET', path: '/', query: '', headers: HOST, body: Buffer.alloc(0) }
    const headers = signedHeaders(unsigned, { service: 's3', region: 'x' }, { ...WHO, sessionToken: 'de paso' }, AT)
    expect(headers['x-amz-security-token']).toBe('de paso')
    expect(headers.authorization).toContain('SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,')
    expect(encodePath("a b/ñ%+~!'()*_-.")).toBe('a%20b/%C3%B1%25%2B~%21%27%28%29%2A_-.')
    expect(writeQuery({ b: '=&', a: ' ' })).toBe('a=%20&b=%3D%26')
  })
})
