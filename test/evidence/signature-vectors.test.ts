import { describe, expect, test } from 'vitest'
import { instant } from '../../src/base/clock.ts'
import { loadTrust } from '../../src/cli/trust-folder.ts'
import { type PartDigest, verifyChain } from '../../src/evidence/hash-chain.ts'
import { readSignature } from '../../src/evidence/signature-document.ts'
import { checkSignatureValue } from '../../src/evidence/signature-references.ts'
import { CERTIFICATE_STEPS, checkSchema, contentOf, type SignedContent } from '../../src/evidence/verify.ts'
import { sha512 } from '../../src/protocol/digests.ts'
import { codeOf, type Outcome, refuse } from '../../src/protocol/faults.ts'
import { attributeValue } from '../../src/trust/names.ts'
import { caOf, type Trust } from '../../src/trust/trust.ts'
import { vector, vectors } from '../vectors.ts'
import { must } from './containers.ts'

type Row = {
  readonly what: string
  readonly file: string
  readonly expected: string
  readonly message?: string
  readonly body?: string
  readonly signer?: string
  readonly chain?: true
}

/** The assertions of family 07 of the index, one a row; verified at 2014-10-30 as the tests of the reference verifier do. */
const ROWS: readonly Row[] = [
  { what: 'a plain signature', file: 'sign-0', expected: 'VALID' },
  { what: 'the digest of another message', file: 'sign-0', message: 'foo', expected: 'invalid_signature_value' },
  { what: 'another signer', file: 'sign-0', signer: 'FOORBAR', expected: 'incorrect_certificate' },
  { what: 'a batch signature', file: 'batch-sig', message: 'message-1', body: 'blaah', chain: true, expected: 'VALID' },
  { what: 'an altered signature value', file: 'sign-0-invalid-signature-value', expected: 'invalid_signature_value' },
  { what: 'no certificate', file: 'sign-0-no-signing-cert', expected: 'malformed_signature' },
  { what: 'no OCSP response', file: 'sign-0-ocsp-no-responses', expected: 'malformed_signature' },
  { what: 'a renamed element', file: 'sign-0-schema-fail', expected: 'malformed_signature' },
  { what: 'an extra certificate without Id', file: 'extra-certs-missing-id', signer: 'Test Org', expected: 'malformed_signature' },
]
const AT = instant(Date.UTC(2014, 9, 30))

/**
 * The wire check step by step. Their configuration names a certificate profile that only those tests have (the subject's CN is the member
 * code), and lists one authority under another instance: so the signer is identified here.
 */
function verdict({ file, message = 'message-0', body, signer = 'consumer', chain }: Row, trust: Trust): string {
  const octets = message === 'foo' ? Buffer.from(message) : vector(`signatures/${message}.xml`)
  const parts: PartDigest[] = [{ name: '/message.xml', sha512: sha512(octets), octets }]
  if (body !== undefined) parts.push({ name: '/attachment1', sha512: sha512(Buffer.from(body)) })
  const chains = chain && { result: vector('signatures/hash-chain-result.xml'), chain: vector('signatures/hash-chain-1.xml') }
  const content = contentOf({ signature: vector(`signatures/${file}.xml`), ...(chains && { chain: chains }) }, parts)
  const outcome = judged(content, signer, trust)
  return outcome.ok ? 'VALID' : codeOf(outcome.fault)
}

function judged(content: SignedContent, signer: string, trust: Trust): Outcome<unknown> {
  const parsed = readSignature(content.documents.signature)
  if (!parsed.ok) return parsed
  const schema = checkSchema(parsed.value)
  if (!schema.ok) return schema
  const { chain } = content.documents
  const walked = chain && verifyChain(chain.result, content.files, content.required, 'stock')
  if (walked && !walked.ok) return walked
  const certificate = CERTIFICATE_STEPS.read(parsed.value)
  if (!certificate.ok) return certificate
  if (attributeValue(certificate.value.subject, 'CN') !== signer) return refuse('incorrect_certificate')
  const value = checkSignatureValue(parsed.value, certificate.value, content)
  if (!value.ok) return value
  const issuer = caOf(trust, certificate.value)
  if (!issuer) return refuse('internal_error')
  return CERTIFICATE_STEPS.judge(parsed.value, certificate.value, issuer.certificate, trust, AT, 'stock', issuer.instance)
}

describe.skipIf(vectors() === null)('signature documents made by stock', () => {
  test('the rows of family 07', async () => {
    const trust = must(await loadTrust(`${vectors()}/globalconf/EE-v2-trust`))
    const judged = ROWS.map((row) => [row.what, row.expected, verdict(row, trust)] as const)
    console.log(`signature documents: ${judged.filter(([, expected, found]) => expected === found).length} of ${ROWS.length} rows`)
    expect(judged.filter(([, expected, found]) => expected !== found)).toEqual([])
  })
  test('a signature of 2012 with manifests of time stamps is read', () => {
    expect(readSignature(vector('signatures/xades.signature.ts.xml')).ok).toBe(true)
  })
})
