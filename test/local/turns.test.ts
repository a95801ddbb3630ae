import { describe, expect, test } from 'vitest'
import { Turns } from '../../src/local/turns.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** Asks for a turn for each, all at once; who began when, in turns of the event loop. */
async function begun(turns: Turns, whose: readonly string[]): Promise<readonly (readonly [turn: number, name: string])[]> {
  let now = 0
  let over = false
  const count = () => {
    now++
    if (!over) setImmediate(count)
  }
  setImmediate(count)
  const seen: (readonly [number, string])[] = []
  const beginning = async (name: string) => {
    await turns.take(name)
    seen.push([now, name])
  }
  await Promise.all(whose.map(beginning))
  over = true
  return seen
}

describe('taking turns', () => {
  test('whoever is alone begins at once', async () => {
    const turns = new Turns()
    for (let n = 0; n < 3; n++) {
      expect(turns.take('a')).toBeUndefined()
      await turn()
    }
  })

  test('of many that come at once one begins in a turn', async () => {
    const seen = await begun(new Turns(), ['a', 'a', 'a', 'a', 'a'])
    expect(seen.map(([when]) => when)).toEqual([0, 1, 2, 3, 4])
  })

  test('whoever asks much waits for itself: the lines take turns, and each line keeps its order', async () => {
    const seen = await begun(new Turns(), ['noisy', 'noisy', 'noisy', 'noisy', 'quiet', 'noisy', 'other', 'quiet'])
    expect(seen.map(([, name]) => name)).toEqual(['noisy', 'noisy', 'quiet', 'other', 'noisy', 'quiet', 'noisy', 'noisy'])
  })

  test('a line that has emptied and fills again stands behind those who waited', async () => {
    const turns = new Turns()
    const order: string[] = []
    const ask = async (name: string) => {
      await turns.take(name)
      order.push(name)
      if (name === 'again' && order.length < 6) void ask('again')
    }
    await Promise.all(['first', 'again', 'waiting', 'waiting'].map(ask))
    for (let n = 0; n < 10; n++) await turn()
    expect(order.slice(0, 5)).toEqual(['first', 'again', 'waiting', 'again', 'waiting'])
  })
})
