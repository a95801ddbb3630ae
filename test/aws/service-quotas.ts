import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type StandInQuota = { readonly QuotaCode: string; readonly QuotaName: string; readonly Value: number; readonly Adjustable: boolean }

/**
 * Stands in for Service Quotas, which no emulator models: one page an item, in AWS's words. A service it does not know is answered as AWS answers.
 */
export async function startServiceQuotas(quotas: Readonly<Record<string, readonly StandInQuota[]>>) {
  const server = createServer(async (call, answer) => {
    const asked = JSON.parse(Buffer.concat((await call.toArray()) as Buffer[]).toString('utf8')) as {
      ServiceCode: string
      NextToken?: string
    }
    const known = quotas[asked.ServiceCode]
    const at = Number(asked.NextToken ?? 0)
    answer.setHeader('content-type', 'application/x-amz-json-1.1')
    if (call.headers['x-amz-target'] !== 'ServiceQuotasV20190624.ListServiceQuotas' || !known)
      return void answer.writeHead(400).end('{"__type":"NoSuchResourceException","Message":"no such service"}')
    const next = at + 1 < known.length ? { NextToken: String(at + 1) } : {}
    answer.end(JSON.stringify({ Quotas: known.slice(at, at + 1), ...next }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}
