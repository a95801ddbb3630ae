import { describe, expect, test } from 'vitest'
import { later } from '../../src/base/clock.ts'
import { encodeRecord } from '../../src/evidence/record.ts'
import type { Sign } from '../../src/exchange/ports.ts'
import { archivedByDay } from '../../src/metering/daily-close.ts'
import { exchangesOf } from '../../src/metering/exchanges.ts'
import { purposeOf } from '../../src/metering/purpose.ts'
import { receiptOf } from '../../src/metering/receipt.ts'
import { readAllReceipts, readReceipts } from '../../src/metering/receipts.ts'
import { USUAL_TERMS } from '../../src/metering/usage.ts'
import { archiveAll } from '../exchange/archive-checks.ts'
import { post, type TwoNodes, twoNodes } from '../exchange/two-nodes.ts'
import { tariffOf } from './prices.ts'

type Node = TwoNodes['consumer'] | TwoNodes['provider']

async function filesOf({ archivePorts }: Node) {
  const names = await archivePorts.listLocked('receipts/')
  return Promise.all(names.map(async (name) => ({ name, text: Buffer.from((await archivePorts.getLocked(name)) ?? []).toString() })))
}

async function positionsOf(node: Node) {
  const read = readAllReceipts(await filesOf(node))
  if (!read.ok) throw new Error(read.fault.detail)
  return read.value
}

const withIssue = () => {
  const call = post('hola')
  return { ...call, headers: [...(call.headers ?? []), ['X-Road-Issue', 'EXP-2025-0042'] as const] }
}

describe('the receipts that the archive writes', () => {
  test('are one fact per exchange and side, with what its price follows from', async () => {
    const world = await twoNodes()
    const sizes = []
    for (let n = 0; n < 3; n++) {
      expect((await world.ask(withIssue())).ok).toBe(true)
      world.clock.now = later(world.clock.now, 1000)
    }
    for (const record of await world.consumer.kept()) sizes.push(encodeRecord(record).length)
    for (const node of [world.consumer, world.provider]) await archiveAll(node.archivePorts)
    for (const [side, node] of [['consumer', world.consumer] as const, ['provider', world.provider] as const]) {
      const exchanges = exchangesOf(await positionsOf(node))
      expect(exchanges.length).toBe(3)
      for (const each of exchanges) {
        expect(each).toMatchObject({
          side,
          client: 'QRO/GOB/DIF/APOYOS',
          service: 'QRO/GOB/SEDESOQ/PADRON/consulta',
          purpose: 'EXP-2025-0042',
          signatures: 1,
        })
        expect(each.records.map(({ direction }) => direction)).toEqual(['request', 'response'])
        expect(
          each.records.every(
            ({ sharedBy, evidence, containerBytes }) => sharedBy === 6 && evidence.includes('.zip/') && containerBytes > 1000,
          ),
        ).toBe(true)
        expect(each.responseBytes).toBeGreaterThan(0)
      }
    }
    expect(exchangesOf(await positionsOf(world.consumer)).flatMap(({ records }) => records.map(({ bytes }) => bytes))).toEqual(sizes)
  })

  test('name an exchange that nobody answered, and what could not be sealed', async () => {
    const world = await twoNodes()
    world.register.answer = () => ({ ok: false, fault: { path: ['network_error'], detail: '' } })
    await world.ask()
    await archiveAll(world.consumer.archivePorts)
    const [exchange] = exchangesOf(await positionsOf(world.consumer))
    expect(exchange).toMatchObject({ responseBytes: null, purpose: null })
    const receipt = receiptOf(exchange as never, USUAL_TERMS, tariffOf())
    expect(receipt.time).toBe('assumed')
    expect(receipt.lines.reduce((sum, { usd }) => sum + usd, 0n)).toBe(receipt.usd)
  })

  test('tell a signature over several messages from one of its own: as many as the key was asked for', async () => {
    const world = await twoNodes()
    const { configuration, ports, archivePorts } = world.consumer
    const clients = configuration.current.clients.map((each) => ({ ...each, signing: { ...each.signing, batch: true } }))
    configuration.current = { ...configuration.current, clients }
    const { sign } = ports
    let asked = 0
    const slow: Sign = async (...question) => {
      asked++
      await new Promise((resolve) => setTimeout(resolve, 300))
      return sign(...question)
    }
    Object.assign(ports, { sign: slow })
    await Promise.all(Array.from({ length: 9 }, (_, n) => world.ask(n % 2 ? post(`${n}`) : {})))
    await archiveAll(archivePorts)
    const days = [...archivedByDay(await positionsOf(world.consumer)).values()]
    expect(asked).toBeLessThan(9)
    expect(days).toMatchObject([{ archived: 18, signatures: asked }])
  })
  test('cost the same however often a record is delivered', async () => {
    const world = await twoNodes()
    await world.ask()
    await archiveAll(world.provider.archivePorts)
    const positions = await positionsOf(world.provider)
    const again = [...positions, ...positions.map((position) => ({ ...position, position: position.position + 1 }))]
    expect(exchangesOf(again)).toEqual(exchangesOf(positions))
  })
})

describe('a file of receipts', () => {
  const head = { position: 1, at: 5, sealed: 1, setAside: 0, last: { file: 'a.zip', link: '00' } }
  const line = {
    ...{ identity: 'i', messageId: 'm', requestId: 'r', side: 'consumer', direction: 'request', client: 'A/B/C/D', service: 'A/B/E/F/g' },
    ...{ at: 5, signed: 1, bytes: { message: 1, attachments: [2], record: 3 }, container: 'c.asice', containerBytes: 4, archive: 'a.zip' },
  }
  const file = (...lines: object[]) => lines.map((each) => `${JSON.stringify(each)}\n`).join('')
  const without = (name: string) => Object.fromEntries(Object.entries(line).filter(([key]) => key !== name))

  test('that is whole is read', () =>
    expect(readReceipts('r', file(head, line))).toMatchObject({ ok: true, value: { position: 1, file: 'a.zip', lines: [line] } }))
  test('with a record that could not be read names where it was set aside', () =>
    expect(
      readReceipts(
        'r',
        file({ ...head, sealed: 0, setAside: 1, last: null }, { sha512: '00', setAside: 'set-aside/1', code: 'malformed_record' }),
      ),
    ).toMatchObject({
      ok: true,
      value: { unreadable: ['set-aside/1'], lines: [] },
    }))

  const whole = file(head, line)
  const bad: [string, string, RegExp][] = [
    ['cut short within a line', whole.slice(0, -20), /line 2: the file is cut short/],
    ['cut short after a line', file(head), /line 1: the head tells of 1 records, there are 0/],
    ['with a line too many', file(head, line, line), /line 3: the head tells of 1 records, there are 2/],
    ['that is empty', '', /line 1: the file is cut short/],
    ['without its head', file(line), /line 1: it is no head/],
    ['with a line that is no JSON', file(head, line).replace('"identity"', 'identity'), /line 2: it is not JSON/],
    ['without a size', file(head, without('bytes')), /line 2: bytes are missing/],
    ['with a size below nothing', file(head, { ...line, bytes: { ...line.bytes, record: -1 } }), /line 2: bytes/],
    ['without a side', file(head, { ...line, side: 'both' }), /line 2: side/],
    ['without its evidence', file(head, without('container')), /line 2: its evidence is not named/],
    ['without an identity', file(head, without('identity')), /line 2: identity is missing/],
    ['with half a signature', file(head, { ...line, signed: 0.5 }), /line 2: at or signed/],
    ['without its archive file', file({ ...head, last: null }, line), /line 1: it names no archive file/],
  ]
  for (const [name, text, why] of bad)
    test(`${name} is refused, naming file and line`, () =>
      expect(readReceipts('receipts/0000000001.jsonl', text)).toMatchObject({
        ok: false,
        fault: { path: ['invalid_receipts'], detail: expect.stringMatching(new RegExp(`^receipts/0000000001.jsonl ${why.source}`)) },
      }))
  test('that is missing between others is refused: nothing is summed over a gap', () =>
    expect(
      readAllReceipts([
        { name: 'one', text: whole },
        { name: 'three', text: file({ ...head, position: 3 }, line) },
      ]),
    ).toMatchObject({
      ok: false,
      fault: { detail: expect.stringMatching(/three line 1: position 2 is missing/) },
    }))
})

describe('the purpose of a message', () => {
  const rest = (issue: string) => Buffer.from(`GET /r1/x\r\nX-Road-Client:a\r\nX-ROAD-ISSUE:${issue}\r\n`)
  test('is what X-Road-Issue says, short and printable', () => {
    expect(purposeOf(rest(' EXP-1 '))).toBe('EXP-1')
    expect(purposeOf(rest('x'.repeat(500)))).toHaveLength(201)
    expect(purposeOf(rest('  '))).toBeUndefined()
    expect(purposeOf(rest('a\u0007b'))).toBe('a\ufffdb')
  })
  test('is what the SOAP header says', () => {
    const soap = (inside: string) =>
      Buffer.from(
        `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:x="http://x-road.eu/xsd/xroad.xsd"><e:Header>${inside}</e:Header><e:Body/></e:Envelope>`,
      )
    expect(purposeOf(soap('<x:issue>EXP-2</x:issue>'))).toBe('EXP-2')
    expect(purposeOf(soap('<issue>EXP-2</issue>'))).toBeUndefined()
  })
  test('is nothing when the message cannot be read', () => {
    for (const bytes of [Buffer.from('<a'), Buffer.from([0xff, 0xfe]), Buffer.alloc(0)]) expect(purposeOf(bytes)).toBeUndefined()
  })
})
