import { cpus } from 'node:os'
import { benchExchange } from './exchange.ts'

/** npm run bench [-- --json]: figures as ratios taken in one run, with the machine they were taken on. */
const figures = { machine: `${cpus().length} × ${cpus()[0]?.model}, Node ${process.versions.node}`, exchange: await benchExchange() }

if (process.argv.includes('--json')) console.log(JSON.stringify(figures))
else {
  const { counted, runs, ratio, nullSigner } = figures.exchange
  console.log(figures.machine)
  console.log(
    `per exchange: ${counted.signatures} signatures, ${counted.verifications} verifications, ${counted.digests} digests over ${counted.digestedBytes} bytes`,
  )
  for (const run of runs)
    console.log(`  exchange ${run.exchangeMs.toFixed(3)} ms CPU · floor ${run.floorMs.toFixed(3)} ms · ratio ${run.ratio.toFixed(2)}`)
  console.log(`ratio ${ratio.median.toFixed(2)}, spread ${(ratio.spread * 100).toFixed(0)} % over ${runs.length} runs`)
  console.log(`without the signatures' own time: ${nullSigner.exchangeMs.toFixed(3)} ms for both nodes`)
}
