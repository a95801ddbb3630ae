// One node of a world in a process of its own, that says on file descriptor 3 where its exchanges are, and stops one of them at a step.
//   node traced-node.ts HOME NODE STEP OCCURRENCE
// At the OCCURRENCE-th time an exchange comes to STEP it writes `reached STEP` and goes no further with that exchange; the others go on.
import { writeSync } from 'node:fs'
import { instant } from '../../src/base/clock.ts'
import { startNodeAlone } from '../../src/local/node-alone.ts'
import type { NodePorts } from '../../src/local/node-ports.ts'
import type { Step } from './kill-steps.ts'

const [home = '', node = '', step = 'none', occurrence = '0'] = process.argv.slice(2)
const say = (line: string) => writeSync(3, `${line}\n`)
const forever = new Promise<never>(() => {})
let seen = 0

/** Is this the one to stop? Says so before it stops. */
function isReached(here: Step): boolean {
  if (here !== step || ++seen !== Number(occurrence)) return false
  say(`reached ${here}`)
  return true
}
const at = async (here: Step): Promise<void> => (isReached(here) ? forever : undefined)

/** Every port call that lies between keeping and releasing, watched. */
const wrap = (ports: NodePorts): NodePorts => ({
  ...ports,
  keep: async (record) => {
    await ports.keep(record)
    await at(`${record.side}: after the ${record.direction} is kept`)
  },
  callPeer: async (addresses, message, accepts, budget) => {
    let stopped = false
    const sent = () => {
      stopped = isReached('consumer: after sending, before the answer')
    }
    const answer = await ports.callPeer(
      addresses,
      message,
      async (certificate, address) => {
        const accepted = await accepts(certificate, address)
        if (accepted.ok) setTimeout(sent, 2) // the message is written as soon as this answer is given
        return accepted
      },
      budget,
    )
    if (stopped) await forever
    await at('consumer: after the answer, before it is kept')
    return answer
  },
  callService: async (...call) => {
    const answer = await ports.callService(...call)
    await at('provider: after the service answered')
    return answer
  },
  sign: async (...digest) => {
    const signature = await ports.sign(...digest)
    await at('provider: after signing')
    return signature
  },
})

const started = await startNodeAlone({ home, node, passphrase: 'nopal azul', now: () => instant(Date.now()), wrap })
if (!started.ok) {
  say(`failed ${started.fault.code} ${started.fault.en}`)
  process.exit(2)
}
say('ready')
process.stdin.on('end', () => void started.value.close().then(() => process.exit(0))).resume()
