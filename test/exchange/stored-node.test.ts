import { describe, expect, test } from 'vitest'
import { openNodeStore } from '../../src/adapters/local/node-store.ts'
import { readReach } from '../../src/exchange/reach/reach.ts'
import { NODE, type NodeToStore, readStoredNode, storedNode } from '../../src/exchange/stored-node.ts'
import { writeAnchor } from '../../src/trust/anchor.ts'
import { temporaryFolder } from '../contract/temporary-folder.ts'
import { CONSULTA, cast, DIF, SEDESOQ, serviceOf, twoNodes } from './two-nodes.ts'

const openapi = {
  openapi: '3.0.3',
  info: { title: 'x', version: '1' },
  paths: { '/personas/{id}': { get: { responses: { 200: { description: 'ok' } } } } },
}

async function nodeToStore(): Promise<{ node: NodeToStore; anchor: Uint8Array }> {
  const { ca } = await cast()
  const { reach: _, ...configuration } = (await twoNodes()).provider.configuration.current
  const certificates = [ca.certificate.der]
  const anchor = writeAnchor({
    instance: 'QRO',
    generatedAt: '2026-11-24T12:00:00Z',
    sources: [{ url: 'http://centro.example/internalconf', certificates }],
  } as unknown as Parameters<typeof writeAnchor>[0])
  const node: NodeToStore = {
    ...configuration,
    services: [serviceOf({ tls: { kind: 'pinned', certificates } }), serviceOf({ id: { ...CONSULTA, serviceVersion: 'v2' } })],
    rights: [
      { service: CONSULTA, subject: { kind: 'client', id: DIF }, endpoint: { method: '*', path: '**' } },
      {
        service: { ...CONSULTA, serviceVersion: 'v2' },
        subject: { kind: 'localGroup', code: 'g', members: [DIF, SEDESOQ] },
        endpoint: { method: 'GET', path: '/a' },
      },
      {
        service: { ...CONSULTA, serviceCode: 'otro' },
        subject: { kind: 'globalGroup', instance: 'QRO', code: 'g' },
        endpoint: { method: '*', path: '**' },
      },
    ],
    policies: [
      { service: CONSULTA, requires: ['issue'], openapi: openapi as unknown as NonNullable<NodeToStore['policies'][number]['openapi']> },
    ],
    reach: ['padron.interno', '10.20.0.0/16'],
  }
  return { node, anchor }
}

describe('a node in a store', () => {
  test('is read as it was written: octets, groups of rights, policies, and the networks its list means', async () => {
    const { node, anchor } = await nodeToStore()
    const { store } = openNodeStore(`${temporaryFolder()}/node.sqlite`)
    for (const { key, value } of storedNode(node, anchor)) expect(await store.put(key, value, 0)).toBe(true)
    const read = readStoredNode(await store.query(NODE))
    if (!read.ok) throw new Error(read.fault.detail)
    const { reach, ...rest } = read.value.configuration
    expect({ ok: true, value: reach }).toEqual(readReach(node.reach ?? []))
    const again = storedNode({ ...rest, reach: node.reach ?? [] }, anchor)
    expect(again.toSorted(byKey)).toEqual(storedNode(node, anchor).toSorted(byKey))
    expect(rest.services[0]?.tls).toEqual({ kind: 'pinned', certificates: [Buffer.from((await cast()).ca.certificate.der)] })
    expect(read.value.anchor.instance).toBe('QRO')
  })

  test('that is not set up, or holds what cannot be used, is refused', async () => {
    const { node, anchor } = await nodeToStore()
    const records = (each: NodeToStore, by = anchor) => storedNode(each, by).map((record) => ({ ...record, version: 1 }))
    const refusals = [
      readStoredNode([]),
      readStoredNode(records({ ...node, reach: ['no host!'] })),
      readStoredNode(records({ ...node, oldestPeer: '7.6' })),
      readStoredNode(records({ ...node, policies: [{ service: CONSULTA, requires: [], openapi: { openapi: '2.0' } as never }] })),
    ]
    expect(refusals.map((read) => (read.ok ? 'ok' : read.fault.path[0]))).toEqual(Array(4).fill('malformed_server_conf'))
    expect(readStoredNode(records(node, Buffer.from('<x/>'))).ok).toBe(false)
  })
})

const byKey = (a: { key: string }, b: { key: string }): number => (a.key < b.key ? -1 : 1)
