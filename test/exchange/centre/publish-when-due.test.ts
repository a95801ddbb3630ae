import { describe, expect, test } from 'vitest'
import { HOUR, SECOND } from '../../../src/base/clock.ts'
import { addMember } from '../../../src/exchange/centre/members.ts'
import { publishedNow } from '../../../src/exchange/centre/publication.ts'
import { publishWhenDue } from '../../../src/exchange/centre/publish-when-due.ts'
import type { Sign } from '../../../src/protocol/sign.ts'
import { sign } from '../../trust/authority.ts'
import { member, testCentre } from './test-centre.ts'

/** A centre that published, and what its publication asks of key and store from now on. */
async function published() {
  const centre = await testCentre()
  const asked = { signatures: 0, reads: 0, keyIsOut: false }
  const counting: Sign = async (...order) => {
    if (asked.keyIsOut) throw new Error('the key service does not answer')
    asked.signatures++
    return sign(...order)
  }
  const store = {
    ...centre.store,
    get: async <T>(key: string) => {
      asked.reads++
      return centre.store.get<T>(key)
    },
  }
  const ports = { ...centre.ports, store, sign: counting }
  const serial = async () => (await publishedNow(centre.store))?.serial
  const join = (code: string) => centre.rule((work) => addMember(work, { id: member(code), name: code }))
  return { centre, ports, asked, serial, join }
}

describe('publishing when somebody asks', () => {
  test('costs two reads while nothing is due', async () => {
    const { ports, asked, serial } = await published()
    await publishWhenDue(ports)
    expect(asked).toEqual({ signatures: 0, reads: 2, keyIsOut: false })
    expect(await serial()).toBe(1)
  })

  test('an act counts with the next question, and is published once however many ask', async () => {
    const { ports, serial, join } = await published()
    await join('SALUD')
    await Promise.all([1, 2, 3, 4].map(() => publishWhenDue(ports)))
    expect(await serial()).toBe(2)
    await join('TURISMO')
    await publishWhenDue(ports)
    expect(await serial()).toBe(3)
  })

  test('signed anew when a part of its life is over, as the same content', async () => {
    const { centre, ports, asked, serial } = await published()
    centre.wait(4 * HOUR)
    await publishWhenDue(ports)
    expect([asked.signatures > 0, await serial()]).toEqual([true, 1])
    const { signatures } = asked
    await publishWhenDue(ports)
    expect(asked.signatures).toBe(signatures)
  })

  test('whoever had the turn and died keeps nobody waiting for longer than half a minute', async () => {
    const { centre, ports, asked, serial, join } = await published()
    await join('SALUD')
    asked.keyIsOut = true
    await expect(publishWhenDue(ports)).rejects.toThrow('the key service does not answer')
    asked.keyIsOut = false
    await publishWhenDue(ports)
    expect(await serial()).toBe(1)
    centre.wait(30 * SECOND)
    await publishWhenDue(ports)
    expect(await serial()).toBe(2)
  })
})
