import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openKeys } from '../../src/adapters/local/keys.ts'
import { loadCertificate } from '../../src/local/certificate-files.ts'
import { listen } from '../../src/local/listen.ts'
import { certificatesOf, signingName } from '../../src/local/node-file.ts'
import { hash } from '../../src/protocol/digests.ts'
import { signatureNamed } from '../../src/protocol/signature-algorithms.ts'
import { ocspRequest } from '../../src/trust/ocsp.ts'
import { managementMessage, readManagementReply, writeManagementRequest } from '../../src/trust/registry/write-request.ts'
import { type Exchange, openExchange } from './exchange.ts'
import { plan, REGISTER } from './plan.ts'
import { askSoap } from './soap-world.ts'

const OWNER = { instance: 'EE', memberClass: 'COM', memberCode: '222' }
const BANK_MEMBER = 'EE/COM/222'
const PROVIDER = { instance: 'EE', memberClass: 'GOV', memberCode: '111', subsystemCode: 'register' }

/** What stands between the management services' node and the centre: hands on, octet by octet. */
async function between() {
  const to = { url: '' }
  const server = createServer((message, response) => {
    const pieces: Buffer[] = []
    message.on('data', (piece: Buffer) => pieces.push(piece))
    message.on('end', async () => {
      const answer = await fetch(to.url, {
        method: 'POST',
        headers: { 'content-type': message.headers['content-type'] ?? '' },
        body: Buffer.concat(pieces),
      })
      response
        .writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
        .end(Buffer.from(await answer.arrayBuffer()))
    })
  })
  const port = await listen(server, 0)
  if (!port.ok) throw new Error(port.fault.en)
  return { to, url: `http://127.0.0.1:${port.value}/`, close: () => new Promise((resolve) => server.close(resolve)) }
}

/** As a stock server makes one: signed by the owner, with the OCSP answer about its certificate. */
async function addressChange({ folder, world }: Exchange, address: string) {
  const bank = join(folder, 'nodes', 'bank')
  const keys = await openKeys(join(bank, 'keys'), 'nopal azul')
  if (!keys.ok) throw new Error(keys.fault.file)
  const name = signingName(OWNER)
  const certificate = loadCertificate(certificatesOf(bank), name)
  const trust = await world.nodes.get('bank')?.refreshTrust()
  const ca = trust?.ok ? trust.value.trust.instances.get('EE')?.approvedCas[0]?.top.certificate : undefined
  if (!ca) throw new Error('no authority')
  const asked = await fetch(`${world.centre.url}/ocsp`, {
    method: 'POST',
    headers: { 'content-type': 'application/ocsp-request' },
    body: Buffer.from(ocspRequest(certificate, ca)),
  })
  const ocsp = new Uint8Array(await asked.arrayBuffer())
  const message = managementMessage({ type: 'addressChange', server: { ...OWNER, serverCode: 'S1' }, address }, PROVIDER, randomUUID())
  const algorithm = signatureNamed('rsa-sha512')
  if (!algorithm) throw new Error('no algorithm')
  const value = await keys.value.sign(name, 'rsa-sha512', hash(algorithm.digest, message))
  return writeManagementRequest(message, { algorithm: 'rsa-sha512', value, certificate: certificate.der, ocsp }, undefined, 'limite')
}

test('a management request goes over the exchange as any SOAP message, is evidence on both sides, and is done by the centre', async () => {
  const way = await between()
  const service = `${REGISTER}/addressChange`
  const nodes = plan.nodes.map((node) =>
    node.name === 'bank'
      ? { ...node, clients: [...node.clients, { id: BANK_MEMBER }] }
      : node.name === 'register'
        ? {
            ...node,
            services: [...node.services, { id: service, type: 'WSDL' as const, at: { url: way.url } }],
            rights: [...node.rights, { service, subject: { client: BANK_MEMBER } }],
          }
        : node,
  )
  await using exchange = await openExchange({ plan: { ...plan, nodes } })
  way.to.url = `${exchange.world.centre.url}/node/management`
  const { contentType, body } = await addressChange(exchange, 'nueva.example')
  const reply = await askSoap(exchange, { as: BANK_MEMBER, body: Buffer.from(body), headers: ['Content-Type', contentType] })
  expect([reply.status, reply.code]).toEqual([200, null])
  expect(readManagementReply(reply.body)).toMatchObject({ ok: true, value: { requestId: 1 } })
  const { servers } = await exchange.world.centre.registry()
  expect(servers.find(({ id }) => id.memberCode === '222')?.address).toBe('nueva.example')
  expect(await exchange.kept('bank')).toEqual(['consumer request', 'consumer response'])
  expect(await exchange.kept('register')).toEqual(['provider request', 'provider response'])
  await way.close()
})
