import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadTrust } from '../../src/cli/trust-folder.ts'
import { codeOf } from '../../src/protocol/faults.ts'
import { caOf, issuersOf, ocspFreshness, ocspResponders, trustOf, tsaCertificates } from '../../src/trust/trust.ts'
import { type Files, trustFolder, trustFromFiles } from '../../src/trust/trust-files.ts'
import { writeSharedParameters } from '../../src/trust/write-shared-parameters.ts'
import { certificate, exampleDraft, exampleTrust, published } from './example.ts'

describe('the authorities', () => {
  const trust = exampleTrust()
  const subjects = (issuers: readonly { certificate: { subject: { text: string } } }[]) =>
    issuers.map((issuer) => issuer.certificate.subject.text)
  test('are all top and intermediate certificates; for signing without those that issue for TLS only', () => {
    expect(subjects(issuersOf(trust))).toEqual(['CN=CA', 'CN=CA 2', 'CN=CA TLS'])
    expect(subjects(issuersOf(trust, 'LAB', 'sign'))).toEqual(['CN=CA', 'CN=CA 2'])
    expect(issuersOf(trust, 'OTRA')).toEqual([])
  })
  test('of a certificate are found by issuer name, in one instance or in all', () => {
    const issued = { ...certificate('CA'), issuer: certificate('CA TLS').subject }
    expect(caOf(trust, issued)?.approved.name).toBe('CA de TLS')
    expect(caOf(trust, issued, 'LAB', 'sign')).toBeUndefined()
    expect(caOf(trust, issued, 'OTRA')).toBeUndefined()
    expect(caOf(trust, certificate('TSA'))).toBeUndefined()
  })
  test('that renewed their key under one name are told apart by who signed', () => {
    const renewed = { ...certificate('CA'), der: certificate('CA').der }
    const parameters = published(exampleDraft())
    const old = parameters.approvedCas[0]
    if (!old) throw new Error('no CA')
    const impostor = { ...old, top: { ...old.top, certificate: { ...certificate('CA 2'), subject: certificate('CA').subject } } }
    for (const approvedCas of [
      [old, impostor],
      [impostor, old],
    ]) {
      const both = trustOf('LAB', [{ ...parameters, approvedCas }])
      expect(caOf(both, renewed)?.certificate.der).toEqual(certificate('CA').der)
    }
  })
  test('for time stamps and OCSP count over all instances; freshness is that of home', () => {
    const other = published({ ...exampleDraft('OTRA'), ocspFreshnessSeconds: 60 })
    const federation = trustOf('LAB', [other, published(exampleDraft())])
    expect(tsaCertificates(federation)).toHaveLength(2)
    expect(ocspResponders(federation)).toHaveLength(6)
    expect(ocspFreshness(federation)).toBe(3600)
    expect([...federation.instances.keys()]).toEqual(['LAB', 'OTRA'])
  })
  test('without the own instance there is no trust: a bug', () => expect(() => trustOf('LAB', [])).toThrow())
})

describe('a trust folder', () => {
  const files = (version: 2 | 6 = 6, instance = 'LAB') =>
    trustFolder('LAB', [{ instance, version, sharedParameters: writeSharedParameters(exampleDraft(instance), version) }])
  const verdict = (each: Files) => {
    const trust = trustFromFiles(each)
    return trust.ok ? 'trust' : codeOf(trust.fault)
  }
  const changed = (change: Readonly<Record<string, string | undefined>>, from: Files = files()) => {
    const all = new Map(from)
    for (const [path, content] of Object.entries(change)) content === undefined ? all.delete(path) : all.set(path, Buffer.from(content))
    return all
  }
  const NEXT = (value: string) => `<x:conf xmlns:x="http://x-road.eu/xsd/xroad.xsd"><verifyNextUpdate>${value}</verifyNextUpdate></x:conf>`

  test('that we write is read', () => {
    const trust = trustFromFiles(files())
    expect(trust.ok && [trust.value.own, trust.value.verifyNextUpdate, trust.value.instances.get('LAB')?.version]).toEqual(['LAB', true, 6])
  })
  test('keeps an instance with a slash or a space in its code in one folder', () => {
    const own = 'A/B c'
    const folder = trustFolder(own, [{ instance: own, version: 6, sharedParameters: writeSharedParameters(exampleDraft(own), 6) }])
    expect([...folder.keys()]).toContain('A%2FB%20c/shared-params.xml')
    expect(verdict(folder)).toBe('trust')
    expect(verdict(new Map([...folder].map(([path, bytes]) => [path.replace('%20', '+'), bytes])))).toBe('trust')
  })
  test.each([
    ['without its own name', changed({ 'instance-identifier': undefined })],
    ['of an instance that is not there', changed({ 'instance-identifier': 'OTRA' })],
    ['with a file that is no XML', changed({ 'X/shared-params.xml': 'yyy' })],
    ['with the file of one instance in the folder of another', files(6, 'OTRA')],
    ['noted in a version nobody knows', changed({ 'LAB/shared-params.xml.metadata': '{"configurationVersion":"9"}' })],
    ['noted in a version it does not read in', changed({ 'LAB/shared-params.xml.metadata': '{"configurationVersion":"2"}' })],
  ])('%s is malformed', (_what, each) => expect(verdict(each)).toBe('malformed_global_conf'))
  test.each([undefined, '{}', 'no JSON', '{"configurationVersion":null}'])('with %s for metadata is read for what it is', (metadata) => {
    for (const version of [2, 6] as const) {
      const trust = trustFromFiles(changed({ 'LAB/shared-params.xml.metadata': metadata }, files(version)))
      expect(trust.ok && trust.value.instances.get('LAB')?.version).toBe(version)
    }
  })
  test('says whether a past nextUpdate spoils an OCSP answer', () => {
    const at = 'LAB/nextupdate-params.xml'
    const trust = trustFromFiles(changed({ [at]: NEXT('false') }))
    expect(trust.ok && trust.value.verifyNextUpdate).toBe(false)
    expect(verdict(changed({ [at]: NEXT('perhaps') }))).toBe('malformed_optional_parts_conf')
    expect(verdict(changed({ 'OTRA/nextupdate-params.xml': NEXT('perhaps') }))).toBe('trust')
  })
  test('is the same on disk', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sacbe-trust-'))
    for (const [path, bytes] of files()) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), bytes)
    }
    writeFileSync(join(folder, 'files'), 'a list of its own, which nobody needs')
    expect(await loadTrust(folder)).toEqual(trustFromFiles(files()))
    rmSync(folder, { recursive: true })
    expect(await loadTrust(folder)).toMatchObject({ ok: false, fault: { path: ['io_error'] } })
  })
})
