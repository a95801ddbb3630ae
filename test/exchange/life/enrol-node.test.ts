import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { enrolHandler, readInvitation } from '../../../functions/enrol/handler.ts'
import { DAY, later, MINUTE } from '../../../src/base/clock.ts'
import { ok } from '../../../src/base/result.ts'
import { ownAnchor } from '../../../src/exchange/centre/anchors.ts'
import { certificateRegister } from '../../../src/exchange/centre/certificate-register.ts'
import { invite } from '../../../src/exchange/centre/invitations.ts'
import { issueRegistered } from '../../../src/exchange/centre/issue-certificate.ts'
import { answerNode } from '../../../src/exchange/centre/node-door.ts'
import { answerOcsp } from '../../../src/exchange/centre/ocsp-responder.ts'
import { publish } from '../../../src/exchange/centre/publication.ts'
import { readRecords } from '../../../src/exchange/centre/read-records.ts'
import { putCa } from '../../../src/exchange/centre/trust-services.ts'
import { EDGE_CERTIFICATES } from '../../../src/exchange/edge/reconcile.ts'
import type { NewKey } from '../../../src/exchange/life/enrol-node.ts'
import { OWED, type Owed, owedAnswerKey, owedPayer } from '../../../src/exchange/life/owed.ts'
import { newMemory } from '../../../src/exchange/memory.ts'
import type { FetchUrl, TrustInForce } from '../../../src/exchange/ports.ts'
import { NODE, readStoredNode } from '../../../src/exchange/stored-node.ts'
import { anchorFingerprint, writeAnchor } from '../../../src/trust/anchor.ts'
import { profileClass } from '../../../src/trust/profiles.ts'
import { type ApprovedCaRecord, KEYS } from '../../../src/trust/registry/records.ts'
import { issued, newKey, sign, spkiOf } from '../../trust/authority.ts'
import { memoryStore } from '../centre/memory-store.ts'
import { centreCast, member, testCentre } from '../centre/test-centre.ts'

const SIGNING = 'enrol-signing'
const signingPublic = spkiOf(newKey(SIGNING, 'rsa-sha512'))
const anotherPublic = spkiOf(newKey('enrol-another', 'rsa-sha512'))

/** A centre behind plain HTTP, a node that is not in yet, and an invitation. */
async function outside() {
  const centre = await testCentre()
  const { ca } = await centreCast()
  const responder = await issued('enrol-ocsp', { use: 'ocsp', subject: [['CN', 'OCSP LAB']] }, ca)
  const register = certificateRegister(centre.store)
  const now = () => centre.clock.now
  const newSerial = () => BigInt(`0x1${randomUUID().replaceAll('-', '').slice(1)}`)
  const issue = (wish: Parameters<typeof issueRegistered>[0]) =>
    issueRegistered(wish, { ca, sign, register, ocspUrl: 'http://ca.example/ocsp', now, newSerial })
  const records = await readRecords(centre.store)
  if (!records) throw new Error('no centre')
  const anchor = ownAnchor(records.instance, records.signingKeys, 'internal', now())
  const door = { ...centre.ports, issue, register, anchor: async () => anchor }
  const fetchUrl: FetchUrl = async (url, post) => {
    const { pathname, searchParams: query, hostname } = new URL(url)
    const body = post?.body ?? new Uint8Array()
    if (hostname === 'ca.example') {
      const answer = await answerOcsp(body, { ca, responder, sign, register, now, freshness: 12 * 60 * MINUTE })
      return ok({ status: 200, reason: 'OK', headers: [], body: answer })
    }
    const call = { method: post ? 'POST' : 'GET', path: pathname, query, contentType: post?.type ?? '', body }
    const answer = await answerNode(call, door)
    return ok({ status: answer.status, reason: '', headers: [], body: answer.body })
  }
  const listed = (await centre.store.get<ApprovedCaRecord>(KEYS.ca('CA LAB')))?.value
  if (!listed) throw new Error('no authority')
  await centre.rule((work) => putCa(work, { ...listed, profile: profileClass('Basic') }))
  await publish(centre.ports)
  const secret = randomUUID()
  await centre.rule((work, at) => invite(work, { id: 'i1', secret, member: member('DIF'), expires: later(at, DAY), askedBy: 'ana' }))
  const store = memoryStore()
  const keys: string[] = []
  const makeKey = async (): Promise<NewKey> => {
    const name = `enrol-tls-${randomUUID()}`
    keys.push(name)
    const publicKey = spkiOf(newKey(name, 'rsa-sha512'))
    return { publicKey, sign: (_, algorithm, digest) => sign(name, algorithm, digest), install: async () => `arn:${keys.length}` }
  }
  const publics = { issued: true, proofs: [] as string[] }
  const ports = {
    store,
    fetchUrl,
    newId: randomUUID,
    log: () => {},
    now,
    wait: async (ms: number) => centre.wait(ms),
    hosts: { provider: 'dif.example', consumer: 'c.dif.example' },
    signingKey: { key: SIGNING, publicKey: async () => signingPublic },
    makeKey,
    requestPublic: async (name: string) => `arn:public:${name}`,
    describePublic: async (arn: string) =>
      publics.issued ? { status: 'ISSUED' } : { status: 'PENDING_VALIDATION', proof: { name: `_x.${arn}`, value: 'y' } },
    prove: async (_zone: string, { name }: { name: string }) => void publics.proofs.push(name),
  }
  const fingerprint = anchorFingerprint(writeAnchor(anchor))
  const invitation = { centre: 'http://centro.example', secret, server: 'LAB/GOB/DIF/nodo', fingerprint, zone: 'Z0', systems: [] }
  const node = async () => {
    const read = readStoredNode(await store.query(NODE))
    if (!read.ok) throw new Error(read.fault.detail)
    return read.value
  }
  const owed = async () => (await store.query<Owed>(OWED)).map(({ value }) => value)
  const pay = async (given = owed) => {
    const trust = await centre.ports.currentTrust()
    const current = async () => trust as typeof trust & { value: TrustInForce }
    const configuration = async () => (await node()).configuration
    await owedPayer({ ...ports, sign, memory: newMemory(), owed: given, configuration, trust: current })()
  }
  const requests = async () => (await centre.store.query<{ type: string; status: string }>('registry/request/')).map(({ value }) => value)
  return { centre, store, ports, invitation, publics, node, owed, pay, requests, keys, run: enrolHandler(ports) }
}

describe('the enrolment of a node whose signing key it may not use', () => {
  test('brings it in with one invitation; called again it does nothing', async () => {
    const { run, invitation, node, keys, store } = await outside()
    expect(await run({ invitation })).toEqual({ node: 'enrolled', edge: 'ready' })
    const { configuration } = await node()
    expect(configuration.clients).toMatchObject([{ id: member('DIF'), signing: { key: SIGNING, algorithm: 'rsa-sha512' } }])
    expect((await store.get(EDGE_CERTIFICATES))?.value).toEqual({
      provider: { certificate: 'arn:1', ownership: 'arn:public:dif.example' },
      consumer: { certificate: 'arn:public:c.dif.example' },
    })
    expect(await run({ invitation })).toEqual({ node: 'already', edge: 'ready' })
    expect(keys).toHaveLength(1)
  })

  test('publishes nothing of it until its signing key has spoken; then the registration waits for approval as any other', async () => {
    const { run, invitation, requests, pay, owed, store } = await outside()
    await run({ invitation })
    expect(await requests()).toEqual([])
    await pay()
    expect(await requests()).toMatchObject([{ type: 'authCertReg', status: 'WAITING', address: 'dif.example:443' }])
    const [first] = await owed()
    expect((await store.get(owedAnswerKey(first?.messageId ?? '')))?.value).toMatchObject({ requestId: expect.any(Number) })
  })

  test('an answer that was lost on its way is not a second registration', async () => {
    const { run, invitation, requests, pay, store } = await outside()
    await run({ invitation })
    const before = store.copy()
    await pay()
    store.restore(before)
    await pay()
    expect(await requests()).toHaveLength(1)
  })

  test('somebody without the signing key cannot register by the invitation alone', async () => {
    const world = await outside()
    const ports = { ...world.ports, signingKey: { key: SIGNING, publicKey: async () => anotherPublic } }
    await enrolHandler(ports)({ invitation: world.invitation })
    await world.pay()
    expect(await world.requests()).toEqual([])
  })

  test('what is owed about another server is not signed', async () => {
    const { run, invitation, requests, pay, owed } = await outside()
    await run({ invitation })
    const [mine] = await owed()
    if (!mine) throw new Error('nothing is owed')
    await pay(async () => [{ ...mine, wanted: { ...mine.wanted, server: { ...member('SEDESOQ'), serverCode: 'nodo' } } }])
    expect(await requests()).toEqual([])
  })

  test.each([
    ['another anchor than was said', { fingerprint: '00:11' }, /malformed_anchor/],
    ['a wrong secret', { secret: 'x' }, /invalid_invitation/],
    ["another member's server", { server: 'LAB/GOB/SEDESOQ/nodo' }, /invalid_invitation/],
  ])('%s is refused, and nothing is kept', async (_, edit, why) => {
    const { run, invitation, store } = await outside()
    await expect(run({ invitation: { ...invitation, ...edit } })).rejects.toThrow(why)
    expect(await store.query(NODE)).toEqual([])
  })

  test('names that are not proved yet: their records are written, and a later run ends it', async () => {
    const { run, invitation, publics, store } = await outside()
    publics.issued = false
    expect(await run({ invitation })).toEqual({ node: 'enrolled', edge: 'waiting' })
    expect(new Set(publics.proofs).size).toBe(2)
    publics.issued = true
    expect(await run({})).toEqual({ node: 'not invited', edge: 'ready' })
    expect((await store.get(EDGE_CERTIFICATES))?.value).toMatchObject({ provider: { certificate: 'arn:1' } })
  })

  test('an invitation that is not whole is told what it lacks, and not what it holds', () => {
    const lacking = () => readInvitation({ secret: 'hush', server: 'x', zone: 'Z' })
    expect(lacking).toThrow('the invitation lacks: centre, fingerprint, systems')
    expect(lacking).not.toThrow('hush')
  })
})
