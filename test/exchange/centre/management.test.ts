import { describe, expect, test } from 'vitest'
import { HOUR } from '../../../src/base/clock.ts'
import { answerManagement } from '../../../src/exchange/centre/management.ts'
import { publish } from '../../../src/exchange/centre/publication.ts'
import { approve, decline } from '../../../src/exchange/centre/requests.ts'
import { readLog } from '../../../src/exchange/register/change-log.ts'
import { base64 } from '../../../src/protocol/digests.ts'
import { formatId } from '../../../src/protocol/identifiers.ts'
import { KEYS, type RequestRecord, type ServerRecord } from '../../../src/trust/registry/records.ts'
import { issuedElsewhere } from './elsewhere.ts'
import { agency, ask, deliver, type Edits, registered, requestOf, subsystem } from './management.ts'
import { member, server, type TestCentre, testCentre } from './test-centre.ts'

const APOYOS = subsystem('DIF', 'APOYOS')
const serverIn = async (centre: TestCentre, id = server('DIF')) =>
  (await centre.store.get<ServerRecord>(KEYS.server(id)))?.value ?? undefined
const request = async (centre: TestCentre, id: number) => (await centre.store.get<RequestRecord>(KEYS.request(id)))?.value
const authCertReg = async (code = 'DIF') => ({
  type: 'authCertReg' as const,
  server: server(code),
  address: 'dif.example',
  certificate: base64((await agency(code)).tls.certificate.der),
})

describe('a node’s requests, in the stock format', () => {
  test('authCertReg at the direct door waits; approved, there is a server with its certificate and address', async () => {
    const centre = await testCentre()
    const asked = await ask(centre, await authCertReg(), {}, 'direct')
    expect([asked.code, asked.id, (await request(centre, 1))?.status]).toEqual(['done', 1, 'WAITING'])
    expect(await serverIn(centre)).toBeUndefined()
    expect((await centre.rule((work, at) => approve(work, 1, 'ana', at))).ok).toBe(true)
    expect(await serverIn(centre)).toMatchObject({ address: 'dif.example', certificates: [(await authCertReg()).certificate], clients: [] })
    expect((await ask(centre, await authCertReg(), {}, 'direct')).code).toBe('conflict')
  })
  test('who asked cannot approve; a rule can where it is set', async () => {
    const centre = await testCentre()
    await ask(centre, await authCertReg(), {}, 'direct')
    const own = await centre.rule((work, at) => approve(work, 1, formatId(server('DIF')), at))
    expect(own.ok ? '' : own.fault.path[0]).toBe('access_denied')
    const other = await testCentre()
    await other.rule(async (work) => {
      const instance = (await work.get<object>(KEYS.instance)) as never as { autoApprove: object }
      work.put(KEYS.instance, { ...instance, autoApprove: { authCertReg: true, clientReg: true, ownerChange: true } })
      return { ok: true, value: true }
    })
    await ask(other, await authCertReg(), {}, 'direct')
    expect(await request(other, 1)).toMatchObject({ status: 'APPROVED', decidedBy: 'rule autoApprove' })
    expect((await serverIn(other))?.certificates).toHaveLength(1)
  })
  test('a decline is told to whoever asked, with its reason', async () => {
    const centre = await testCentre()
    await ask(centre, await authCertReg(), {}, 'direct')
    const question = { type: 'requestStatus', server: server('DIF'), requestId: 1 } as const
    expect((await ask(centre, question, {}, 'direct')).reply).toMatchObject({ ok: true, value: { status: 'WAITING' } })
    await centre.rule((work, at) => decline(work, 1, 'ana', 'Falta el oficio <de> alta', at))
    expect((await ask(centre, question, {}, 'direct')).reply).toMatchObject({
      ok: true,
      value: { status: 'DECLINED', reason: 'Falta el oficio <de> alta' },
    })
    const others = { ...question, server: server('SEDESOQ') }
    expect((await ask(centre, others, {}, 'direct')).code).toBe('not_found')
  })
  test('clientReg, disable, enable, rename, address, maintenance, deletion: each does what it says', async () => {
    const centre = await testCentre()
    const id = await registered(centre, 'DIF')
    const clients = async () => (await serverIn(centre))?.clients
    const reg = await ask(centre, { type: 'clientReg', server: id, client: APOYOS, name: 'Apoyos' })
    expect(reg.code).toBe('done')
    await centre.rule((work, at) => approve(work, reg.id, 'ana', at))
    expect(await clients()).toEqual([{ id: APOYOS }])
    expect((await ask(centre, { type: 'clientDisable', server: id, client: APOYOS })).code).toBe('done')
    expect(await clients()).toEqual([{ id: APOYOS, disabled: true }])
    expect((await ask(centre, { type: 'clientEnable', server: id, client: APOYOS })).code).toBe('done')
    expect(await clients()).toEqual([{ id: APOYOS }])
    expect((await ask(centre, { type: 'clientRename', server: id, client: APOYOS, name: 'Apoyos sociales' })).code).toBe('done')
    expect((await centre.store.get(KEYS.subsystem(APOYOS)))?.value).toEqual({ id: APOYOS, name: 'Apoyos sociales' })
    expect((await ask(centre, { type: 'addressChange', server: id, address: 'nuevo.example' })).code).toBe('done')
    expect((await serverIn(centre))?.address).toBe('nuevo.example')
    expect((await ask(centre, { type: 'maintenanceModeEnable', server: id, message: 'A las 5' })).code).toBe('done')
    expect((await serverIn(centre))?.maintenance).toEqual({ message: 'A las 5' })
    expect((await ask(centre, { type: 'maintenanceModeDisable', server: id })).code).toBe('done')
    expect((await serverIn(centre))?.maintenance).toBeUndefined()
    expect((await ask(centre, { type: 'clientDeletion', server: id, client: APOYOS })).code).toBe('done')
    expect(await clients()).toEqual([])
    const certificate = (await authCertReg()).certificate
    expect((await ask(centre, { type: 'authCertDeletion', server: id, certificate })).code).toBe('done')
    expect((await serverIn(centre))?.certificates).toEqual([])
  })
  test('ownerChange moves the server to a member that is a client there', async () => {
    const centre = await testCentre()
    const id = await registered(centre, 'DIF', [member('SEDESOQ')])
    const { signing } = await agency('SEDESOQ')
    const asked = await ask(centre, { type: 'ownerChange', server: id, client: member('SEDESOQ') }, { signer: signing })
    expect(asked.code).toBe('done')
    await centre.rule((work, at) => approve(work, asked.id, 'ana', at))
    expect(await serverIn(centre)).toBeUndefined()
    expect(await serverIn(centre, server('SEDESOQ'))).toMatchObject({ id: server('SEDESOQ'), clients: [{ id: member('DIF') }] })
  })
  test('a deletion takes back the registration that waits for the same', async () => {
    const centre = await testCentre()
    const id = await registered(centre, 'DIF')
    const waiting = await ask(centre, { type: 'clientReg', server: id, client: APOYOS })
    expect((await ask(centre, { type: 'clientDeletion', server: id, client: APOYOS })).code).toBe('done')
    expect((await request(centre, waiting.id))?.status).toBe('REVOKED')
    expect((await centre.rule((work, at) => approve(work, waiting.id, 'ana', at))).ok).toBe(false)
  })
  test('a dry run is checked whole and leaves nothing', async () => {
    const centre = await testCentre()
    const edits: Edits = { message: (text) => text.replace('</xroad:authCert>', '</xroad:authCert><xroad:dryRun>true</xroad:dryRun>') }
    const before = await centre.registry()
    const asked = await ask(centre, await authCertReg(), edits, 'direct')
    expect([asked.code, asked.id]).toEqual(['done', 0])
    expect(await centre.registry()).toEqual(before)
    const bad = await ask(centre, await authCertReg(), { ...edits, possession: (await agency('SEDESOQ')).tls }, 'direct')
    expect(bad.code).toBe('invalid_request')
  })
})

describe('what is refused, with code and reason, in the log, and changes nothing', () => {
  const dif = { type: 'addressChange' as const, server: server('DIF'), address: 'otra.example' }
  const cases: readonly (readonly [name: string, code: string, ask: (centre: TestCentre) => Promise<{ code: string }>])[] = [
    ['a certificate for another member', 'access_denied', async (c) => ask(c, dif, { signer: (await agency('SEDESOQ')).signing })],
    [
      'a client of another member',
      'access_denied',
      (c) => ask(c, { type: 'clientReg', server: server('DIF'), client: subsystem('SEDESOQ', 'PADRON') }),
    ],
    [
      'a certificate registered with another’s signature',
      'access_denied',
      async (c) => ask(c, await authCertReg(), { signer: (await agency('SEDESOQ')).signing }, 'direct'),
    ],
    [
      'a certificate whose key the sender has not',
      'invalid_signature_value',
      async (c) => {
        const { tls, tls2 } = await agency('DIF')
        return ask(c, await authCertReg(), { possession: { ...tls2, certificate: tls.certificate } }, 'direct')
      },
    ],
    [
      'another certificate beside the message than in it',
      'invalid_request',
      async (c) => ask(c, await authCertReg(), { possession: (await agency('DIF')).tls2 }, 'direct'),
    ],
    [
      'a signing certificate to authenticate with',
      'cert_validation',
      async (c) => {
        const { signing } = await agency('DIF')
        return ask(c, { ...(await authCertReg()), certificate: base64(signing.certificate.der) }, { possession: signing }, 'direct')
      },
    ],
    ['an authentication certificate to sign with', 'cert_validation', async (c) => ask(c, dif, { signer: (await agency('DIF')).tls })],
    [
      'a message changed after it was signed',
      'invalid_signature_value',
      (c) => ask(c, dif, { after: (text) => text.replace('otra.example', 'mala.example') }),
    ],
    ['a certificate no approved authority issued', 'cert_validation', async (c) => ask(c, dif, { signer: await issuedElsewhere('DIF') })],
    ['a revoked signer', 'cert_validation', (c) => ask(c, dif, { status: 'revoked' })],
    ['a signer nobody knows', 'cert_validation', (c) => ask(c, dif, { status: 'unknown' })],
    ['an OCSP answer about another', 'cert_validation', async (c) => ask(c, dif, { ocspOf: (await agency('SEDESOQ')).signing })],
    ['an OCSP answer too old', 'cert_validation', (c) => ask(c, dif, { ocspAge: 13 * HOUR })],
    ['another service’s provider', 'invalid_request', (c) => ask(c, dif, { provider: subsystem('DIF', 'APOYOS') })],
    [
      'another instance',
      'invalid_request',
      (c) => ask(c, dif, { message: (text) => text.replaceAll('<id:xRoadInstance>LAB<', '<id:xRoadInstance>OTRA<') }),
    ],
    [
      'a sender that is not the owner',
      'invalid_request',
      (c) => ask(c, dif, { message: (text) => text.replace('<id:memberCode>DIF<', '<id:memberCode>SEDESOQ<') }),
    ],
    ['a server there is not', 'not_found', (c) => ask(c, { ...dif, server: server('DIF', 'otro') })],
    [
      'a service there is not',
      'invalid_request',
      (c) => ask(c, dif, { message: (text) => text.replaceAll('addressChange', 'addressErase') }),
    ],
    [
      'a field too many',
      'invalid_request',
      (c) => ask(c, dif, { message: (text) => text.replace('</xroad:address>', '</xroad:address><xroad:owner>yo</xroad:owner>') }),
    ],
    [
      'a field twice',
      'invalid_request',
      (c) =>
        ask(c, dif, { message: (text) => text.replace('</xroad:address>', '</xroad:address><xroad:address>x.example</xroad:address>') }),
    ],
    ['a code no code may be', 'invalid_client_identifier', (c) => ask(c, { ...dif, server: { ...server('DIF'), serverCode: 'a/b' } })],
    ['an address that is none', 'bad_request', (c) => ask(c, { ...dif, address: 'http://x/' })],
    ['an operation of the exchange at the direct door', 'invalid_request', (c) => ask(c, dif, {}, 'direct')],
    [
      'maintenance of the server that offers management',
      'conflict',
      async (c) => {
        await registered(c, 'OPERADOR')
        return ask(c, { type: 'maintenanceModeEnable', server: server('OPERADOR') })
      },
    ],
    [
      'an unsigned deletion',
      'invalid_request',
      async (c) => {
        const { body } = await requestOf(c, { type: 'clientDeletion', server: server('DIF'), client: APOYOS })
        const text = Buffer.from(body).toString('latin1')
        const soap = text.slice(text.indexOf('<?xml'), text.indexOf('</SOAP-ENV:Envelope>') + '</SOAP-ENV:Envelope>'.length)
        return deliver(c, { contentType: 'text/xml', body: Buffer.from(soap, 'latin1') })
      },
    ],
    [
      'a request cut short',
      'invalid_request',
      async (c) => {
        const { contentType, body } = await requestOf(c, dif)
        return deliver(c, { contentType, body: body.subarray(0, body.length - 40) })
      },
    ],
    ['nothing at all', 'invalid_request', (c) => deliver(c, { contentType: '', body: new Uint8Array() })],
    [
      'more than any request has',
      'invalid_request',
      (c) => deliver(c, { contentType: 'multipart/related; boundary=x', body: new Uint8Array(200_000) }),
    ],
  ]
  test.each(cases)('%s: %s', async (_, code, send) => {
    const centre = await testCentre()
    await registered(centre, 'DIF')
    const before = await centre.registry()
    const answer = await send(centre)
    expect(answer.code.replace(/^.*\./, '')).toBe(code)
    const ours = (await centre.registry()).filter(({ key }) => !before.some((each) => each.key === key) && !key.includes('OPERADOR'))
    expect(ours.filter(({ key }) => !/certificate|request/.test(key))).toEqual([])
    const lines = await readLog(centre.ports)
    expect(lines.ok && lines.value.at(-1)?.refused?.code).toBe(answer.code)
  })

  test('the same signed message a second time', async () => {
    const centre = await testCentre()
    await registered(centre, 'DIF')
    const sent = await requestOf(centre, dif)
    expect((await deliver(centre, sent)).code).toBe('done')
    await ask(centre, { ...dif, address: 'tercera.example' })
    expect((await deliver(centre, sent)).code).toBe('replayed_request')
    expect((await serverIn(centre))?.address).toBe('tercera.example')
  })
  test('everything, while the centre itself has not published for too long', async () => {
    const centre = await testCentre()
    await registered(centre, 'DIF')
    centre.wait(97 * HOUR)
    expect((await ask(centre, dif)).code).toBe('global_conf_outdated')
    await publish(centre.ports)
    expect((await ask(centre, dif)).code).toBe('done')
  })
  test('an incomplete request is answered by a fault, which stock servers take for a sign of life', async () => {
    const centre = await testCentre()
    const answer = await answerManagement({ contentType: 'text/xml', body: Buffer.from('<x/>'), door: 'direct' }, centre.ports)
    expect([answer.status, Buffer.from(answer.body).toString()]).toEqual([
      200,
      expect.stringContaining('<faultcode>invalid_request</faultcode>'),
    ])
  })
})
