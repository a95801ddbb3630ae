import { describe, expect, test } from 'vitest'
import { encodeRecord } from '../../src/evidence/record.ts'
import { inUsd, rounded, sumOf } from '../../src/metering/money.ts'
import { USUAL } from '../../src/metering/question.ts'
import { coldShareAt } from '../../src/metering/standing-costs.ts'
import { ASSUMED } from '../../src/metering/usage.ts'
import { estimate, usageOf } from '../../src/metering/what-if.ts'
import { bytesBody } from '../../src/protocol/body.ts'
import { answering, TARGET, twoNodes } from '../exchange/two-nodes.ts'
import { tariffOf } from './prices.ts'

describe('the price of a million exchanges, 4 KB asked and 8 KB answered, a KMS signature each', () => {
  test('is at list price at most 21 USD behind REST and 17 behind HTTP, both sides together', () => {
    const rest = estimate(USUAL, tariffOf()).perMillion
    const http = estimate({ ...USUAL, edge: 'http' }, tariffOf()).perMillion
    console.log(
      `per million: REST ${inUsd(rest.total, 2)}, HTTP ${inUsd(http.total, 2)}; with transfer in the Region at most ${inUsd(rest.totalWithTransferInRegion, 2)}, ${inUsd(http.totalWithTransferInRegion, 2)}`,
    )
    expect(rounded(rest.total)).toBeLessThanOrEqual(21)
    expect(rounded(rest.totalWithTransferInRegion)).toBeLessThanOrEqual(21)
    expect(rounded(http.total)).toBeLessThanOrEqual(17)
    expect(rounded(rest.total) - rounded(http.total)).toBeCloseTo(2.5, 9)
  })
  test('is the sum of its lines, and each line of its sides', () => {
    for (const tier of ['kms', 'kms-other', 'wrapped'] as const) {
      const { lines, total, transferInRegion, totalWithTransferInRegion } = estimate({ ...USUAL, tier }, tariffOf()).perMillion
      expect(sumOf(lines.map(({ usd }) => usd))).toBe(total)
      for (const line of lines) expect(line.consumer + line.provider).toBe(line.usd)
      expect(total + transferInRegion.usd).toBe(totalWithTransferInRegion)
    }
  })
  test('has the signatures at 3 USD each side, five times that for another kind of key, next to nothing when wrapped', () => {
    const signing = (tier: 'kms' | 'kms-other' | 'wrapped') =>
      inUsd(estimate({ ...USUAL, tier }, tariffOf()).perMillion.lines.find(({ item }) => item === 'signature')?.usd as never, 2)
    expect([signing('kms'), signing('kms-other'), signing('wrapped')]).toEqual(['6.00', '30.00', '0.06'])
  })
  test('in Mexico is an estimate in every line', () =>
    expect(
      estimate(USUAL, tariffOf('mx-central-1'))
        .perMillion.lines.filter(({ item }) => item !== 'archive-objects')
        .every(({ estimated }) => estimated),
    ).toBe(true))
  test('for many takes the cheaper tiers, for few it is the same by the message', () => {
    const month = (messages: number) => rounded(estimate({ ...USUAL, messages }, tariffOf()).perMonth.total)
    expect(month(1_000_000)).toBeCloseTo(rounded(estimate(USUAL, tariffOf()).perMillion.total), 9)
    expect(month(0)).toBe(0)
    expect(month(1_000_000_000)).toBeLessThan(1000 * month(1_000_000) - 400)
  })
})

describe('what an estimate owns up to', () => {
  test('a node that sleeps pays for its key, and little else', () => {
    expect(rounded(estimate(USUAL, tariffOf()).idle.total)).toBeLessThan(1.2)
    expect(rounded(estimate({ ...USUAL, tier: 'wrapped' }, tariffOf()).idle.total)).toBeLessThan(0.2)
  })
  test('from how many messages servers win', () => {
    const [single, ha] = estimate(USUAL, tariffOf()).servers
    expect(single?.breakEven).toBeGreaterThan(3_000_000)
    expect(single?.breakEven).toBeLessThan(6_000_000)
    expect(ha?.breakEven).toBeGreaterThan(single?.breakEven ?? 0)
    const at =
      rounded(estimate(USUAL, tariffOf()).perMillion.total) * ((single?.breakEven ?? 0) / 2e6) +
      rounded(estimate(USUAL, tariffOf()).idle.total)
    expect(at).toBeCloseTo(rounded(single?.monthly as never), 3)
  })
  test('functions are cold for nearly everybody when hardly anybody calls', () => {
    expect(coldShareAt(1000)).toBeGreaterThan(0.5)
    expect(coldShareAt(1_000_000)).toBe(ASSUMED.coldShare)
  })
  test('slower work and slower services cost more, by the millisecond', () => {
    const tried = estimate(USUAL, tariffOf()).sensitivity
    for (const what of ['processorMs', 'serviceMs', 'memoryMb'] as const) {
      const totals = tried.filter((each) => each.what === what).map(({ total }) => rounded(total))
      expect(totals).toEqual(totals.toSorted((a, b) => a - b))
      expect(new Set(totals).size).toBeGreaterThan(3)
    }
  })
})

describe('the counts behind the estimate, observed at the ports in real exchanges', () => {
  test('one signature, two records kept and no more on each side; what goes over the wire is within the overhead assumed', async () => {
    const nodes = await twoNodes()
    nodes.register.answer = answering('x'.repeat(USUAL.responseBytes))
    const seen = { consumer: { sign: 0, keep: [] as number[] }, provider: { sign: 0, keep: [] as number[] }, wire: [] as number[] }
    for (const side of ['consumer', 'provider'] as const) {
      const { sign, keep } = nodes[side].ports
      Object.assign(nodes[side].ports, {
        sign: (...asked: Parameters<typeof sign>) => {
          seen[side].sign++
          return sign(...asked)
        },
        keep: (record: Parameters<typeof keep>[0]) => {
          seen[side].keep.push(encodeRecord(record).length)
          return keep(record)
        },
      })
    }
    const { callPeer } = nodes.consumer.ports
    Object.assign(nodes.consumer.ports, {
      callPeer: async (...asked: Parameters<typeof callPeer>) => {
        seen.wire.push(asked[1].body.length)
        const answer = await callPeer(...asked)
        if (answer.ok) seen.wire.push(answer.value.body.length)
        return answer
      },
    })
    for (let n = 0; n < 3; n++)
      expect((await nodes.ask({ method: 'POST', target: TARGET, body: bytesBody(Buffer.alloc(USUAL.requestBytes, 'y')) })).ok).toBe(true)
    for (const side of ['consumer', 'provider'] as const) {
      const usage = usageOf(USUAL, side)
      expect(seen[side].sign).toBe(3 * usage.signatures)
      expect(seen[side].keep.length).toBe(3 * usage.queued.length)
      for (const [index, bytes] of seen[side].keep.entries())
        expect(Math.ceil(bytes * ASSUMED.queueGrowth)).toBeLessThanOrEqual(usage.queued[index % 2] as number)
    }
    const assumed = [ASSUMED.overhead.request, ASSUMED.overhead.response]
    const overhead = seen.wire.map((bytes, index) => bytes - (index % 2 === 0 ? USUAL.requestBytes : USUAL.responseBytes))
    console.log(
      `overhead on the wire: ${overhead.slice(0, 2).join(' and ')} bytes; records: ${seen.consumer.keep.slice(0, 2).join(' and ')} bytes`,
    )
    for (const [index, bytes] of overhead.entries()) {
      expect(bytes).toBeLessThanOrEqual(assumed[index % 2] as number)
      expect(bytes).toBeGreaterThan((assumed[index % 2] as number) / 2)
    }
  })
})
