import { describe, expect, test } from 'vitest'
import { answering, codeIn, post, twoNodes } from './two-nodes.ts'

describe('one exchange', () => {
  test('brings the answer back, and each side keeps both messages', async () => {
    const world = await twoNodes()
    const answer = await world.ask()
    expect(codeIn(answer)).toBe('ok')
    if (!answer.ok || answer.value.body?.kind !== 'bytes') throw new Error('no body')
    expect(Buffer.from(answer.value.body.bytes).toString()).toBe('{"curp":"X"}')
    for (const [node, side] of [
      [world.consumer, 'consumer'],
      [world.provider, 'provider'],
    ] as const)
      expect((await node.kept()).map((record) => `${record.side} ${record.direction}`)).toEqual([`${side} request`, `${side} response`])
  })

  test('signs a body along with the message, both ways', async () => {
    const world = await twoNodes()
    world.register.answer = answering('x'.repeat(100_000))
    const answer = await world.ask(post('hola'))
    expect(codeIn(answer)).toBe('ok')
    const kept = await world.provider.kept()
    expect(kept.map(({ attachments }) => attachments.length)).toEqual([1, 1])
    expect(kept.every(({ documents }) => documents.chain)).toBe(true)
    expect(Buffer.from(world.register.calls[0]?.body ?? []).toString()).toBe('hola')
  })
})
