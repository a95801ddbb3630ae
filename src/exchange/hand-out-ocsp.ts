import { hash } from 'node:crypto'
import { writeMultipart } from '../protocol/multipart.ts'
import type { Header } from '../protocol/rest-headers.ts'
import { readCertificate } from '../trust/certificates.ts'
import { boundaryFrom } from './between-nodes.ts'
import { type OcspPorts, ocspAtHand } from './ocsp-at-hand.ts'
import type { CurrentConfiguration, CurrentTrust, NewId } from './ports.ts'
import { trustNow } from './trust-now.ts'

export type PeerOcspPorts = OcspPorts & {
  readonly configuration: CurrentConfiguration
  readonly trust: CurrentTrust
  readonly newId: NewId
}
export type PeerOcspAnswer = { readonly status: 200 | 500; readonly headers: readonly Header[]; readonly body: Uint8Array }

const MOST_ASKED = 10

/**
 * Hands out the OCSP responses for our own TLS certificates: GET with one `cert` (SHA-1, hexadecimal) each, answered in that order; without any,
 * by `cert_hash` (SHA-256). HEAD is answered with nothing. One that is not ours, or for which there is no good response, is 500 and no part.
 */
export async function handOutOcsp(method: string, target: string, ports: PeerOcspPorts): Promise<PeerOcspAnswer> {
  if (method === 'HEAD') return { status: 200, headers: [], body: new Uint8Array() }
  if (method !== 'GET') return trouble(`${method.slice(0, 20)} is not served here`)
  const query = new URLSearchParams(target.slice(`${target}?`.indexOf('?') + 1))
  const [name, algorithm] = query.has('cert') ? (['cert', 'sha1'] as const) : (['cert_hash', 'sha256'] as const)
  const asked = query.getAll(name).map((each) => each.toLowerCase())
  if (asked.length === 0 || asked.length > MOST_ASKED) return trouble(`between 1 and ${MOST_ASKED} certificates can be asked for`)
  const { authentication } = await ports.configuration()
  const ours = new Map([authentication.certificate, ...authentication.intermediates].map((der) => [hash(algorithm, der, 'hex'), der]))
  const today = await trustNow(ports)
  if (!today.ok) return trouble(today.fault.path.join('.'))
  const parts: Uint8Array[] = []
  for (const each of asked) {
    const der = ours.get(each)
    const certificate = der && readCertificate(der)
    if (!certificate?.ok) return trouble(`no certificate of this server has the digest ${each.slice(0, 64)}`)
    const response = await ocspAtHand(certificate.value, today.value, ports)
    if (!response.ok) return trouble(response.fault.path.join('.'))
    parts.push(response.value)
  }
  return whole(parts, boundaryFrom(ports.newId()))
}

function whole(responses: readonly Uint8Array[], boundary: string): PeerOcspAnswer {
  const headers: readonly Header[] = [['Content-Type', 'application/ocsp-response']]
  const body = writeMultipart(
    boundary,
    responses.map((response) => ({ headers, body: response })),
  )
  const contentType = `multipart/related; type="application/ocsp-response"; charset=UTF-8; boundary=${boundary}`
  return { status: 200, headers: [['Content-Type', contentType]], body }
}

const trouble = (why: string): PeerOcspAnswer => ({
  status: 500,
  headers: [['Content-Type', 'text/plain;charset=utf-8']],
  body: Buffer.from(`${why.replace(/[^\u0020-\u007e]/g, '?')}\n`),
})
