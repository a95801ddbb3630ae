import { createPublicKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { keepHandler, readCeremony } from '../../../functions/ca/ceremony.ts'
import { publishHandler } from '../../../functions/conf/handler.ts'
import { DAY, type Instant, later } from '../../../src/base/clock.ts'
import { readToken } from '../../../src/evidence/timestamp.ts'
import { issueToken } from '../../../src/evidence/timestamp-authority.ts'
import { readTimestampReply, timestampQuery } from '../../../src/evidence/timestamp-query.ts'
import { nodeAnchor } from '../../../src/exchange/centre/anchors.ts'
import { authoritiesNow, authorityRecords, USUAL_TERMS } from '../../../src/exchange/centre/authority-schedule.ts'
import { certificateRegister } from '../../../src/exchange/centre/certificate-register.ts'
import { issueRegistered } from '../../../src/exchange/centre/issue-certificate.ts'
import { answerAnyOcsp } from '../../../src/exchange/centre/ocsp-responder.ts'
import { ownTrust } from '../../../src/exchange/centre/own-trust.ts'
import { publishedFile } from '../../../src/exchange/centre/publication.ts'
import { readRecords } from '../../../src/exchange/centre/read-records.ts'
import { readLog } from '../../../src/exchange/register/change-log.ts'
import { sha512 } from '../../../src/protocol/digests.ts'
import type { Sign } from '../../../src/protocol/sign.ts'
import { issueCertificate } from '../../../src/trust/issue.ts'
import { writeName } from '../../../src/trust/names.ts'
import { judgeOcsp, ocspRequest } from '../../../src/trust/ocsp.ts'
import { readSignedDirectory } from '../../../src/trust/signed-directory.ts'
import { signingSubject } from '../../../src/trust/subjects.ts'
import { tsaCertificates } from '../../../src/trust/trust.ts'
import { issued, NOON, newKey, privateKeyOf, sign, spkiOf } from '../../trust/authority.ts'
import { memoryFiles, memoryStore } from './memory-store.ts'

const MANAGER = 'QRO/GOB/CENTRO/GESTION'
const ROLES = ['ca', 'ocsp', 'tsa', 'configuration'] as const
for (const role of ROLES) newKey(`cloud-${role}`, 'rsa-sha512')
newKey('cloud-member', 'rsa-sha512')

/** A centre as the cloud has it: four keys that never change, each with one door that may sign with it. */
async function cloudCentre() {
  const clock = { now: NOON as Instant }
  const files = memoryFiles()
  const store = memoryStore()
  let serial = 1000n
  const roleOf = (name: string) => name.split('.')[0] ?? ''
  const signerOf =
    (...roles: readonly string[]): Sign =>
    (name, algorithm, digest) => {
      if (!roles.includes(roleOf(name))) throw new Error(`this door has no key of ${name}`)
      return sign(`cloud-${roleOf(name)}`, algorithm, digest)
    }
  const makeKey = async (name: string) => createPublicKey(privateKeyOf(`cloud-${roleOf(name)}`)).export({ type: 'spki', format: 'der' })
  const common = { ...files, store, now: () => clock.now, log: () => {}, newSerial: () => ++serial, makeKey, terms: USUAL_TERMS }
  const place = { instance: 'QRO', url: 'https://centro.example' }
  const ca = keepHandler({ ...common, ...place, sign: signerOf('ca') })
  const conf = publishHandler({ ...common, ...place, sign: signerOf('configuration') })
  const root = await issued('cloud-root', { use: 'root', subject: [['CN', 'Raíz']], notAfter: later(NOON, 9000 * DAY) })
  const byTheRoot = async (name: string, key = 'cloud-ca') => {
    const publicKey = spkiOf(privateKeyOf(key))
    const period = { notBefore: later(NOON, -DAY), notAfter: later(NOON, 3650 * DAY) }
    const order = { use: 'issuing', serial: ++serial, subject: writeName([['CN', name]]), publicKey, ...period } as const
    return Buffer.from(await issueCertificate(order, root, sign)).toString('base64')
  }
  const ceremony = async (more: object = {}) => {
    const { configuration } = (await conf({ ceremony: {} })) as { configuration: string }
    return { manager: MANAGER, authorities: [await byTheRoot('Autoridad 1'), await byTheRoot('Autoridad 2')], configuration, ...more }
  }
  return { clock, store, files, ports: common, signerOf, ca, conf, ceremony, byTheRoot }
}

describe('the ceremony of a centre in the cloud', () => {
  test('sets it up once, in the log, with the certificates of its four keys; again it does nothing', async () => {
    const { ca, conf, ceremony, store, ports } = await cloudCentre()
    expect(await ca({ ceremony: await ceremony() })).toEqual({ ceremony: 'held' })
    expect((await authorityRecords(store)).map(({ key, state }) => `${key} ${state}`).toSorted()).toEqual([
      'ca working',
      'ca.2 prepared',
      'configuration working',
      'ocsp working',
      'tsa working',
    ])
    expect(await conf({})).toEqual({ serial: 1 })
    expect(await ca({ ceremony: await ceremony() })).toEqual({ ceremony: 'already' })
    const lines = await readLog(ports)
    expect(lines.ok && lines.value.map(({ what, who }) => [what, who.id])).toEqual([['setUp', 'ceremony']])
  })

  test.each([
    [
      'an authority of another key',
      async ({ byTheRoot }: Centre) => ({ authorities: [await byTheRoot('Otra', 'cloud-tsa')] }),
      /another key/,
    ],
    ['no authority', async () => ({ authorities: [] }), /no certificate/],
    ['what is no certificate', async () => ({ authorities: ['AAAA'] }), /incorrect_certificate/],
    ['a configuration that is no certificate', async () => ({ configuration: 'AAAA' }), /incorrect_certificate/],
    ['a manager of another instance', async () => ({ manager: 'OTRO/GOB/X/Y' }), /bad_request/],
    ['a manager that is no subsystem', async () => ({ manager: 'QRO/GOB/X' }), /bad_request/],
    ['a manager that is none', async () => ({ manager: 'nadie' }), /bad_request/],
  ] as const)('%s is refused, and nothing is set up', async (_what, wrong, why) => {
    const centre = await cloudCentre()
    await expect(centre.ca({ ceremony: { ...(await centre.ceremony()), ...(await wrong(centre)) } })).rejects.toThrow(why)
    expect(await readRecords(centre.store)).toBeUndefined()
  })

  test.each([[null], [{}], [{ manager: MANAGER }], [{ prepare: [1] }], ['held']])('%j is no ceremony, and says what one has', (given) => {
    expect(() => readCeremony(given)).toThrow('the ceremony lacks')
  })

  test('held again after the keys were lost: the register stays, the old authority stays known, and whoever signs is new', async () => {
    const centre = await cloudCentre()
    await centre.ca({ ceremony: await centre.ceremony() })
    newKey('cloud-configuration', 'rsa-sha512')
    expect(await centre.ca({ ceremony: await centre.ceremony({ again: true }) })).toEqual({ ceremony: 'held' })
    const records = await authorityRecords(centre.store)
    expect(records.filter(({ role, state }) => role === 'ca' && state === 'leaving')).toHaveLength(1)
    expect((await readRecords(centre.store))?.signingKeys).toHaveLength(1)
  })
})
type Centre = Awaited<ReturnType<typeof cloudCentre>>

describe('six years of a centre whose keys stay in the key service', () => {
  test('certificates succeed each other over the same keys; configuration, stamps and OCSP answers hold on every day', async () => {
    const { ca, conf, ceremony, clock, store, ports, signerOf, byTheRoot } = await cloudCentre()
    await ca({ ceremony: await ceremony() })
    await conf({})
    const register = certificateRegister(store)
    const publicKey = spkiOf(privateKeyOf('cloud-member'))
    const subject = signingSubject('Basic', { instance: 'QRO', memberClass: 'GOB', memberCode: 'DIF' }, 'DIF')
    const issue = async () => {
      const { ca } = await authoritiesNow(store)
      const wish = { use: 'signing', subject, publicKey, life: 3000 * DAY } as const
      return issueRegistered(wish, { ...ports, ca, sign: signerOf('ca'), register, ocspUrl: 'https://centro.example/ocsp' })
    }
    const first = await issue()
    const trustNow = async () => {
      const trust = await ownTrust(ports)()
      if (!trust.ok) throw new Error(trust.fault.detail)
      return trust.value.trust
    }
    const rolled: string[] = []
    for (let day = 0; day < 6 * 365; day += 5) {
      clock.now = later(clock.now, 5 * DAY)
      if (day === 1000) await ca({ ceremony: { prepare: [await byTheRoot('Autoridad 3')] } })
      const { done } = (await ca({})) as { done: readonly string[] }
      rolled.push(...done)
      await conf({})
      if (day % 60 !== 0 && done.length === 0) continue
      const records = await readRecords(store)
      if (!records) throw new Error('no records')
      const anchored = nodeAnchor(records.instance, records.signingKeys).sources.flatMap(({ certificates }) => certificates)
      const directory = await publishedFile('/internalconf', '6', ports)
      expect(readSignedDirectory(directory ?? new Uint8Array(), anchored, clock.now), `day ${day}`).toMatchObject({ ok: true })
      const { tsa, responders } = await authoritiesNow(store)
      const digest = sha512(Buffer.from(String(day)))
      const stamped = await issueToken(
        timestampQuery(digest),
        { ...tsa, serial: BigInt(day + 1), at: clock.now, policy: '1.2.3' },
        signerOf('tsa'),
      )
      const reply = readTimestampReply(stamped, digest)
      expect(reply.ok && readToken(reply.value).ok).toBe(true)
      const trust = await trustNow()
      expect(tsaCertificates(trust).some(({ der }) => Buffer.compare(der, tsa.certificate.der) === 0)).toBe(true)
      for (const certificate of [first, await issue()]) {
        const pair = responders.find((each) => Buffer.compare(each.ca.certificate.subject.der, certificate.issuer.der) === 0)
        if (!pair) throw new Error(`day ${day}: nobody answers for ${certificate.serial}`)
        const question = ocspRequest(certificate, pair.ca.certificate)
        const answer = await answerAnyOcsp(question, responders, { sign: signerOf('ocsp'), register, now: ports.now, freshness: DAY / 2 })
        expect(judgeOcsp([answer], certificate, trust, clock.now), `day ${day}`).toMatchObject({ ok: true })
      }
    }
    console.log(`six years: ${rolled.length} steps of roll-over, ${rolled.filter((each) => each.endsWith('works')).join(', ')}`)
    expect(rolled.filter((each) => /^tsa\.\d works/.test(each)).length).toBeGreaterThanOrEqual(5)
    expect(rolled.filter((each) => /^ca\.\d works/.test(each)).length).toBeGreaterThanOrEqual(2)
    expect((await authorityRecords(store)).filter(({ role }) => role === 'configuration').length).toBeGreaterThanOrEqual(3)
  }, 120_000)
})
