import type { Spread } from './cpu.ts'
import type { Figures } from './figures.ts'
import type { LoadFigures } from './throughput/load.ts'
import { REFERENCE_SPEED } from './throughput/run.ts'

const ms = ({ middle, spread }: Spread): string => `${middle.toFixed(3)} ms (±${(spread * 50).toFixed(0)} %)`
const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

/** docs/performance.md, as `npm run bench -- --write` makes it. */
export function performanceDocument(figures: Figures): string {
  const sections = [
    '# Performance',
    'Made by `npm run bench -- --write`; every figure is one that this command prints. Do not edit.',
    `${figures.at}, ${figures.machine}. Ratios are of figures taken in turns in one run; a shared machine moves the absolute ones.`,
    exchange(figures.exchange),
    steps(figures.steps),
    throughput(figures.throughput),
    sealing(figures.sealing),
    growth(figures.growth),
    tail(figures.tail),
    configuration(figures.configuration),
    doors(figures.doors),
  ]
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`
}

function exchange(part: Figures['exchange']): string {
  if (!part) return ''
  const { counted, exchangeMs, floorMs, ratio, nullSignerMs } = part
  return [
    '## CPU of one exchange',
    'Both nodes, from the call to the released answer: 4 KiB asked, 8 KiB answered, software RSA-2048, TLS, HTTP and the disk apart.',
    table(
      ['', ''],
      [
        ['an exchange', ms(exchangeMs)],
        [
          `its cryptography alone: ${counted.signatures} signatures, ${counted.verifications} verifications, ${counted.digests} digests over ${counted.digestedBytes} octets`,
          ms(floorMs),
        ],
        ['ratio (goal: at most 2.0)', `**${ratio.middle.toFixed(2)}** (runs: ${ratio.runs.map((run) => run.toFixed(2)).join(', ')})`],
        ['with a signer that knows every signature already (goal: at most 0.6 ms)', ms(nullSignerMs)],
      ],
    ),
  ].join('\n\n')
}

function steps(part: Figures['steps']): string {
  if (!part) return ''
  const rows = part.steps.map(({ step, microseconds, perExchange }) => [
    step,
    microseconds.toFixed(1),
    perExchange,
    (microseconds * perExchange).toFixed(0),
  ])
  return ['## By step', table(['step', 'µs', 'times in an exchange', 'µs in an exchange'], rows)].join('\n\n')
}

function throughput(part: Figures['throughput']): string {
  if (!part) return ''
  const row = (who: string) => (figures: LoadFigures) => [
    who,
    figures.atOnce,
    ...[figures.perSecond.toFixed(0), figures.p50.toFixed(1), figures.p95.toFixed(1), figures.p99.toFixed(1), figures.cpuMs.toFixed(2)],
  ]
  return [
    '## Through TLS, on disk',
    'Consumer and provider node, the service and whoever asks on one machine; each record is on disk before anything goes on. Beside it two plain proxies with mutual TLS that pass on the same octets and sign as often. A quarter of each turn leads in and is not counted, and all go on asking until the last that counts is answered.',
    table(
      ['', 'at once', 'a second', 'p50 ms', 'p95 ms', 'p99 ms', 'CPU ms of both for one'],
      [...part.nodes.map(row('nodes')), ...part.proxies.map(row('plain proxies'))],
    ),
    `At the highest concurrency ${percent(part.share.middle)} of plain proxying (goal: at least 40 %; turn by turn ${part.share.runs.map(percent).join(', ')}). Other machines took ${percent(part.others)} of the processors meanwhile.`,
    scaled(part),
  ].join('\n\n')
}

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`

function scaled({ scaled: { perSecond, cpuMs }, signaturesPerSecond }: NonNullable<Figures['throughput']>): string {
  const runs = (spread: Spread, digits: number) => spread.runs.map((run) => run.toFixed(digits)).join(', ')
  return (
    `Before and after every turn \`openssl speed\` shows ${runs(signaturesPerSecond, 0)} RSA-2048 signatures a second; each turn scaled to ${REFERENCE_SPEED}: ` +
    `**${perSecond.middle.toFixed(0)} a second and ${cpuMs.middle.toFixed(2)} ms of CPU** (goal: 600 a second and 3 ms; turn by turn ${runs(perSecond, 0)} and ${runs(cpuMs, 2)}).`
  )
}

function sealing(part: Figures['sealing']): string {
  if (!part) return ''
  return [
    '## Securing, sealing, verifying',
    table(
      ['', ''],
      [
        ['records secured a second', part.securedPerSecond.toFixed(0)],
        ['containers sealed a second', part.sealedPerSecond.toFixed(0)],
        ['octets of a record, of its container', `${part.octetsOfRecord}, ${part.octetsOfContainer}`],
        [
          `memory held at most while ${part.heldOverMiB.toFixed(0)} MiB of records are secured and sealed`,
          `${part.heldMiB.toFixed(0)} MiB`,
        ],
        ['containers verified offline a second, strictly', part.verifiedPerSecond.toFixed(0)],
      ],
    ),
  ].join('\n\n')
}

function growth(part: Figures['growth']): string {
  if (!part) return ''
  const rows = part.map(({ what, sizes, figures, unit, exponent }) => [
    what,
    sizes.join(' → '),
    figures.map((figure) => figure.toFixed(unit === 'ms' ? 3 : 1)).join(' → '),
    unit,
    exponent.toFixed(2),
  ])
  return [
    '## Growth',
    'The exponent e says: ten times as much of it costs 10^e times as much.',
    table(['', 'sizes', 'figures', '', 'exponent'], rows),
  ].join('\n\n')
}

function tail(part: Figures['tail']): string {
  if (!part) return ''
  const [few, many] = part.p95Ms
  return (
    `The 95th percentile of an exchange, signatures and all, among ${part.members[0]} and among ${part.members[1]} members, in turns: ` +
    `${few.middle.toFixed(3)} and ${many.middle.toFixed(3)} ms of CPU: **${((part.ratio.middle - 1) * 100).toFixed(1)} %** more ` +
    `(goal: at most 10 %; runs: ${part.ratio.runs.map((ratio) => `${((ratio - 1) * 100).toFixed(1)} %`).join(', ')}).`
  )
}

function configuration(part: Figures['configuration']): string {
  if (!part) return ''
  const rows = part.map(({ members, bytes, publishMs, writeMs, loadMs, heapBytes }) => [
    members,
    `${(bytes / 1024).toFixed(0)} KiB`,
    ...[publishMs, writeMs, loadMs].map((ms) => ms.toFixed(1)),
    `${(heapBytes / 2 ** 20).toFixed(1)} MiB`,
  ])
  return [
    '## The configuration of an exchange',
    'CPU to publish it in all versions, to write one, and, of the thread that does it, to read, verify and index one (goal at 10,000 members: 500 ms and 100 MB).',
    table(['members', 'shared-params', 'publish ms', 'write ms', 'load ms', 'heap'], rows),
  ].join('\n\n')
}

function doors(part: Figures['doors']): string {
  if (!part) return ''
  const rows = part.map(({ door, kilobytes, importMs, megabytes }) => [
    door,
    kilobytes.toFixed(0),
    importMs.median.toFixed(0),
    importMs.fastest.toFixed(0),
    megabytes.toFixed(1),
  ])
  return [
    '## Doors',
    'Bundles as they are deployed, in fresh processes (goals for a message door: 600 KB, 80 ms, 40 MB).',
    table(['door', 'KB minified', 'import and set-up ms', 'fastest', 'heap MB'], rows),
  ].join('\n\n')
}
