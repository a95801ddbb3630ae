import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { drillRestore } from '../../src/local/drill.ts'
import { openExchange } from './exchange.ts'

test('a centre and its nodes come back from archive and configuration alone, with new keys; old evidence needs none', {
  timeout: 400_000,
}, async () => {
  await using exchange = await openExchange()
  for (let call = 0; call < 5; call++) await exchange.get(`/${call}`)
  for (const node of exchange.world.nodes.values()) await node.tend()
  for (const node of ['bank', 'register']) await exchange.sealed(node)
  const scratch = mkdtempSync(join(tmpdir(), 'sacbe-drill-'))
  try {
    const done = await drillRestore({ home: exchange.folder, scratch, now: exchange.now, log: () => {} })
    if (!done.ok) throw new Error(done.fault.en)
    console.log(JSON.stringify(done.value))
    const { nodes, exchange: after, sealedAfter } = done.value
    for (const { records, strict, stock } of nodes) expect([strict, stock]).toEqual([records, records])
    expect(nodes.map(({ records }) => records).filter((records) => records > 0)).toEqual([10, 10])
    expect([after, sealedAfter]).toEqual(['answered', 4])
    expect((await exchange.get('/live')).status).toBe(200)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
})
