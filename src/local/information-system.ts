import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import type { ClientEntry, NodeEntry } from './world-file.ts'
import type { ClientAnswer, ClientCall } from './world-view.ts'

const PATIENCE_MS = 35_000

/**
 * One call as an agency's own system makes it: HTTPS to its node's door with its client certificate, trusting only the
 * node's own authority. Rejects when the node cannot be reached or trusted.
 */
export function callAs(client: ClientEntry, node: NodeEntry, call: ClientCall): Promise<ClientAnswer> {
  const url = new URL(node.consumer)
  const began = performance.now()
  const headers = { 'X-Road-Client': client.id, ...call.headers, ...(call.body ? { 'Content-Length': String(call.body.length) } : {}) }
  const connection = {
    ca: readFileSync(client.authority),
    cert: readFileSync(client.certificate),
    key: readFileSync(client.key),
    agent: false as const,
  }
  return new Promise((resolve, reject) => {
    const made = request({
      host: url.hostname,
      port: url.port,
      method: call.method,
      path: `/r1/${call.service}${call.path}`,
      headers,
      ...connection,
    })
    made.setTimeout(PATIENCE_MS, () => made.destroy(new Error(`no answer in ${PATIENCE_MS / 1000} s`)))
    made.on('error', reject)
    made.on('response', (response) => {
      response.toArray().then((chunks: Buffer[]) => {
        const raw = response.rawHeaders
        resolve({
          status: response.statusCode ?? 0,
          headers: Array.from({ length: raw.length / 2 }, (_, index) => [raw[2 * index] ?? '', raw[2 * index + 1] ?? ''] as const),
          body: Buffer.concat(chunks),
          milliseconds: Math.round(performance.now() - began),
          messageId: String(response.headers['x-road-id'] ?? ''),
        })
      }, reject)
    })
    made.end(call.body)
  })
}
