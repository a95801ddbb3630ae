// One node of a world in a process of its own: node bench/throughput/node.ts HOME NODE. Ends when its standard input does.
import { instant } from '../../src/base/clock.ts'
import { startNodeAlone } from '../../src/local/node-alone.ts'

const [home = '', node = ''] = process.argv.slice(2)
const started = await startNodeAlone({ home, node, passphrase: 'nopal azul', now: () => instant(Date.now()) })
if (!started.ok) throw new Error(started.fault.en)
console.log('ready')
process.stdin.on('end', () => void started.value.close().then(() => process.exit(0))).resume()
