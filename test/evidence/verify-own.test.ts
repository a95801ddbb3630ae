import { describe, expect, test } from 'vitest'
import { signerOf } from '../../src/evidence/message-signer.ts'
import { isCanonicalForm, readSignature } from '../../src/evidence/signature-document.ts'
import { type Profile, verifyMessage } from '../../src/evidence/verify.ts'
import { codeOf } from '../../src/protocol/faults.ts'
import { OWN_TIME, type OwnRow, ownMessage, ownRows, ownTrust } from './own-containers.ts'

/**
 * Rows that another step decides or a later release decides otherwise: a message without a signer or a part is refused before any
 * signature is looked at; References to attachments came with 7.6.
 */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'edge/multi-reference.asice': 'VALID',
  'edge/zip-no-message.asice': 'no message',
  'edge/zip-upper-case-message.asice': 'no message',
  'edge/zip-signature-name.asice': 'no message',
  'edge/soap-no-protocol-version.asice': 'internal_error',
}

async function verdict({ file }: OwnRow, profile: Profile): Promise<string> {
  const received = await ownMessage(file)
  if (!received) return 'no message'
  const signer = signerOf(received.message)
  if (!signer.ok) return codeOf(signer.fault)
  const outcome = verifyMessage(received.documents, received.parts, signer.value, await ownTrust(), OWN_TIME, profile)
  return outcome.ok ? 'VALID' : codeOf(outcome.fault)
}

test('the wire check answers as stock X-Road 7.2.2 did', async () => {
  const rows = await Promise.all(
    ownRows().map(async (row) => [row.file, ELSEWHERE[row.file] ?? row.wire, await verdict(row, 'stock')] as const),
  )
  const same = rows.filter(([, expected, found]) => expected === found)
  const decidedHere = rows.filter(([file]) => !(file in ELSEWHERE)).length
  console.log(
    `wire verdicts of own containers: ${same.length} of ${rows.length} rows, ${rows.length - decidedHere} of them decided elsewhere`,
  )
  expect(rows.filter(([, expected, found]) => expected !== found)).toEqual([])
  expect(rows).toHaveLength(120)
})

/** What strict refuses although stock takes it; every other row has the same verdict, or a code of the strict walk for a refusal. */
const STRICT: Readonly<Record<string, string>> = {
  'edge/alg-rsa1-digest-sha1.asice': 'weak_algorithm',
  'edge/bare-root-hides-schema-error.asice': 'malformed_signature',
  'edge/blank-before-signature.asice': 'malformed_signature',
  'edge/blank-hides-schema-error.asice': 'malformed_signature',
  'edge/chain-unreferenced.asice': 'unaccounted_bytes',
  'edge/direct-uncovered-body.asice': 'uncovered_part',
  'edge/no-signedproperties-reference.asice': 'uncovered_part',
  'edge/references-30.asice': 'uncovered_part',
  'edge/signedproperties-only.asice': 'uncovered_part',
  'edge/wrong-signingcertificate-digest.asice': 'incorrect_certificate',
  'edge/ocsp-future.asice': 'invalid_cert_path.incorrect_validation_info',
}

test('strict refuses more, never less, and each for its own reason', async () => {
  const rows = await Promise.all(
    ownRows().map(async (row) => [row.file, await verdict(row, 'stock'), await verdict(row, 'strict')] as const),
  )
  expect(
    Object.fromEntries(
      rows.filter(([, stock, strict]) => stock === 'VALID' && strict !== 'VALID').map(([file, , strict]) => [file, strict]),
    ),
  ).toEqual(STRICT)
  expect(rows.filter(([, stock, strict]) => stock !== 'VALID' && strict === 'VALID')).toEqual([])
})

describe('canonical form', () => {
  test('every regular container of ours has it', async () => {
    for (const { file } of ownRows().filter(({ file }) => !file.includes('/'))) {
      const received = await ownMessage(file)
      const parsed = received && readSignature(received.documents.signature)
      expect(parsed?.ok && isCanonicalForm(received?.documents.signature as Uint8Array, parsed.value), file).toBe(true)
    }
  })
  test.each([
    'edge/blank-before-signature.asice',
    'edge/certref-blanks.asice',
    'edge/transforms-5.asice',
    'edge/root-is-ds-signature.asice',
  ])('%s has not', async (file) => {
    const received = await ownMessage(file)
    const parsed = received && readSignature(received.documents.signature)
    expect(parsed?.ok && isCanonicalForm(received?.documents.signature as Uint8Array, parsed.value)).toBe(false)
  })
})
