import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NodeConfiguration } from '../../src/exchange/node-configuration.ts'
import type { TrustInForce } from '../../src/exchange/ports.ts'
import type { ClientId } from '../../src/protocol/identifiers.ts'
import { readCertificate } from '../../src/trust/certificates.ts'
import { authCertHash } from '../../src/trust/directory.ts'
import { profileClass } from '../../src/trust/profiles.ts'
import type { SharedParameters } from '../../src/trust/shared-parameters.ts'
import { readMultipart, writeMultipart } from '../peer/multipart.ts'
import { callServer } from '../peer/stock-peer.ts'
import { vector, vectors } from '../vectors.ts'
import { soap } from './messages.ts'
import type { Member } from './peers.ts'
import { peerService } from './plan.ts'
import { type Conformance, openConformance } from './world.ts'

type Pair = readonly [name: string, value: string]
type Recorded = { readonly headers: readonly Pair[]; readonly body: Buffer }

/** One message as it was recorded, without what belonged to its connection. */
function recorded(name: string, file: string): Recorded {
  const lines = vector(`recorded/${name}/${file}.headers`).toString('latin1').split(/\r?\n/).slice(1)
  const headers = lines.flatMap((line): Pair[] => {
    const [, header = '', value = ''] = /^([^:]+):\s*(.*)$/.exec(line) ?? []
    return header && !/^(transfer-encoding|content-length|connection|host|date|user-agent|accept-encoding)$/i.test(header)
      ? [[header, value]]
      : []
  })
  return { headers, body: vector(`recorded/${name}/${file}.body`) }
}
const typeOf = ({ headers }: Recorded): string => headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
const der = (pem: Buffer): Uint8Array => Buffer.from(pem.toString('latin1').replace(/-----[^-]+-----|\s/g, ''), 'base64')

const CONSUMERS: readonly ClientId[] = [{}, { subsystemCode: 'subsystem' }].map((sub) => ({
  instance: 'EE',
  memberClass: 'BUSINESS',
  memberCode: 'consumer',
  ...sub,
}))
const PRODUCERS: readonly ClientId[] = [{}, { subsystemCode: 'sub' }].map((sub) => ({
  instance: 'EE',
  memberClass: 'BUSINESS',
  memberCode: 'producer',
  ...sub,
}))
const CODES = ['getState', 'test', 'restecho', 'restteapot', 'restdenied']

/**
 * A stock-shaped server plays what two stock servers said, to a node that trusts their authority. Everything holds but one thing: the
 * certificates of the recording name a member of class Cybernetica where the messages say BUSINESS, which only the profile of the reference
 * implementation's own tests lets pass. So a whole node must come as far as that, and no further.
 */
describe.skipIf(vectors() === null)('recorded exchanges, played again over real connections', () => {
  let world: Conformance
  let par: Member
  beforeAll(async () => {
    world = await openConformance()
    par = world.members.get('par') as Member
    world.twist = { trust: (_node, today) => theirs(today), configuration: (node, own) => (node === 'register' ? asProducer(own) : own) }
  })
  afterAll(() => world[Symbol.asyncDispose]())

  /** With their authority, and a server of their members that has the peer's TLS certificate. */
  function theirs(today: TrustInForce): TrustInForce {
    const ca = readCertificate(der(vector('recorded/ca.pem')))
    const own = today.trust.instances.get('EE')
    if (!ca.ok || !own) throw new Error('no authority')
    const top = { certificate: ca.value, ocsp: [{ url: 'http://127.0.0.1:9' }] }
    const approved = { name: 'Cyber', authenticationOnly: false, profile: profileClass('Ejbca'), top, intermediates: [] }
    const server = {
      id: { instance: 'EE', memberClass: 'BUSINESS', memberCode: 'consumer', serverCode: 'S1' },
      authCertHashes: [authCertHash(own.version, der(Buffer.from(par.tls.certificate)))],
      clients: [...CONSUMERS.slice(1), ...PRODUCERS],
    }
    const parameters: SharedParameters = { ...own, approvedCas: [...own.approvedCas, approved], servers: [...own.servers, server] }
    return {
      ...today,
      configuration: `${today.configuration}-y-ellos`,
      trust: { ...today.trust, instances: new Map([['EE', parameters]]) },
    }
  }
  /** The node also serves their producer, and lets their consumer in. */
  function asProducer(own: NodeConfiguration): NodeConfiguration {
    const [first] = own.clients
    const [soapService, restService] = [own.services.find(({ type }) => type === 'WSDL'), own.services.find(({ type }) => type === 'REST')]
    if (!first || !soapService || !restService) throw new Error('no services')
    const services = PRODUCERS.flatMap((owner) =>
      CODES.map((serviceCode) => ({ ...(serviceCode.startsWith('rest') ? restService : soapService), id: { ...owner, serviceCode } })),
    )
    const rights = services.flatMap(({ id }) =>
      CONSUMERS.map((client) => ({ service: id, subject: { kind: 'client' as const, id: client }, endpoint: { method: '*', path: '**' } })),
    )
    return {
      ...own,
      clients: [...own.clients, ...PRODUCERS.map((id) => ({ ...first, id }))],
      services: [...own.services, ...services],
      rights: [...own.rights, ...rights],
    }
  }

  const names = vectors() === null ? [] : readdirSync(join(vectors() as string, 'recorded')).filter((name) => /^(rest|soap)-/.test(name))
  const signed = names.filter((name) => !/denied|missingbody/.test(name))
  const ask = (name: string) =>
    name.startsWith('soap')
      ? { body: soap({ service: peerService('par') }) }
      : { method: 'GET', path: `/r1/${peerService('par', 'eco')}`, headers: ['X-Road-Client', world.clientOf('rest')] }

  test.each(signed)('%s: the answer is taken apart and its chain holds; its signer is not believed', async (name) => {
    const { headers, body } = recorded(name, 'proxy-response')
    world.answer = async () => ({ headers, body })
    const reply = await world.ask('rest', ask(name))
    expect(reply.code).toBe('server.clientproxy.signature_verification.incorrect_certificate')
  })
  test.each(signed)('%s: so is the question, with the OCSP response of this connection put in front', async (name) => {
    const question = recorded(name, 'proxy-request')
    const parts = [{ type: 'application/ocsp-response', body: await par.tls.ocsp() }, ...readMultipart(typeOf(question), question.body)]
    const { type, body } = writeMultipart(parts)
    const headers = question.headers.map(([header, value]): Pair => [header, /^content-type$/i.test(header) ? type : value])
    const called = await callServer(world.provider, { headers, body, identity: par.tls })
    expect(called.message.fault).toBe('server.serverproxy.signature_verification.incorrect_certificate')
  })
  test.each(signed.filter((name) => /post|attachm/.test(name)))(
    '%s: with one octet of what goes along changed, the chain breaks',
    async (name) => {
      const question = recorded(name, 'proxy-request')
      const read = readMultipart(typeOf(question), question.body)
      const changed = read.map((part) =>
        /rest-body|multipart/.test(part.type)
          ? { ...part, body: Buffer.from(part.body.toString('latin1').replace(/42|blaah/, 'ay'), 'latin1') }
          : part,
      )
      const { type, body } = writeMultipart([{ type: 'application/ocsp-response', body: await par.tls.ocsp() }, ...changed])
      const headers = question.headers.map(([header, value]): Pair => [header, /^content-type$/i.test(header) ? type : value])
      const called = await callServer(world.provider, { headers, body, identity: par.tls })
      expect(called.message.fault).toMatch(/^server\.serverproxy\.signature_verification\.malformed_signature\./)
    },
  )
  test('rest-denied: the fault comes through in its own spelling, with 500 all the same', async () => {
    const { headers, body } = recorded('rest-denied', 'proxy-response')
    world.answer = async () => ({ headers, body })
    const reply = await world.ask('rest', ask('rest-denied'))
    const theirs = /"type":"([^"]+)"/.exec(vector('recorded/rest-denied/client-response.body').toString('utf8'))?.[1]
    expect([reply.status, reply.code]).toEqual([500, theirs])
  })
  test('soap-missingbody: refused at our own door with the same code, in the spelling of today', async () => {
    const reply = await world.ask('rest', { body: vector('soap/missing-body.query') })
    const theirs = /<faultcode>([^<]+)</.exec(vector('recorded/soap-missingbody/client-response.body').toString('utf8'))?.[1]
    expect([theirs, reply.code]).toEqual(['Client.MissingBody', 'client.missing_body'])
  })
  test('all of them', () => console.log(`recorded exchanges played again: ${names.length} of ${names.length} rows`))
})
