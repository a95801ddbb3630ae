import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { signDigest } from '../../src/adapters/local/digest-signature.ts'
import { openKeys } from '../../src/adapters/local/keys.ts'
import { lockedFiles } from '../../src/adapters/local/locked-files.ts'
import { HOUR } from '../../src/base/clock.ts'
import { readLog } from '../../src/exchange/register/change-log.ts'
import { openDesk } from '../../src/local/centre-desk.ts'
import { loadCertificate } from '../../src/local/certificate-files.ts'
import { must } from '../../src/local/node-file.ts'
import type { Sign } from '../../src/protocol/sign.ts'
import { signatureNamed } from '../../src/protocol/signature-algorithms.ts'
import { certificateRequest } from '../../src/trust/issue.ts'
import { subjectFor } from '../../src/trust/registry/certificate-order.ts'
import { readInvitation } from '../../src/trust/registry/invitation.ts'
import { type SignedStatement, signStatement } from '../../src/trust/registry/statement.ts'
import { type Exchange, openExchange } from './exchange.ts'

const MEMBER = { instance: 'EE', memberClass: 'COM', memberCode: '444' }
const SERVER = { ...MEMBER, serverCode: 'S1' }
const BANK = { instance: 'EE', memberClass: 'COM', memberCode: '222', serverCode: 'S1' }

async function post(exchange: Exchange, path: string, body: unknown): Promise<readonly [number, string]> {
  const answer = await fetch(`${exchange.world.centre.url}/node/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const told = (await answer.json()) as { code?: string }
  return [answer.status, told.code ?? 'taken']
}

/** The last act of the centre's log. */
async function lastAct(exchange: Exchange) {
  const lines = await readLog(lockedFiles(join(exchange.folder, 'centre/published')))
  if (!lines.ok) throw new Error(lines.fault.detail)
  const line = lines.value.at(-1)
  return [line?.what, line?.refused?.code, line?.changes.length]
}

async function invited(exchange: Exchange): Promise<string> {
  const desk = openDesk(exchange.folder, 'ana', exchange.now, () => {})
  if (!desk.ok) throw new Error(desk.fault.en)
  const text = must(await desk.value.invite({ member: MEMBER, name: 'New', subsystems: [] }))
  await desk.value.close()
  return must(readInvitation(text)).secret
}

async function request(subject: Uint8Array, bits = 2048): Promise<string> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: bits })
  const sign: Sign = async (_key, algorithm, digest) => signDigest(privateKey, signatureNamed(algorithm) as never, digest)
  const wish = { use: 'signing', subject, publicKey: publicKey.export({ type: 'spki', format: 'der' }) } as const
  return Buffer.from(await certificateRequest(wish, { key: 'new', algorithm: 'rsa-sha512' }, sign)).toString('base64')
}

describe('an invitation at the centre’s door', () => {
  test('lets in once, for its own member, in time; a mistake does not use it up; every try is in the log', async () => {
    await using exchange = await openExchange()
    const secret = await invited(exchange)
    const own = { use: 'signing', request: await request(subjectFor('signing', SERVER, 'New', '')) }
    const enrol = (more: object = {}) => post(exchange, 'enrol', { secret, server: 'EE/COM/444/S1', certificates: [own], ...more })
    const foreign = { use: 'signing', request: await request(subjectFor('signing', BANK, 'Bank', '')) }
    const weak = { use: 'signing', request: await request(subjectFor('signing', SERVER, 'New', ''), 1024) }
    expect(await enrol({ certificates: [foreign] })).toEqual([400, 'access_denied'])
    expect(await lastAct(exchange)).toEqual(['enrol', 'access_denied', 0])
    expect(await enrol({ certificates: [weak] })).toEqual([400, 'weak_algorithm'])
    expect(await enrol({ certificates: [{ use: 'signing', request: 'AAAA' }] })).toEqual([400, 'bad_request'])
    expect(await enrol({ certificates: [] })).toEqual([400, 'bad_request'])
    expect(await enrol({ server: 'EE/COM/222/S1' })).toEqual([400, 'invalid_invitation'])
    expect(await enrol({ secret: 'x'.repeat(43) })).toEqual([400, 'invalid_invitation'])
    expect(await enrol()).toEqual([200, 'taken'])
    expect(await enrol()).toEqual([400, 'invalid_invitation'])
    expect(await lastAct(exchange)).toEqual(['enrol', 'invalid_invitation', 0])
    const late = await invited(exchange)
    exchange.wait(8 * 24 * HOUR)
    expect(await post(exchange, 'enrol', { secret: late, server: 'EE/COM/444/S1', certificates: [own] })).toEqual([
      400,
      'invalid_invitation',
    ])
  })
})

describe('an order of certificates by a node’s word', () => {
  test('is refused altered, replayed, too old, for another server, or by a revoked certificate; nothing changes', async () => {
    await using exchange = await openExchange()
    const folder = join(exchange.folder, 'nodes/bank')
    const keys = await openKeys(join(folder, 'keys'), 'nopal azul')
    if (!keys.ok) throw new Error(keys.fault.why)
    const certificate = loadCertificate(join(folder, 'certificates'), 'sign-EE-COM-222')
    const by = { key: 'sign-EE-COM-222', algorithm: 'rsa-sha512', certificate: certificate.der } as const
    const certificates = [{ use: 'signing', request: await request(subjectFor('signing', BANK, 'Bank', '')) }]
    const said = (server = BANK) => signStatement('order', server, { certificates }, exchange.now(), by, keys.value.sign)
    const order = (statement: SignedStatement) => post(exchange, 'certificates', statement)
    const good = await said()
    expect(await order({ ...good, text: good.text.replace('"order"', '"order" ') })).toEqual([400, 'invalid_signature_value'])
    expect(await order({ ...good, certificate: 'AAAA' })).toEqual([400, 'cert_validation'])
    expect(await order(await said({ ...BANK, memberCode: '333' }))).toEqual([400, 'access_denied'])
    expect(await order(good)).toEqual([200, 'taken'])
    expect(await order(good)).toEqual([400, 'replayed_request'])
    const old = await said()
    exchange.wait(HOUR)
    expect(await order(old)).toEqual([400, 'clock_skew'])
    expect(await lastAct(exchange)).toEqual(['order', 'clock_skew', 0])
    await exchange.world.centre.revoke(certificate.serial)
    expect(await order(await said())).toEqual([400, 'cert_validation'])
    for (const body of [[], 'x', {}, null]) expect((await post(exchange, 'certificates', body))[0]).toBe(400)
  })
})
