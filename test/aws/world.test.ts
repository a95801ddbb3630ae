import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HOUR, instant } from '../../src/base/clock.ts'
import { keptExchanges } from '../../src/exchange/monitoring/kept-exchanges.ts'
import { USUAL } from '../../src/metering/question.ts'
import { usageOf } from '../../src/metering/what-if.ts'
import { formatId, memberOf } from '../../src/protocol/identifiers.ts'
import { question } from '../journeys/soap-world.ts'
import { runTool } from '../tools.ts'
import { awsThrough } from './account.ts'
import { needsEmulators } from './emulators.ts'
import { exportedEvidence } from './exported.ts'
import { type AwsNode, type AwsWorld, DIF, openAwsWorld, REST, ROOT_FOLDER, SOAP } from './world.ts'

const SOAP_CALL = { method: 'POST', headers: { 'Content-Type': 'text/xml; charset=utf-8' } }
/** A question to the member that owns SEDESOQ's node. */
const aboutOperation = (code: string, inside: string): string =>
  question({ client: formatId(DIF), service: `${formatId(memberOf(SOAP))}/-/${code}` })
    .replace('<id:subsystemCode>-</id:subsystemCode>', '')
    .replace(/<getstate.*<\/getstate>/, `<om:${code} xmlns:om="http://x-road.eu/xsd/op-monitoring.xsd">${inside}</om:${code}>`)
const seconds = (from: number, to: number): string =>
  `<om:searchCriteria><om:recordsFrom>${Math.floor(from / 1000)}</om:recordsFrom><om:recordsTo>${Math.floor(to / 1000)}</om:recordsTo></om:searchCriteria>`
const soapQuestion = question({ client: formatId(DIF), service: formatId(SOAP) })

describe.skipIf(!needsEmulators())('two agencies in AWS, deployed from their templates', () => {
  let world: AwsWorld
  beforeAll(async () => {
    world = await openAwsWorld()
  }, 400_000)
  afterAll(() => world?.close())
  const nodes = (): readonly AwsNode[] => [world.dif, world.sedesoq]

  test('every resource of both stacks was made', () => {
    for (const { stack } of nodes()) {
      expect(stack.resources.filter(({ status }) => status !== 'CREATE_COMPLETE')).toEqual([])
      const types = new Set(stack.resources.map(({ type }) => type))
      console.log(`${stack.resources.length} resources of ${types.size} types: CREATE_COMPLETE`)
      expect(stack.resources.length).toBeGreaterThan(40)
    }
  })

  test('exchange a REST message', async () => {
    const reply = await world.call(`/r1/${formatId(REST)}/personas/1?detalle=si`)
    expect([reply.status, reply.body.toString()], lastWords(world)).toEqual([200, '{"url":"/personas/1?detalle=si","octets":0}'])
  })

  test('exchange a SOAP message', async () => {
    const reply = await world.call('/', { ...SOAP_CALL, body: soapQuestion })
    expect([reply.status, reply.body.toString()], lastWords(world)).toEqual([200, expect.stringContaining('getstateResponse')])
  })

  test('exchange a large message, which goes by the bucket', async () => {
    const body = 'x'.repeat(1_500_000)
    const reply = await world.call(`/r1/${formatId(REST)}/grande`, { method: 'POST', body })
    expect([reply.status, reply.body.toString()], lastWords(world)).toEqual([200, '{"url":"/grande","octets":1500000}'])
    for (const { files } of nodes()) expect(await files.listLocked('staging/')).toHaveLength(1)
  })

  test('a warm exchange asks KMS once and SQS twice on each side, and nothing else of AWS', async () => {
    for (const node of nodes()) for (const door of Object.values(node.doors)) door.proxy.forget()
    const times = 5
    for (let n = 0; n < times; n++) expect((await world.call(`/r1/${formatId(REST)}/personas/${n}`)).status).toBe(200)
    const consumer = counted(world.dif.doors.consume.proxy.calls)
    const provider = counted(world.sedesoq.doors.provide.proxy.calls)
    console.log(`per exchange · consumer ${perExchange(consumer, times)} · provider ${perExchange(provider, times)}`)
    for (const [side, calls] of [
      ['consumer', consumer],
      ['provider', provider],
    ] as const) {
      const { signatures, queued } = usageOf(USUAL, side) // what the price of an exchange is reckoned from
      expect(calls).toEqual({ 'kms:Sign': signatures * times, 'sqs:SendMessage': queued.length * times })
    }
  })

  test('secure and seal; the evidence of both verifies offline, each container and the chain', async () => {
    for (const node of nodes()) {
      node.doors.archive.proxy.forget()
      const run = (await node.doors.archive.invoke()) as { secured: number; sealed: number; setAside: number }
      expect(run, node.doors.archive.log().join('\n')).toMatchObject({ secured: 16, sealed: 16, setAside: 0 })
      console.log(`archive of 16 records: ${perExchange(counted(node.doors.archive.proxy.calls), 1)}`)
      const folder = mkdtempSync(join(tmpdir(), 'sacbe-offline-'))
      try {
        const { containers, archives } = await exportedEvidence(node.files, folder)
        expect(containers).toHaveLength(16)
        const sacbe = (...args: string[]) => runTool(process.execPath, [join(ROOT_FOLDER, 'bin', 'sacbe.ts'), ...args])
        const verified = sacbe('verify', '--json', ...containers, '--trust', join(folder, 'trust'))
        expect([verified.status, verified.stderr], verified.stdout.toString()).toEqual([0, ''])
        expect(verified.stdout.toString().trim().split('\n')).toHaveLength(16)
        expect(sacbe('verify-archive', ...archives, '--first', '--trust', join(folder, 'trust')).status).toBe(0)
      } finally {
        rmSync(folder, { recursive: true })
      }
    }
  })

  test('answer what they are asked about their operation: from what the archive noted, which is all that their door may read of it', async () => {
    const { sedesoq } = world
    const { from, to } = { from: instant(Date.now() - HOUR), to: instant(Date.now()) }
    const noted = { ...sedesoq.files, peek: async () => [] }
    const { exchanges } = await keptExchanges({ from, to, most: 1000, end: 'oldest', wanted: () => true }, noted)
    expect(exchanges.map(({ request, response }) => [request !== undefined, response !== undefined])).toEqual(Array(8).fill([true, true]))
    for (const [code, inside, answer] of [
      ['getSecurityServerHealthData', '', 'servicesEvents'],
      ['getSecurityServerOperationalData', seconds(from, to), 'recordsCount'],
    ] as const) {
      const reply = await world.call('/', { ...SOAP_CALL, body: aboutOperation(code, inside) })
      expect(reply.body.toString(), lastWords(world)).toMatch(new RegExp(`<om:${code}Response.*<om:${answer}`, 's'))
    }
    const provide = awsThrough(world.emulators.ministack, await sedesoq.stack.credentialsOf('Provide'))
    const may = async (key: string) => (await provide.object('GetObject', { bucket: sedesoq.settings.EVIDENCE_BUCKET ?? '', key })).status
    const [name = ''] = await sedesoq.files.listLocked('operations/')
    expect([await may(name), await may('journal/0000000001'), await may('archive/x'), await may('receipts/0000000001.jsonl')]).toEqual([
      200, 403, 403, 403,
    ])
  })

  test('every put into the bucket is on condition that the name is free, carries a checksum, and asks for no lock of its own', () => {
    const puts = nodes().flatMap(({ doors }) => Object.values(doors).flatMap(({ proxy }) => proxy.puts))
    expect(puts.length).toBeGreaterThan(10)
    for (const headers of puts) {
      expect(headers['if-none-match']).toBe('*')
      expect(headers['x-amz-checksum-sha256']).toMatch(/^[A-Za-z0-9+/]{43}=$/)
      expect(Object.keys(headers).filter((name) => name.startsWith('x-amz-object-lock'))).toEqual([])
    }
  })

  test('a signature is asked for over a digest and by RSA with SHA-512 alone; each door writes only its own part of the table', () => {
    const writes: Record<string, readonly string[]> = { consume: ['trust'], provide: ['trust'], archive: ['archive', 'lease', 'trust'] }
    for (const { doors } of nodes())
      for (const [name, { proxy }] of Object.entries(doors))
        for (const { action, input } of proxy.questions) {
          if (action === 'Sign') expect(input).toMatchObject({ MessageType: 'DIGEST', SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_512' })
          if (action === 'PutItem') expect(writes[name]).toContain((input.Item as { pk: { S: string } }).pk.S)
          expect(action).not.toBe('TransactWriteItems')
        }
  })

  test('a door may do nothing with the other agency’s key, queue, bucket, table or parameter, nor with what its own work does not need', async () => {
    const { ministack } = world.emulators
    const as = async (node: AwsNode, role: string) => awsThrough(ministack, await node.stack.credentialsOf(role))
    const consume = await as(world.dif, 'Consume')
    const archive = await as(world.dif, 'Archive')
    const keyOf = ({ stack }: AwsNode) => stack.physical('AWS::KMS::Key')
    const sign = (KeyId: string) => ({
      KeyId,
      Message: Buffer.alloc(64).toString('base64'),
      MessageType: 'DIGEST',
      SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_512',
    })
    const { settings: own } = world.dif
    const { settings: other } = world.sedesoq
    expect(await consume.ask('Sign', sign(keyOf(world.dif)))).toBeTruthy()
    const denied = [
      () => consume.ask('Sign', sign(keyOf(world.sedesoq))),
      () => consume.ask('SendMessage', { QueueUrl: other.EVIDENCE_QUEUE, MessageBody: 'x' }),
      () => consume.ask('GetItem', { TableName: other.NODE_TABLE, Key: { pk: { S: 'trust' }, sk: { S: 'trust' } } }),
      () => consume.ask('GetParameter', { Name: other.AUTHENTICATION_PARAMETER, WithDecryption: true }),
      () => consume.ask('ReceiveMessage', { QueueUrl: own.EVIDENCE_QUEUE }),
      () => archive.ask('Sign', sign(keyOf(world.dif))),
      () => archive.ask('SendMessage', { QueueUrl: own.EVIDENCE_QUEUE, MessageBody: 'x' }),
      () => archive.ask('GetParameter', { Name: own.AUTHENTICATION_PARAMETER, WithDecryption: true }),
    ]
    for (const each of denied) await expect(each(), String(each)).rejects.toThrow(/AccessDenied/)
    const bucketsDenied = [
      consume.object('GetObject', { bucket: other.EVIDENCE_BUCKET ?? '', key: 'receipts/0000000001.jsonl' }),
      consume.object('GetObject', { bucket: own.EVIDENCE_BUCKET ?? '', key: 'receipts/0000000001.jsonl' }),
      consume.object('PutObject', { bucket: own.EVIDENCE_BUCKET ?? '', key: 'journal/0000000009', body: Buffer.from('x') }),
      archive.object('GetObject', { bucket: other.EVIDENCE_BUCKET ?? '', key: 'receipts/0000000001.jsonl' }),
      archive.object('PutObject', { bucket: own.EVIDENCE_BUCKET ?? '', key: 'staging/x', body: Buffer.from('x') }),
    ]
    for (const [index, each] of bucketsDenied.entries()) expect((await each).status, String(index)).toBe(403)
  })

  test('a door stays small: its bundle, and its heap once it has served', async () => {
    for (const [door, { heap, octets, importMs }] of [
      ['consume', world.dif.doors.consume],
      ['provide', world.sedesoq.doors.provide],
      ['archive', world.dif.doors.archive],
    ] as const) {
      const used = await heap()
      console.log(
        `${door}: ${Math.ceil(octets / 1024)} KB, loaded in ${importMs.toFixed(0)} ms, heap ${(used / 1e6).toFixed(1)} MB after its first requests`,
      )
      expect(octets).toBeLessThan(600 * 1024)
      expect(used).toBeLessThan(40e6)
    }
  })

  test('a message that cannot be kept goes no further, and the caller is told what may have happened', async () => {
    const { proxy } = world.dif.doors.consume
    for (const [sends, outcome, called] of [
      [0, undefined, 0],
      [1, 'unknown', 1],
    ] as const) {
      const before = world.serviceCalls.length
      let kept = 0
      proxy.decide(({ action }) => (action === 'SendMessage' && kept++ >= sends ? 'lost' : 'pass'))
      const reply = await world.call(`/r1/${formatId(REST)}/sin-constancia`)
      proxy.decide(() => 'pass')
      expect([reply.headers['x-road-error'], reply.headers['x-sacbe-outcome']]).toEqual(['server.clientproxy.logging_failed', outcome])
      expect(world.serviceCalls.length - before).toBe(called)
    }
  })

  test('a consumer whose key service is throttled says busy, and nothing was sent', async () => {
    const { proxy } = world.dif.doors.consume
    const before = world.serviceCalls.length
    proxy.decide(({ service }) => (service === 'kms' ? { status: 400, body: '{"__type":"ThrottlingException"}' } : 'pass'))
    const reply = await world.call(`/r1/${formatId(REST)}/ocupado`)
    proxy.decide(() => 'pass')
    expect([reply.status, reply.headers['x-road-error'], reply.headers['x-sacbe-outcome']]).toEqual([
      500,
      'server.clientproxy.busy',
      undefined,
    ])
    expect(world.serviceCalls.length).toBe(before)
  })

  test('no line of any log holds a path, a body, or a secret', () => {
    const lines = nodes().flatMap(({ doors }) => Object.values(doors).flatMap((door) => door.log()))
    expect(lines.length).toBeGreaterThan(15)
    for (const line of lines) {
      expect(() => JSON.parse(line), line).not.toThrow()
      expect(line).not.toMatch(/personas|detalle|PRIVATE KEY|EE37702211234/)
    }
  })
})

/** What the doors logged last, for whoever reads a failure. */
const lastWords = ({ dif, sedesoq }: AwsWorld): string => [...dif.doors.consume.log(), ...sedesoq.doors.provide.log()].slice(-12).join('\n')

function counted(calls: readonly { readonly service: string; readonly action: string }[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { service, action } of calls) counts[`${service}:${action}`] = (counts[`${service}:${action}`] ?? 0) + 1
  return counts
}
const perExchange = (counts: Readonly<Record<string, number>>, times: number): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count / times}`)
    .join(', ')
