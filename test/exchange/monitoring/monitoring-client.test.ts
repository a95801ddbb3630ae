import { expect, test } from 'vitest'
import { lockedFiles } from '../../../src/adapters/local/locked-files.ts'
import { openNodeStore } from '../../../src/adapters/local/node-store.ts'
import { HOUR, instant, later, SECOND } from '../../../src/base/clock.ts'
import { ok } from '../../../src/base/result.ts'
import { newMemory } from '../../../src/exchange/memory.ts'
import type { FetchUrl, TrustInForce } from '../../../src/exchange/ports.ts'
import { refreshTrust } from '../../../src/exchange/trust-refresh.ts'
import { trustFolder, trustFromFiles } from '../../../src/trust/trust-files.ts'
import { writeSharedParameters } from '../../../src/trust/write-shared-parameters.ts'
import { partLocation, writeSignedDirectory } from '../../../src/trust/write-signed-directory.ts'
import { writeIdentifier } from '../../../src/trust/xml-identifiers.ts'
import { temporaryFolder } from '../../contract/temporary-folder.ts'
import { client, exampleDraft } from '../../trust/example.ts'
import { directorySigner } from '../../trust/signer.ts'

const AT = instant(Date.UTC(2026, 1, 6, 10, 1, 12, 123))
const VIGIA = client('SEDESOQ', 'VIGIA')
const shared = writeSharedParameters(exampleDraft(), 6)
const monitoring = (inside: string) =>
  Buffer.from(
    `<x:conf xmlns:x="http://x-road.eu/xsd/xroad.xsd" xmlns:id="http://x-road.eu/xsd/identifiers"><monitoringClient>${inside}</monitoringClient></x:conf>`,
  )
const NAMED = monitoring(writeIdentifier('monitoringClientId', VIGIA))

/** A centre that publishes the optional part, or not, and a node that looks. */
function centre() {
  const { signer, sign } = directorySigner()
  const folder = temporaryFolder()
  const files = new Map<string, Uint8Array>()
  let looks = 0
  const fetchUrl: FetchUrl = async (url) => {
    const body = files.get(new URL(url).pathname)
    return ok({ status: body ? 200 : 404, reason: '', headers: [], body: body ?? new Uint8Array(0) })
  }
  const ports = {
    ...lockedFiles(`${folder}/archive`),
    ...{ store: openNodeStore(`${folder}/node.sqlite`).store, fetchUrl, now: () => AT, memory: newMemory(), log: () => {} },
    anchor: { instance: 'LAB', sources: [{ url: 'http://centro.test/conf', certificates: [signer.certificate] }] },
  }
  return async (part: Uint8Array | null, known?: TrustInForce, tampered = part) => {
    const at = later(AT, looks++ * SECOND)
    const named = (identifier: string, file: string, bytes: Uint8Array) => ({
      identifier,
      instance: 'LAB',
      location: partLocation(6, at, file),
      bytes,
    })
    const parts = [
      named('SHARED-PARAMETERS', 'shared-params.xml', shared),
      ...(part ? [named('MONITORING', 'monitoring-params.xml', part)] : []),
    ]
    for (const { location, bytes } of parts) files.set(location, bytes === part ? (tampered ?? bytes) : bytes)
    files.set('/conf', await writeSignedDirectory({ version: 6, expires: later(AT, HOUR), parts }, signer, sign))
    return refreshTrust(known, ports)
  }
}
const monitorIn = (found: Awaited<ReturnType<typeof refreshTrust>>) => (found.ok ? found.value.trust.monitoringClient : found.fault.path[0])

test('the monitoring client is whom the centre names, comes and goes with it, and costs no other trust', async () => {
  const publish = centre()
  const first = await publish(null)
  expect(first.ok && [first.value.trust.monitoringClient, first.value.trust.own]).toEqual([undefined, 'LAB'])
  const second = await publish(NAMED, first.ok ? first.value : undefined)
  expect(monitorIn(second)).toEqual(VIGIA)
  const third = await publish(NAMED, second.ok ? second.value : undefined)
  expect(third.ok && second.ok && third.value.trust === second.value.trust).toBe(true)
  expect(monitorIn(await publish(monitoring(''), third.ok ? third.value : undefined))).toBeUndefined()
})
test('a part that is not the one the directory names, or cannot be read, is no step forward', async () => {
  expect(monitorIn(await centre()(NAMED, undefined, monitoring('')))).toBe('global_conf_part_downloaded_file_integrity_failure')
  expect(monitorIn(await centre()(Buffer.from('<no/>')))).toBe('malformed_optional_parts_conf')
})
test('it is read from a folder as stock servers keep it', () => {
  const files = new Map(trustFolder('LAB', [{ instance: 'LAB', version: 6, sharedParameters: shared }]))
  files.set('LAB/monitoring-params.xml', NAMED)
  const trust = trustFromFiles(files)
  expect(trust.ok && trust.value.monitoringClient).toEqual(VIGIA)
  files.set('LAB/monitoring-params.xml', Buffer.from('x'))
  expect(trustFromFiles(files).ok).toBe(false)
})
