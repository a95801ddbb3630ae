import { describe, expect, test } from 'vitest'
import { configurationOf, type NodeFile } from '../../src/local/node-file.ts'

const file = (oldestPeer: string): NodeFile => ({
  ...{ name: 'dif', server: 'QRO/GOB/DIF/S1', edge: 'rest', consumerPort: 0, providerPort: 0, archiveSeconds: 5 },
  ...{ clients: [], services: [], rights: [], policies: [], settings: { oldestPeer } },
})

describe('what a node’s folder says of it', () => {
  test.each(['7.6', 'nueva', '', '7.6.0.1'])(
    'names a version of peers’ software when it names one: not %j, and it is told before any message',
    async (version) => {
      await expect(configurationOf('/nowhere', file(version))).rejects.toThrow(/malformed_server_conf: oldestPeer is .* like 7\.6\.0/)
    },
  )
  test.each(['7.6.0', '7.6.0-beta'])('may name %s: what is missing then is a certificate', async (version) => {
    await expect(configurationOf('/nowhere', file(version))).rejects.toThrow(/authentication/)
  })
})
