import { randomUUID } from 'node:crypto'
import { answerManagement, type ManagementCall } from '../../../src/exchange/centre/management.ts'
import { publish } from '../../../src/exchange/centre/publication.ts'
import { submit } from '../../../src/exchange/centre/requests.ts'
import { base64, hash } from '../../../src/protocol/digests.ts'
import type { ClientId, ServerId } from '../../../src/protocol/identifiers.ts'
import type { SignatureName } from '../../../src/protocol/sign.ts'
import { signatureNamed } from '../../../src/protocol/signature-algorithms.ts'
import { issueOcspResponse } from '../../../src/trust/issue.ts'
import { certIdFor } from '../../../src/trust/ocsp-response.ts'
import type { RequestSignature, Wanted } from '../../../src/trust/registry/management-request.ts'
import { managementMessage, readManagementReply, writeManagementRequest } from '../../../src/trust/registry/write-request.ts'
import type { Authority } from '../../../src/trust/sign-der.ts'
import { issued, sign } from '../../trust/authority.ts'
import { centreCast, MANAGER, member, server, type TestCentre } from './test-centre.ts'

export type Agency = { readonly signing: Authority; readonly tls: Authority; readonly tls2: Authority }
const agencies = new Map<string, Promise<Agency>>()
/** A member's keys and certificates, made once. */
export function agency(code: string): Promise<Agency> {
  const known = agencies.get(code) ?? makeAgency(code)
  agencies.set(code, known)
  return known
}
async function makeAgency(code: string): Promise<Agency> {
  const { ca } = await centreCast()
  const tls = (name: string) =>
    issued(
      `${code}-${name}`,
      {
        use: 'authentication',
        subject: [
          ['C', 'LAB'],
          ['CN', name],
        ],
      },
      ca,
    )
  const signing = await issued(
    `${code}-sign`,
    {
      use: 'signing',
      subject: [
        ['C', 'LAB'],
        ['O', 'GOB'],
        ['CN', code],
      ],
    },
    ca,
  )
  return { signing, tls: await tls('tls'), tls2: await tls('tls2') }
}

export type Edits = {
  /** Who signs as the owner; else the server's owner. */
  readonly signer?: Authority
  /** Whose key proves the possession of the certificate; else its own. */
  readonly possession?: Authority | null
  readonly status?: 'good' | 'revoked' | 'unknown'
  readonly ocspOf?: Authority
  /** How old the OCSP answer is, in milliseconds. */
  readonly ocspAge?: number
  /** Changes the message before it is signed, and after. */
  readonly message?: (text: string) => string
  readonly after?: (text: string) => string
  readonly provider?: ClientId
}

async function signed(key: Authority, message: Uint8Array): Promise<RequestSignature> {
  const algorithm = signatureNamed(key.algorithm)
  if (!algorithm) throw new Error(key.algorithm)
  const value = await sign(key.key, key.algorithm as SignatureName, hash(algorithm.digest, message))
  return { algorithm: key.algorithm as SignatureName, value, certificate: key.certificate.der }
}

/** A management request as a node of that member makes it, with whatever a test wants to be wrong in it. */
export async function requestOf(centre: TestCentre, wanted: Wanted, edits: Edits = {}) {
  const { ca } = await centreCast()
  const owner = edits.signer ?? (await agency(wanted.server.memberCode)).signing
  const text = Buffer.from(managementMessage(wanted, edits.provider ?? MANAGER, randomUUID())).toString()
  const message = Buffer.from((edits.message ?? String)(text))
  const at = (centre.clock.now - (edits.ocspAge ?? 0)) as typeof centre.clock.now
  const asked = edits.ocspOf ?? owner
  const kind = edits.status ?? 'good'
  const status = kind === 'revoked' ? { kind, at } : { kind }
  const answer = { certId: certIdFor(asked.certificate, ca.certificate), status, thisUpdate: at, nextUpdate: (at + 3_600_000) as typeof at }
  const ocsp = await issueOcspResponse({ producedAt: at, answers: [answer] }, ca, sign)
  const own =
    wanted.type === 'authCertReg' && edits.possession !== null
      ? (edits.possession ?? (await agency(wanted.server.memberCode)).tls)
      : undefined
  const possession = own && (await signed(own, message))
  const sent = Buffer.from((edits.after ?? String)(message.toString()))
  return writeManagementRequest(sent, { ...(await signed(owner, message)), ocsp }, possession, 'limite-de-prueba')
}

export async function ask(centre: TestCentre, wanted: Wanted, edits: Edits = {}, door: ManagementCall['door'] = 'exchange') {
  return deliver(centre, await requestOf(centre, wanted, edits), door)
}
export async function deliver(
  centre: TestCentre,
  { contentType, body }: Pick<ManagementCall, 'contentType' | 'body'>,
  door: ManagementCall['door'] = 'exchange',
) {
  const answer = await answerManagement({ contentType, body, door }, centre.ports)
  const reply = readManagementReply(answer.body)
  return { answer, reply, code: reply.ok ? 'done' : (reply.fault.relayed?.code ?? ''), id: reply.ok ? reply.value.requestId : 0 }
}

/** The server of that member registered with its certificate, without asking anybody. */
export async function registered(centre: TestCentre, code: string, clients: readonly ClientId[] = []): Promise<ServerId> {
  const id = server(code)
  const { tls } = await agency(code)
  const asking = { origin: 'CENTER', askedBy: 'ana', at: centre.clock.now } as const
  const { approve } = await import('../../../src/exchange/centre/requests.ts')
  const wanted = [
    { type: 'authCertReg' as const, server: id, certificate: base64(tls.certificate.der), address: `${code.toLowerCase()}.example` },
    ...clients.map((client) => ({ type: 'clientReg' as const, server: id, client })),
  ]
  for (const each of wanted)
    await centre.rule(async (work, at) => {
      const made = await submit(work, each, asking)
      return made.ok ? approve(work, made.value.id, 'beto', at) : made
    })
  await publish(centre.ports)
  return id
}
export const subsystem = (code: string, subsystemCode: string): ClientId => ({ ...member(code), subsystemCode })
