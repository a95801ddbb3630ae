import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { EDGES_DOCUMENT, renewed, TABLES } from './edges-document.ts'

test('docs/bordes.md says of each edge what the doors do (node test/functions/edges-document.ts writes it anew)', () => {
  const document = readFileSync(EDGES_DOCUMENT, 'utf8')
  expect(renewed(document)).toBe(document)
  for (const rows of Object.values(TABLES)) for (const row of rows) expect(document).toContain(`${row}\n`)
})
