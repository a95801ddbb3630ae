import { cpus } from 'node:os'
import { benchDoors } from './doors.ts'
import { benchExchange } from './exchange.ts'

/** npm run bench [-- --json]: figures as ratios taken in one run, with the machine they were taken on. */
const figures = {
  machine: `${cpus().length} × ${cpus()[0]?.model}, Node ${process.versions.node}`,
  exchange: await benchExchange(),
  doors: await benchDoors(),
}

if (process.argv.includes('--json')) console.log(JSON.stringify(figures))
else {
  const { counted, exchangeMs, floorMs, ratio, nullSignerMs } = figures.exchange
  console.log(figures.machine)
  console.log(
    `per exchange: ${counted.signatures} signatures, ${counted.verifications} verifications, ${counted.digests} digests over ${counted.digestedBytes} bytes`,
  )
  for (const [run, ms] of exchangeMs.runs.entries())
    console.log(`  exchange ${ms.toFixed(3)} ms CPU · floor ${floorMs.runs[run]?.toFixed(3)} ms · ratio ${ratio.runs[run]?.toFixed(2)}`)
  console.log(`ratio ${ratio.middle.toFixed(2)}, spread ${(ratio.spread * 100).toFixed(0)} % over ${ratio.runs.length} runs`)
  console.log(`without the signatures' own time: ${nullSignerMs.middle.toFixed(3)} ms for both nodes`)
  console.log('doors in AWS, and the SDK they do without:')
  for (const { door, kilobytes, importMs, megabytes } of figures.doors)
    console.log(
      `  ${door}: ${kilobytes} KB · loaded in ${importMs.median.toFixed(0)} ms (fastest ${importMs.fastest.toFixed(0)}) · heap ${megabytes.toFixed(1)} MB`,
    )
}
