import { ok } from '../src/base/result.ts'
import { canonicalize } from '../src/evidence/canonical.ts'
import type { PartDigest } from '../src/evidence/hash-chain.ts'
import { type EvidenceRecord, encodeRecord } from '../src/evidence/record.ts'
import type { SigningMaterial } from '../src/evidence/seal.ts'
import { sealMessage } from '../src/evidence/seal.ts'
import { readSignature } from '../src/evidence/signature-read.ts'
import { verifyMessage } from '../src/evidence/verify.ts'
import { sha512 } from '../src/protocol/digests.ts'
import { decodeRest, encodeRest } from '../src/protocol/transport.ts'
import { parseXml } from '../src/protocol/xml.ts'
import { judgeOcsp } from '../src/trust/ocsp.ts'
import { cpuMs, median } from './cpu.ts'
import { benchNodes } from './nodes.ts'

export type StepFigures = {
  readonly steps: readonly { readonly step: string; readonly microseconds: number; readonly perExchange: number }[]
}

/** The steps of an exchange one by one, each alone and warm, on the very message of one: what they add up to is less than the whole by the flow. */
export async function benchSteps(): Promise<StepFigures> {
  const { nodes, exchange } = await benchNodes(4096, 8192, 300)
  const records: EvidenceRecord[] = []
  const materials: SigningMaterial[] = []
  Object.assign(nodes.provider.ports, { keep: async (record: EvidenceRecord) => void records.push(record) })
  await exchange(1)
  const [asked] = records
  if (!asked) throw new Error('nothing was kept')
  const { documents, message, attachments } = asked
  const [body] = attachments
  if (body?.kind !== 'bytes' || !documents.chain) throw new Error('no body in hand')
  const { trust } = nodes.trust.current
  const signer = { instance: 'QRO', memberClass: 'GOB', memberCode: 'DIF' }
  const parts: readonly PartDigest[] = [
    { name: '/message.xml', sha512: sha512(message) },
    { name: '/attachment1', sha512: sha512(body.bytes) },
  ]
  const parsed = readSignature(documents.signature)
  if (!parsed.ok) throw new Error(parsed.fault.detail)
  const verified = verifyMessage(documents, parts, signer, trust, nodes.clock.now, 'strict')
  if (!verified.ok) throw new Error(verified.fault.detail)
  const certificate = verified.value.certificate
  const ocsp = [...nodes.provider.ports.memory.ocsp.values()].map(({ response }) => response)
  const response = ocsp.find((each) => judgeOcsp([each], nodes.cast.sedesoq.signing.certificate, trust, nodes.clock.now).ok)
  if (!response) throw new Error('no OCSP response at hand')
  const signing = nodes.cast.sedesoq.signing
  materials.push({ key: signing.key, algorithm: 'rsa-sha512', certificate: signing.certificate.der, intermediates: [], ocsp: [response] })
  const { sign } = nodes.provider.ports
  const known = { read: () => ok(certificate), judge: () => ok(verified.value.ocsp) }
  const transport = { ocsp: [response], message, body, documents }
  const boundary = 'xtopabcdefghijklmnopabcdefghijklmn'
  const wire = encodeRest('request', transport, boundary)
  const steps: readonly (readonly [step: string, perExchange: number, work: () => unknown])[] = [
    ['parse the signature document', 2, () => parseXml(documents.signature)],
    ['parse hash chain and result', 2, () => [parseXml(documents.chain?.chain ?? ''), parseXml(documents.chain?.result ?? '')]],
    ['digest a message and its body', 4, () => [sha512(message), sha512(body.bytes)]],
    ['canonicalise what is signed', 2, () => canonicalize(parsed.value.signedInfo)],
    ['the signature itself, RSA-2048', 2, () => sign(signing.key, 'rsa-sha512', parts[0]?.sha512 as Uint8Array)],
    ['seal, the signature with it', 2, () => sealMessage(parts, materials[0] as SigningMaterial, sign, nodes.clock.now)],
    ['verify, certificate and OCSP remembered', 2, () => verifyMessage(documents, parts, signer, trust, nodes.clock.now, 'strict', known)],
    ['verify, everything anew', 0, () => verifyMessage(documents, parts, signer, trust, nodes.clock.now, 'strict')],
    ['judge an OCSP response anew', 0, () => judgeOcsp([response], signing.certificate, trust, nodes.clock.now)],
    ['write the multipart message', 2, () => encodeRest('request', transport, boundary)],
    ['read the multipart message', 2, () => decodeRest('request', wire.contentType, wire.body)],
    ['encode a record to keep', 4, () => encodeRecord(asked)],
  ]
  const figures: { step: string; microseconds: number; perExchange: number }[] = []
  for (const [step, perExchange, work] of steps) figures.push({ step, perExchange, microseconds: await microsecondsOf(work) })
  return { steps: figures }
}

const TIMES = 100
async function microsecondsOf(work: () => unknown): Promise<number> {
  const many = async () => {
    for (let i = 0; i < TIMES; i++) await work()
  }
  for (let warm = 0; warm < 20; warm++) await many()
  const slices: number[] = []
  for (let slice = 0; slice < 15; slice++) slices.push(await cpuMs(many))
  return (median(slices) / TIMES) * 1000
}
