// Messages one after the other, each with octets that nobody asks for; says how many of all these are left once what is young was collected.
//   node --expose-gc test/large/left-behind.ts
import { Readable } from 'node:stream'
import { chunksOf } from '../../src/adapters/http/chunks.ts'

const MESSAGES = 200
const OCTETS = 100_000

/** Octets outside the heap that are left when what is young was collected. */
function held(): number {
  for (let times = 0; times < 2; times++) globalThis.gc?.({ type: 'minor' })
  return process.memoryUsage().external
}

/** Waited for as every message is. */
async function message(): Promise<void> {
  const stream = Object.assign(new Readable({ read: () => {} }), { brought: new Uint8Array(OCTETS) })
  setImmediate(() => {
    stream.push('x')
    stream.push(null)
  })
  for await (const chunk of chunksOf(stream)) void chunk
}

const before = held()
for (let n = 0; n < MESSAGES; n++) await message()
console.log(JSON.stringify({ left: held() - before, of: MESSAGES * OCTETS }))
