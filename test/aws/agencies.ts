import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import type { NodeService } from '../../src/exchange/node-configuration.ts'
import { type ClientId, formatId, type ServiceId } from '../../src/protocol/identifiers.ts'
import { authCertHash } from '../../src/trust/directory.ts'
import { writePem } from '../../src/trust/pem.ts'
import { issued, privateKeyOf } from '../trust/authority.ts'

export const DIF: ClientId = { instance: 'QRO', memberClass: 'GOB', memberCode: 'DIF', subsystemCode: 'APOYOS' }
export const SEDESOQ: ClientId = { instance: 'QRO', memberClass: 'GOB', memberCode: 'SEDESOQ', subsystemCode: 'PADRON' }
export const REST: ServiceId = { ...SEDESOQ, serviceCode: 'consulta' }
export const SOAP: ServiceId = { ...SEDESOQ, serviceCode: 'getstate', serviceVersion: 'v1' }

export type Reply = { readonly status: number; readonly headers: IncomingMessage['headers']; readonly body: Buffer }

export type Inside = { readonly authority: string; readonly door: Identity; readonly client: Identity; readonly hash: string }
export type Identity = { readonly certificate: string; readonly key: string }

/** DIF's own house: an authority nobody else trusts, its consumer door's certificate, and its information system's. */
export async function insideDif(): Promise<Inside> {
  const ca = await issued('aws-inside', { use: 'root', subject: [['CN', 'DIF']] })
  const server = { use: 'server', subject: [['CN', 'localhost']], names: { dns: ['localhost'] } } as const
  const door = await issued('aws-door', server, ca)
  const client = await issued('aws-client', { use: 'client', subject: [['CN', 'apoyos']] }, ca)
  const identity = (name: string, der: Uint8Array): Identity => ({
    certificate: writePem('CERTIFICATE', der),
    key: privateKeyOf(name).export({ type: 'pkcs8', format: 'pem' }).toString(),
  })
  return {
    authority: writePem('CERTIFICATE', ca.certificate.der),
    door: identity('aws-door', door.certificate.der),
    client: identity('aws-client', client.certificate.der),
    hash: Buffer.from(authCertHash(6, client.certificate.der), 'base64').toString('hex'),
  }
}

export const serviceAt = (id: ServiceId, type: NodeService['type'], url: string): NodeService => ({
  id,
  type,
  url,
  timeoutMs: 20_000,
  tls: { kind: 'none' },
  keepBodies: 'full',
})

/** The question's envelope, with what was asked in the answer's name. */
export const soapAnswer = (body: Buffer): string =>
  (/<\?xml.*<\/SOAP-ENV:Envelope>/s.exec(body.toString('utf8'))?.[0] ?? '')
    .replaceAll('getstate xmlns', 'getstateResponse xmlns')
    .replace('</getstate>', '</getstateResponse>')

export function callThrough(
  port: number,
  { authority, client }: Inside,
  path: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string },
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const tls = { ca: authority, cert: client.certificate, key: client.key, agent: false as const }
    const made = request(
      { host: 'localhost', port, method, path, headers: { 'X-Road-Client': formatId(DIF), ...headers }, ...tls },
      (answer) => {
        answer
          .toArray()
          .then(
            (chunks: Buffer[]) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
            reject,
          )
      },
    )
    made.on('error', reject)
    made.end(body)
  })
}
