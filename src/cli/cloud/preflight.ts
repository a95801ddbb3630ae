import type { Environment } from '../../../lib/config/exchange.ts'
import { accountLimits, type Limit, verdictOn } from '../../../lib/limits.ts'
import { type AccountRead, type Quota, readAccount } from '../../adapters/aws/account-quotas.ts'
import { EXIT, type Io, inLanguage } from '../io.ts'
import { type Here, placesHere } from './account.ts'
import { openProject, type ProjectOptions } from './project.ts'
import { type AccountState, readState, stateFaults } from './state.ts'

export type PreflightOptions = ProjectOptions & { readonly json: boolean; readonly all: boolean }

/** What was found about one thing an account must give. `source`: AWS told it, or it is what AWS usually gives. */
export type Finding = {
  readonly account: string
  readonly region: string
  readonly key: string
  readonly what: string
  readonly verdict: 'fits' | 'near' | 'short'
  readonly needs: number
  readonly gives: number
  readonly used?: number
  readonly source: 'told' | 'usual'
  /** Passing it slows messages down, and loses none; a deployment does not stop for it. */
  readonly slows: boolean
  readonly does: { readonly es: string; readonly en: string }
  readonly request?: string
}

/** Limits that only rates of traffic meet. */
const SLOWS = new Set(['kms-rsa', 'ssm-reads', 'domain-changes', 'api-rate', 'api-burst'])

/** `sacbe preflight`: whether the account can hold what the file describes. @returns 0 it can, 1 something is short, 2 it could not look */
export async function preflightCommand(options: PreflightOptions, io: Io): Promise<number> {
  const project = await openProject(options, io)
  if (!project.ok) return project.fault
  const places = await placesHere(project.value.environment, io)
  if (!places.ok) return places.fault
  let short = 0
  for (const place of places.value) {
    const looked = await examine(project.value.environment, place)
    if (options.json) tellJson(looked, io)
    else tellPlace(place, looked, options.all, io)
    short += looked.findings.filter(({ verdict }) => verdict === 'short').length + stateFaults(looked.state).length
  }
  return short === 0 ? EXIT.ok : EXIT.no
}

export type Looked = { readonly findings: readonly Finding[]; readonly state: AccountState; readonly untold: AccountRead['untold'] }

/** Reads a place and holds it against what the environment needs there. */
export async function examine(environment: Environment, place: Here): Promise<Looked> {
  const { quotas, untold } = await readAccount(place.operator)
  const state = await readState(environment, place)
  const given = Object.fromEntries(Object.entries(quotas).flatMap(([key, { gives }]) => (gives === undefined ? [] : [[key, gives]])))
  const limits = accountLimits(environment, given, place)
  const findings = limits.map((limit) => findingOf(limit, quotas[limit.key] ?? {}, state, place))
  return { findings, state, untold }
}

/** What others use already counts until something of ours is there; from then on nobody can tell whose it is, and the limit itself is held against us. */
function findingOf(limit: Limit, { gives, used, ask }: Quota, state: AccountState, { account, region }: Here): Finding {
  const others = state.deployed.length === 0 ? (used ?? 0) : 0
  const whole = { ...limit, needs: limit.needs + others }
  const judged = verdictOn(whole)
  const verdict = judged === 'over' ? 'short' : judged
  return {
    account,
    region,
    key: limit.key,
    what: limit.what,
    verdict,
    needs: whole.needs,
    gives: limit.gives,
    ...(used === undefined ? {} : { used }),
    source: gives === undefined ? 'usual' : 'told',
    slows: SLOWS.has(limit.key),
    does: limit.does,
    ...(verdict === 'fits' ? {} : { request: requestFor(limit.key, roomy(whole.needs), ask, region) }),
  }
}

/** A fifth more than is needed, in round numbers: nobody asks twice a year. */
export function roomy(needs: number): number {
  const wanted = needs * 1.2
  const step = 10 ** Math.max(1, Math.floor(Math.log10(wanted)) - 1)
  return Math.ceil(wanted / step) * step
}

function requestFor(key: string, value: number, ask: Quota['ask'], region: string): string {
  if (ask?.adjustable)
    return `aws service-quotas request-service-quota-increase --region ${region} --service-code ${ask.service} --quota-code ${ask.code} --desired-value ${value}`
  if (key === 'iam-roles')
    return `aws service-quotas request-service-quota-increase --region us-east-1 --service-code iam --quota-code L-FE177D64 --desired-value ${value}`
  if (key === 'ssm-reads')
    return `aws ssm update-service-setting --region ${region} --setting-id /ssm/parameter-store/high-throughput-enabled --setting-value true`
  if (key === 'domain-changes') return 'dé cuenta propia a algunas dependencias · give some agencies their own accounts'
  return `https://console.aws.amazon.com/support/home  (${key} → ${value})`
}

function tellJson({ findings, state, untold }: Looked, io: Io): void {
  for (const finding of findings) io.out(JSON.stringify({ kind: 'limit', ...finding }))
  for (const fault of stateFaults(state)) io.out(JSON.stringify({ kind: 'state', ...fault }))
  for (const each of untold) io.out(JSON.stringify({ kind: 'untold', ...each }))
}

const MARKS = { fits: '✔', near: '!', short: '✘' } as const

function tellPlace({ account, region, agencies, centre }: Here, { findings, state, untold }: Looked, all: boolean, io: Io): void {
  const say = (es: string, en: string, indent = '') => {
    for (const line of inLanguage({ es, en }, io.lang).split('\n')) io.out(`${indent}${line}`)
  }
  const what = `${account} ${region}: ${[...(centre ? ['central'] : []), ...agencies.map(({ id }) => id)].join(', ')}`
  say(`Cuenta ${what}`, `Account ${what}`)
  for (const { verdict, needs, gives, used, source, slows, what: name, does, request } of findings) {
    if (verdict === 'fits' && !all) continue
    const usual =
      source === 'usual'
        ? inLanguage({ es: ' (lo usual; AWS no lo dijo)', en: ' (usual; AWS did not tell)' }, io.lang).replace('\n', '')
        : ''
    io.out(`${MARKS[verdict]} ${name}: ${needs} / ${gives}${usual}${used === undefined ? '' : `  [${used}]`}${slows ? '  ~' : ''}`)
    if (verdict === 'fits') continue
    say(does.es, does.en, '    ')
    if (request) io.out(`    → ${request}`)
  }
  for (const { es, en } of stateFaults(state)) say(`✘ ${es}`, `✘ ${en}`)
  for (const { what: asked, why } of untold) say(`? ${asked} no contestó: ${why}`, `? ${asked} did not answer: ${why}`)
  const short = findings.filter(({ verdict }) => verdict === 'short').length + stateFaults(state).length
  if (short === 0) say('Alcanza.', 'It is enough.')
  else
    say(
      `Faltan ${short}. Lo marcado con ~ solo frena; no se pierde nada.`,
      `${short} short. What is marked ~ only slows things down; nothing is lost.`,
    )
}
