import { type Instant, later, SECOND } from '../../src/base/clock.ts'
import { packContainer } from '../../src/evidence/asic.ts'
import type { PartDigest } from '../../src/evidence/hash-chain.ts'
import { type SigningMaterial, sealBatch } from '../../src/evidence/seal.ts'
import { readSignature, withOcsp } from '../../src/evidence/signature-document.ts'
import { stampChain } from '../../src/evidence/stamp-chain.ts'
import { readTimestampReply, timestampQuery, withCertificate } from '../../src/evidence/timestamp.ts'
import { issueToken } from '../../src/evidence/timestamp-authority.ts'
import { base64, sha512 } from '../../src/protocol/digests.ts'
import type { Outcome } from '../../src/protocol/faults.ts'
import { writeBlock } from '../../src/protocol/rest-block.ts'
import type { SignatureName } from '../../src/protocol/sign.ts'
import type { SignatureDocuments } from '../../src/protocol/signature-documents.ts'
import { issueOcspResponse } from '../../src/trust/issue.ts'
import { certIdFor } from '../../src/trust/ocsp-response.ts'
import { profileClass } from '../../src/trust/profiles.ts'
import type { SharedParameters } from '../../src/trust/shared-parameters.ts'
import type { Authority } from '../../src/trust/sign-der.ts'
import { type Trust, trustOf } from '../../src/trust/trust.ts'
import { issued, NOON, sign } from '../trust/authority.ts'

/** A member's signing key with what stands above it. */
type Signer = Authority & { readonly algorithm: SignatureName; readonly issuers: readonly Authority[] }
export type Workshop = {
  readonly trust: Trust
  readonly tsa: Authority
  readonly ocsp: Authority
  readonly signers: Readonly<Record<'dif' | 'difAgain' | 'difP256' | 'difPss' | 'difBelow' | 'sedesoq' | 'sedesoqP384', Signer>>
}

let made: Promise<Workshop> | undefined
/** Two members, an authority with one below it, a responder and a stamper: keys are slow to make, so they are made once. */
export const workshop = (): Promise<Workshop> => {
  made ??= makeWorkshop()
  return made
}

async function makeWorkshop(): Promise<Workshop> {
  const named = (cn: string) =>
    [
      ['C', 'QRO'],
      ['O', 'GOB'],
      ['CN', cn],
    ] as const
  const ca = await issued('containers-ca', { use: 'root', subject: named('CA') })
  const below = await issued('containers-below', { use: 'issuing', subject: named('CA below') }, ca)
  const ocsp = await issued('containers-ocsp', { use: 'ocsp', subject: named('OCSP') }, ca)
  const tsa = await issued('containers-tsa', { use: 'timestamping', subject: named('TSA') }, ca)
  const signer = async (name: string, code: string, algorithm: SignatureName, issuers: readonly Authority[]): Promise<Signer> => {
    const made = await issued(`containers-${name}`, { use: 'signing', subject: named(code), algorithm }, issuers[0])
    return { ...made, algorithm, issuers }
  }
  const signers = {
    dif: await signer('dif', 'DIF', 'rsa-sha512', [ca]),
    difAgain: await signer('dif-again', 'DIF', 'rsa-sha512', [ca]),
    difP256: await signer('dif-p256', 'DIF', 'ecdsa-sha256', [ca]),
    difPss: await signer('dif-pss', 'DIF', 'pss-sha512', [ca]),
    difBelow: await signer('dif-below', 'DIF', 'rsa-sha512', [below, ca]),
    sedesoq: await signer('sedesoq', 'SEDESOQ', 'rsa-sha512', [ca]),
    sedesoqP384: await signer('sedesoq-p384', 'SEDESOQ', 'ecdsa-sha384', [ca]),
  }
  return { trust: trustIn(ca, below, ocsp, tsa), tsa, ocsp, signers }
}

function trustIn(ca: Authority, below: Authority, ocsp: Authority, tsa: Authority): Trust {
  const listed = (authority: Authority) => ({
    certificate: authority.certificate,
    ocsp: [{ url: 'http://ocsp.test', certificate: ocsp.certificate }],
  })
  const parameters: SharedParameters = {
    version: 6,
    instance: 'QRO',
    sources: [],
    approvedCas: [
      { name: 'CA', authenticationOnly: false, profile: profileClass('Ejbca'), top: listed(ca), intermediates: [listed(below)] },
    ],
    approvedTsas: [{ name: 'TSA', url: 'http://tsa.test', certificate: tsa.certificate }],
    members: [],
    servers: [],
    globalGroups: [],
    memberClasses: [],
    ocspFreshnessSeconds: 3600,
    sha512: '00'.repeat(64),
  }
  return trustOf('QRO', [parameters])
}

/** Fails the test when a step that must succeed refuses. */
export function must<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.fault.path.join('.')} ${outcome.fault.detail}`)
  return outcome.value
}

/** An OCSP answer for a signer's certificate, then for each authority between it and the top. */
export async function ocspFor({ certificate, issuers }: Signer, at: Instant, { ocsp }: Workshop): Promise<readonly Uint8Array[]> {
  const path = [certificate, ...issuers.map((issuer) => issuer.certificate)]
  return Promise.all(
    path.slice(0, -1).map((each, index) => {
      const certId = certIdFor(each, path[index + 1] as typeof each)
      const answer = { certId, status: { kind: 'good' } as const, thisUpdate: at, nextUpdate: later(at, 12 * 3600 * SECOND) }
      return issueOcspResponse({ producedAt: at, answers: [answer] }, ocsp, sign)
    }),
  )
}

/** What `signer` signs with, with OCSP answers of that instant. */
export async function materialOf(signer: Signer, at: Instant, shop: Workshop): Promise<SigningMaterial> {
  return {
    key: signer.key,
    algorithm: signer.algorithm,
    certificate: signer.certificate.der,
    intermediates: signer.issuers.slice(0, -1).map(({ certificate }) => certificate.der),
    ocsp: await ocspFor(signer, at, shop),
  }
}

let stamps = 0n
/** A token with the authority's certificate in it, as it is kept. */
export async function tokenOver(octets: Uint8Array, at: Instant, { tsa }: Workshop): Promise<Uint8Array> {
  const digest = sha512(octets)
  const reply = await issueToken(timestampQuery(digest), { ...tsa, serial: ++stamps, at, policy: '1.3.6.1.4.1.99999.1' }, sign)
  return must(withCertificate(must(readTimestampReply(reply, digest)), tsa.certificate))
}

export type Message = { readonly message: Uint8Array; readonly attachments: readonly Uint8Array[] }
export const partsOf = ({ message, attachments }: Message): readonly PartDigest[] => [
  { name: '/message.xml', sha512: sha512(message), octets: message },
  ...attachments.map((bytes, index) => ({ name: `/attachment${index + 1}`, sha512: sha512(bytes) })),
]

const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8')
const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

const request = (method: string, n: number, body?: string): Message => ({
  message: writeBlock({
    first: method,
    second: `/r1/QRO/GOB/SEDESOQ/PADRON/consulta/personas/${n}?detalle=s%C3%AD`,
    headers: [
      ['Accept', 'application/json'],
      ['X-Road-Client', 'QRO/GOB/DIF/APOYOS'],
      ['X-Road-Id', `QRO-${n}`],
      ['x-road-request-id', uuid(n)],
    ],
  }),
  attachments: body === undefined ? [] : [utf8(body)],
})

const response = (n: number): Message => ({
  message: writeBlock({
    first: '200',
    second: 'OK',
    headers: [
      ['Content-Type', 'application/json'],
      ['x-road-id', `QRO-${n}`],
      ['x-road-client', 'QRO/GOB/DIF/APOYOS'],
      ['x-road-service', 'QRO/GOB/SEDESOQ/PADRON/consulta'],
      ['x-road-request-id', uuid(n)],
      ['x-road-request-hash', base64(sha512(utf8(`${n}`)))],
    ],
  }),
  attachments: [utf8(`{"beneficiaria":"María ${n}","vigente":true}`)],
})

const SOAP_HEADER = `<x:client i:objectType="SUBSYSTEM"><i:xRoadInstance>QRO</i:xRoadInstance><i:memberClass>GOB</i:memberClass><i:memberCode>DIF</i:memberCode><i:subsystemCode>APOYOS</i:subsystemCode></x:client><x:service i:objectType="SERVICE"><i:xRoadInstance>QRO</i:xRoadInstance><i:memberClass>GOB</i:memberClass><i:memberCode>SEDESOQ</i:memberCode><i:subsystemCode>PADRON</i:subsystemCode><i:serviceCode>consulta</i:serviceCode></x:service><x:protocolVersion>4.0</x:protocolVersion>`
const soap = (n: number, called: string, attachments: readonly string[]): Message => ({
  message: utf8(
    `<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:x="http://x-road.eu/xsd/xroad.xsd" xmlns:i="http://x-road.eu/xsd/identifiers"><soap:Header>${SOAP_HEADER}<x:id>QRO-${n}</x:id></soap:Header><soap:Body><${called}><nombre>Año ${n}</nombre></${called}></soap:Body></soap:Envelope>`,
  ),
  attachments: attachments.map(utf8),
})

/** One row for each way a container comes to be. Late: its OCSP answer is old when the stamp is made, and a fresh one is put in front. */
type Row = { readonly signer: keyof Workshop['signers']; readonly of: (n: number) => Message; readonly late?: true }
const ROWS: readonly Row[] = [
  { signer: 'dif', of: (n) => request('GET', n) },
  { signer: 'dif', of: (n) => request('POST', n, `{"nombre":"Rex ${n}"}`) },
  { signer: 'sedesoq', of: response },
  { signer: 'difP256', of: (n) => soap(n, 'consulta', []) },
  { signer: 'sedesoqP384', of: (n) => soap(n, 'consultaResponse', [`primero ${n}`, `\0\u0001 segundo ${n}`]) },
  { signer: 'difPss', of: (n) => request('PUT', n, '') },
  { signer: 'difBelow', of: (n) => request('GET', n) },
  { signer: 'difAgain', of: (n) => request('POST', n, `tarde ${n}`), late: true },
]

export type Form = 'whole' | 'value'
export type Filed = Message & {
  readonly documents: SignatureDocuments
  readonly signer: Signer
  readonly at: Instant
  readonly bytes: Uint8Array
}

/**
 * `count` containers as our nodes write them, all kinds in turn: every third signature is over two messages, and one stamp is over one to
 * four signature documents.
 * @param form 'whole' as we do it; 'value': each stamped alone over its signature value, as stock servers do for a record alone
 */
export async function fileContainers(count: number, form: Form = 'whole'): Promise<readonly Filed[]> {
  const shop = await workshop()
  const signed: Omit<Filed, 'bytes'>[] = []
  for (let n = 1; signed.length < count; n++) signed.push(...(await signedMessages(n, shop)))
  const filed: Filed[] = []
  for (let from = 0, size = 1; from < count; from += size, size = (size % 4) + 1) {
    const group = signed.slice(from, Math.min(from + size, count))
    filed.push(...(form === 'whole' ? await stampedTogether(group, shop) : await stampedAlone(group, shop)))
  }
  return filed
}

async function signedMessages(n: number, shop: Workshop): Promise<Omit<Filed, 'bytes'>[]> {
  const row = ROWS[n % ROWS.length] as Row
  const signer = shop.signers[row.signer]
  const at = later(NOON, n * 10 * SECOND)
  const messages = n % 3 === 0 ? [row.of(n), row.of(n + 10_000)] : [row.of(n)]
  const material = await materialOf(signer, later(at, row.late ? -5000 * SECOND : -n * SECOND), shop)
  const documents = await sealBatch(messages.map(partsOf), material, sign, at)
  const fresh = row.late ? await ocspFor(signer, at, shop) : []
  return messages.map((message, index) => {
    const sealed = documents[index] as SignatureDocuments
    const signature = fresh[0] ? withOcsp(sealed.signature, fresh[0]) : sealed.signature
    return { ...message, documents: { ...sealed, signature }, signer, at }
  })
}

const afterLast = (group: readonly { readonly at: Instant }[]): Instant => later(group.at(-1)?.at ?? NOON, 5 * SECOND)

async function stampedTogether(group: readonly Omit<Filed, 'bytes'>[], shop: Workshop): Promise<Filed[]> {
  const { result, chains } = stampChain(group.map(({ documents }) => documents.signature))
  const token = await tokenOver(result, afterLast(group), shop)
  return group.map((each, index) => ({
    ...each,
    bytes: packContainer({ ...each, stamp: { token, chain: { result, chain: chains[index] as Uint8Array } } }),
  }))
}

async function stampedAlone(group: readonly Omit<Filed, 'bytes'>[], shop: Workshop): Promise<Filed[]> {
  const filed: Filed[] = []
  for (const each of group) {
    const token = await tokenOver(must(readSignature(each.documents.signature)).value, afterLast([each]), shop)
    filed.push({ ...each, bytes: packContainer({ ...each, stamp: { token } }) })
  }
  return filed
}
