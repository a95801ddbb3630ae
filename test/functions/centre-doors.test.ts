import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { caHandler } from '../../functions/ca/handler.ts'
import { confHandler, publishHandler } from '../../functions/conf/handler.ts'
import { ocspHandler } from '../../functions/ocsp/handler.ts'
import { tsaHandler } from '../../functions/tsa/handler.ts'
import { readToken } from '../../src/evidence/timestamp.ts'
import { readTimestampReply, timestampQuery } from '../../src/evidence/timestamp-query.ts'
import { USUAL_TERMS } from '../../src/exchange/centre/authority-schedule.ts'
import { certificateRegister } from '../../src/exchange/centre/certificate-register.ts'
import { addMember } from '../../src/exchange/centre/members.ts'
import { publishedNow } from '../../src/exchange/centre/publication.ts'
import { base64, sha512 } from '../../src/protocol/digests.ts'
import { ocspRequest, readOcspResponse } from '../../src/trust/ocsp.ts'
import type { AuthorityRecord } from '../../src/trust/registry/records.ts'
import { KEYS } from '../../src/trust/registry/records.ts'
import { readManagementReply } from '../../src/trust/registry/write-request.ts'
import { readSignedDirectory } from '../../src/trust/signed-directory.ts'
import { agency, requestOf } from '../exchange/centre/management.ts'
import { centreCast, member, server, type TestCentre, testCentre } from '../exchange/centre/test-centre.ts'
import { issued, sign } from '../trust/authority.ts'

const event = (method: string, path: string, body: Uint8Array = new Uint8Array(), type = ''): never => {
  const [rawPath = '', rawQueryString = ''] = path.split('?')
  const headers = type === '' ? {} : { 'content-type': type }
  return {
    version: '2.0',
    rawPath,
    rawQueryString,
    headers,
    body: Buffer.from(body).toString('base64'),
    isBase64Encoded: true,
    requestContext: { http: { method } },
  } as never
}
const read = (result: unknown) => {
  const { statusCode, body, headers } = result as { statusCode: number; body: string; headers: Record<string, string> }
  return { status: statusCode, body: new Uint8Array(Buffer.from(body, 'base64')), type: headers['Content-Type'] }
}
/** The centre's working authorities in its registry, as a ceremony leaves them. */
async function withAuthorities(): Promise<TestCentre> {
  const centre = await testCentre()
  const { ca, tsa } = await centreCast()
  const responder = await issued('centre-ocsp', { use: 'ocsp', subject: [['CN', 'OCSP LAB']] }, ca)
  const record = (role: AuthorityRecord['role'], { key, algorithm, certificate }: typeof ca): AuthorityRecord => ({
    role,
    number: 1,
    key,
    algorithm,
    certificate: base64(certificate.der),
    state: 'working',
    since: centre.clock.now,
    ...(role === 'ocsp' ? { ca: ca.key } : {}),
  })
  await centre.rule(async (work) => {
    for (const each of [record('ca', ca), record('tsa', tsa), record('ocsp', responder)]) work.put(KEYS.authority(each.key), each)
    return { ok: true, value: true }
  })
  return centre
}

describe('the centre’s doors', () => {
  test('ocsp: what is in the register is good, anything else unknown; no other media type is read', async () => {
    const centre = await withAuthorities()
    const { ca } = await centreCast()
    const door = ocspHandler({ store: centre.store, sign, now: centre.ports.now })
    const { signing, tls } = await agency('DIF')
    await certificateRegister(centre.store).add({
      serial: signing.certificate.serial,
      use: 'signing',
      der: signing.certificate.der,
      at: centre.clock.now,
    })
    const statusOf = async (certificate: typeof tls.certificate) => {
      const answer = read(await door(event('POST', '/ocsp', ocspRequest(certificate, ca.certificate), 'application/ocsp-request')))
      const response = readOcspResponse(answer.body)
      return [answer.status, answer.type, response.ok && response.value.singles[0].status]
    }
    expect(await statusOf(signing.certificate)).toEqual([200, 'application/ocsp-response', 'good'])
    expect(await statusOf(tls.certificate)).toEqual([200, 'application/ocsp-response', 'unknown'])
    expect(read(await door(event('POST', '/ocsp', Buffer.from('x'), 'text/plain'))).status).toBe(415)
    expect(read(await door(event('POST', '/ocsp', Buffer.alloc(20_000), 'application/ocsp-request'))).status).toBe(413)
  })
  test('tsa: a token over the digest, at the centre’s time', async () => {
    const centre = await withAuthorities()
    const door = tsaHandler({ store: centre.store, sign, now: centre.ports.now, newSerial: () => 77n, policy: '1.2.3.4' })
    const digest = sha512(Buffer.from('x'))
    const answer = read(await door(event('POST', '/tsa', timestampQuery(digest), 'application/timestamp-query')))
    const reply = readTimestampReply(answer.body, digest)
    const token = reply.ok ? readToken(reply.value) : reply
    expect(token.ok && token.value.tstInfo.genTime).toBe(centre.clock.now)
  })
  test('conf: the schedule publishes, everybody reads; what there is not is 404', async () => {
    const centre = await testCentre()
    const door = confHandler(centre.ports, '/conf')
    const none = async () => Promise.reject(new Error('no new key is due'))
    const schedule = publishHandler({ ...centre.ports, instance: 'LAB', makeKey: none, newSerial: () => 1n, terms: USUAL_TERMS })
    expect(await schedule({})).toEqual({ serial: 1 })
    const answer = read(await door(event('GET', '/conf/internalconf?version=6')))
    expect(readSignedDirectory(answer.body, [(await centreCast()).conf.certificate.der], centre.clock.now).ok).toBe(true)
    for (const [method, path] of [
      ['GET', '/conf/internalconf?version=7'],
      ['GET', '/conf/../audit'],
      ['GET', '/internalconf'],
      ['POST', '/conf/internalconf'],
      ['GET', '/conf/audit/000000000001.json'],
    ] as const)
      expect([path, read(await door(event(method, path))).status]).toEqual([path, 404])
  })
  test('conf: what a person did is answered at once; when it cannot be signed, what there is', async () => {
    const centre = await testCentre()
    const state = { keyIsOut: false }
    const door = confHandler(
      { ...centre.ports, sign: (...asked) => (state.keyIsOut ? Promise.reject(new Error('out')) : sign(...asked)) },
      '',
    )
    const serialNow = async () => {
      const answer = read(await door(event('GET', '/internalconf?version=6')))
      expect(answer.status).toBe(200)
      return (await publishedNow(centre.store))?.serial
    }
    const join = (code: string) => centre.rule((work) => addMember(work, { id: member(code), name: code }))
    await join('SALUD')
    expect(await serialNow()).toBe(2)
    await join('TURISMO')
    state.keyIsOut = true
    expect(await serialNow()).toBe(2)
    expect(centre.log.filter(({ event: told }) => told === 'not_published')).toHaveLength(1)
  })
  test('ca: a stock server’s registration at the direct door; doors there are not', async () => {
    const centre = await testCentre()
    const register = certificateRegister(centre.store)
    const door = caHandler({
      ...centre.ports,
      register,
      issue: async () => Promise.reject(new Error('not asked')),
      anchor: async () => ({ instance: 'LAB', sources: [] }),
      newId: randomUUID,
    })
    const { contentType, body } = await requestOf(centre, {
      type: 'authCertReg',
      server: server('DIF'),
      certificate: base64((await agency('DIF')).tls.certificate.der),
      address: 'dif.example',
    })
    const answer = read(await door(event('POST', '/managementservice/', body, contentType)))
    expect(readManagementReply(answer.body)).toMatchObject({ ok: true, value: { requestId: 1 } })
    expect(read(await door(event('GET', '/nada'))).status).toBe(404)
    for (const path of ['/managementservice', '/node/enrol'])
      expect(read(await door(event('POST', path, Buffer.alloc(100_001), 'application/json'))).status).toBe(413)
  })
})
