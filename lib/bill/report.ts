import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { instant } from '../../src/base/clock.ts'
import { readTariff, type Tariff } from '../../src/metering/tariff.ts'
import { type Bundles, bundleKilobytes } from '../bundle.ts'
import type { Exchange } from '../config/exchange.ts'
import { AGENCY_DOORS, CENTRE_DOORS } from '../doors.ts'
import { accountLimits, verdictOn } from '../limits.ts'
import type { Synthesized } from '../synth.ts'
import { type IdleBill, idleBill } from './idle-bill.ts'

export type SynthReport = {
  readonly exchange: Exchange
  readonly bundles: Bundles
  readonly templates: readonly Synthesized[]
  readonly ms: number
  /** '--limits', '--bill' */
  readonly asked: readonly string[]
  readonly root: string
}

const PRICES = 'src/metering/prices/aws-2026-11-23.json'

/** The price file of the project, for a Region. */
export function tariffFor(root: string, region: string, at = instant(Date.now())): Tariff {
  const tariff = readTariff(JSON.parse(readFileSync(join(root, PRICES), 'utf8')), region, at)
  if (!tariff.ok) throw new Error(`${PRICES}: ${tariff.fault.detail}`)
  return tariff.value
}

/** What `npm run synth` says: what was made, what is missing, what it costs asleep, and what nobody is told of. */
export function synthLines({ exchange, bundles, templates, ms, asked, root }: SynthReport): readonly string[] {
  const region = exchange.environments[0]?.region ?? 'us-east-1'
  return [
    `${templates.length} plantillas · templates, ${(ms / 1000).toFixed(1)} s`,
    ...templates.map(({ file, template }) => `  ${file.slice(root.length + 1)}  ${Object.keys(template.Resources).length}`),
    ...doorLines(bundles),
    ...warningLines(exchange),
    ...billLines(idleBill(templates, tariffFor(root, region)), region, asked.includes('--bill')),
    ...(asked.includes('--limits') ? limitLines(exchange) : []),
  ]
}

function doorLines(bundles: Bundles): readonly string[] {
  const missing = [...AGENCY_DOORS, ...CENTRE_DOORS].filter((door) => !bundles.has(door))
  return [
    ...[...bundles].map(([door, folder]) => `  functions/${door}: ${bundleKilobytes(folder)} KB`),
    ...(missing.length > 0
      ? [`puertas que aún no existen y no se despliegan · doors not written yet and left out: ${missing.join(', ')}`]
      : []),
  ]
}

function warningLines({ environments }: Exchange): readonly string[] {
  return environments.flatMap(({ name, lock, alarmMail }) => [
    lock.mode === 'COMPLIANCE'
      ? `${name}: la evidencia queda bajo llave ${lock.years} años y NADIE podrá quitarla · evidence is locked for ${lock.years} years and NOBODY can lift it`
      : `${name}: la evidencia queda bajo llave ${lock.days} día(s), modo GOVERNANCE · evidence is locked for ${lock.days} day(s), GOVERNANCE mode`,
    ...(alarmMail === null ? [`${name}: sin alarmMail, nadie recibe las alarmas · without alarmMail nobody is told of alarms`] : []),
  ])
}

export function billLines({ stages, unpriced }: IdleBill, region: string, whole: boolean): readonly string[] {
  const money = (usd: number) => usd.toFixed(whole ? 4 : 2).padStart(8)
  return [
    `USD al mes sin tráfico · USD a month asleep (${region}):`,
    ...stages.flatMap(({ stage, usd, lines }) => [
      `  ${money(usd)}  ${stage}`,
      ...(whole ? lines.map(({ price, quantity, usd }) => `    ${money(usd)}  ${price} × ${Number(quantity.toPrecision(6))}`) : []),
    ]),
    ...unpriced.map((each) => `  SIN PRECIO · WITHOUT A PRICE: ${each}`),
  ]
}

export function limitLines({ environments }: Exchange): readonly string[] {
  return environments.flatMap((environment) => [
    `límites de la cuenta · limits of account ${environment.account} (${environment.name}, ${environment.region}):`,
    ...accountLimits(environment).flatMap((limit) => [
      `  ${verdictOn(limit).padEnd(4)}  ${limit.needs} / ${limit.gives}  ${limit.what}${limit.sure ? '' : ' (límite de memoria · limit from memory: sacbe preflight)'}`,
      `        ${limit.does.es} · ${limit.does.en}`,
    ]),
  ])
}
