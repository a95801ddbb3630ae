import { ok, type Result, refused } from '../../src/base/result.ts'
import type { Agency, Environment, EnvironmentName, Exchange, Lock } from './exchange.ts'
import { fieldsOf, numberOf, type Problem, type Tell, tellTwins, textOf, under } from './problems.ts'
import { tellShares } from './shares.ts'

const ACCOUNT = {
  form: /^\d{12}$/,
  es: 'número de cuenta de AWS, 12 dígitos, entre comillas',
  en: 'AWS account number, 12 digits, in quotes',
}
const REGION = { form: /^[a-z]{2}-[a-z]+-\d$/, es: 'región de AWS, como «mx-central-1»', en: "AWS Region, such as 'mx-central-1'" }
const DOMAIN = {
  form: /^(?=.{4,180}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
  es: 'zona DNS en minúsculas, como «intercambio.queretaro.gob.mx»',
  en: "DNS zone in lower case, such as 'intercambio.queretaro.gob.mx'",
}
const IDENTIFIER = {
  form: /^[^\p{C}\s/\\;:%]{1,60}$/u,
  es: 'identificador de instancia sin espacios ni / \\ ; : %, como «QRO»',
  en: "instance identifier without spaces or / \\ ; : %, such as 'QRO'",
}
const MEMBER = {
  form: /^[^\p{C}\s/\\;:%]{1,60}\/[^\p{C}\s/\\;:%]{1,60}$/u,
  es: 'clase y código del miembro, como «GOB/DIF»',
  en: "member class and code, such as 'GOB/DIF'",
}
const ID = {
  form: /^(?!(?:central|account|api|test)$)[a-z][a-z0-9-]{0,18}[a-z0-9]$/,
  es: 'nombre corto: de 2 a 20 letras minúsculas, dígitos y «-»; no puede ser central, account, api ni test',
  en: "short name: 2 to 20 lower case letters, digits and '-'; not central, account, api or test",
}
const MAIL = { form: /^$|^[^\s@]+@[^\s@]+\.[^\s@]+$/, es: 'dirección de correo', en: 'mail address', fallback: '' }

const TOP = ['instance', 'domain', 'environments', 'agencies', 'region', 'alarmMail']
const COMMON = ['account', 'logDays', 'quotas']
const AGENCY = ['id', 'member', 'accounts', 'region', 'consumerEdge', 'concurrency', 'throttle', 'alarmMail']
const DEFAULT_REGION = 'mx-central-1'

/**
 * The exchange that `exchange.config.ts` describes, every setting filled in; or everything that is wrong with it, at once. Nothing is made and
 * nothing outside is asked. Types are not trusted: the file runs without a compiler.
 */
export function readConfig(config: unknown): Result<Exchange, readonly Problem[]> {
  const problems: Problem[] = []
  const tell: Tell = (at, es, en) => void problems.push({ at, es, en })
  const exchange = exchangeOf(config, tell)
  return problems.length === 0 ? ok(exchange) : refused(problems)
}

type Top = { readonly instance: string; readonly domain: string; readonly region: string; readonly alarmMail: string }

function exchangeOf(config: unknown, tell: Tell): Exchange {
  const fields = fieldsOf(config, '', TOP, tell)
  const top: Top = {
    instance: textOf(fields, '', 'instance', IDENTIFIER, tell),
    domain: textOf(fields, '', 'domain', DOMAIN, tell),
    region: textOf(fields, '', 'region', { ...REGION, fallback: DEFAULT_REGION }, tell),
    alarmMail: textOf(fields, '', 'alarmMail', MAIL, tell),
  }
  const agencies = listOf(fields.agencies, 'agencies', tell).map((agency, index) => agencyOf(agency, `agencies[${index}]`, top, tell))
  tellTwins(
    agencies.map(({ id }) => id),
    'agencies',
    'id',
    tell,
  )
  tellTwins(
    agencies.map(({ member }) => member),
    'agencies',
    'member',
    tell,
  )
  const environments = environmentsOf(fields.environments, agencies, top, tell)
  for (const environment of environments) tellShares(environment, tell)
  return { instance: top.instance, environments }
}

function listOf(value: unknown, at: string, tell: Tell): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0) return value
  tell(at, 'debe ser una lista con al menos una dependencia', 'must be a list with at least one agency')
  return []
}

type Described = Omit<Agency, 'account' | 'shared' | 'domains' | 'member' | 'alarmMail'> & {
  readonly member: string
  readonly accounts: Partial<Record<EnvironmentName, string>>
  readonly alarmMail: string
}

function agencyOf(value: unknown, at: string, top: Top, tell: Tell): Described {
  const fields = fieldsOf(value, at, AGENCY, tell)
  const part = (name: string, known: string[]) => fieldsOf(fields[name] ?? {}, under(at, name), known, tell)
  const [accounts, concurrency, throttle] = [
    part('accounts', ['test', 'production']),
    part('concurrency', ['consume', 'provide']),
    part('throttle', ['rate', 'burst']),
  ]
  const account = (name: EnvironmentName) =>
    accounts[name] === undefined ? {} : { [name]: textOf(accounts, under(at, 'accounts'), name, ACCOUNT, tell) }
  return {
    id: textOf(fields, at, 'id', ID, tell),
    member: textOf(fields, at, 'member', MEMBER, tell),
    accounts: { ...account('test'), ...account('production') },
    region: textOf(fields, at, 'region', { ...REGION, fallback: top.region || DEFAULT_REGION }, tell),
    consumerEdge: edgeOf(fields.consumerEdge, under(at, 'consumerEdge'), tell),
    concurrency: {
      consume: numberOf(concurrency, under(at, 'concurrency'), 'consume', [1, 1000], 5, tell),
      provide: numberOf(concurrency, under(at, 'concurrency'), 'provide', [1, 1000], 5, tell),
    },
    throttle: {
      rate: numberOf(throttle, under(at, 'throttle'), 'rate', [1, 10_000], 20, tell),
      burst: numberOf(throttle, under(at, 'throttle'), 'burst', [1, 5_000], 10, tell),
    },
    alarmMail: textOf(fields, at, 'alarmMail', { ...MAIL, fallback: top.alarmMail }, tell),
  }
}

function edgeOf(value: unknown, at: string, tell: Tell): 'rest' | 'http' {
  if (value !== undefined && value !== 'rest' && value !== 'http') tell(at, 'debe ser «rest» o «http»', "must be 'rest' or 'http'")
  return value === 'http' ? 'http' : 'rest'
}

function environmentsOf(value: unknown, agencies: readonly Described[], top: Top, tell: Tell): readonly Environment[] {
  const fields = fieldsOf(value, 'environments', ['test', 'production'], tell)
  const names = (['test', 'production'] as const).filter((name) => fields[name] !== undefined)
  if (names.length === 0) tell('environments', 'falta al menos uno: test, production', 'at least one is needed: test, production')
  const environments = names.map((name) => environmentOf(name, fields[name], agencies, top, tell))
  const [first, second] = environments.map(({ account }) => account)
  if (first && first === second)
    tell(
      'environments.production.account',
      'debe ser otra cuenta que la de test: la evidencia bloqueada de producción no se puede borrar con ella',
      'must be another account than that of test: the locked evidence of production cannot be removed with it',
    )
  return environments
}

function environmentOf(name: EnvironmentName, value: unknown, agencies: readonly Described[], top: Top, tell: Tell): Environment {
  const at = `environments.${name}`
  const fields = fieldsOf(value, at, [...COMMON, name === 'test' ? 'retentionDays' : 'retentionYears'], tell)
  const quotas = fieldsOf(fields.quotas ?? {}, `${at}.quotas`, ['lambdaConcurrency', 'apiRate', 'apiBurst'], tell)
  const account = textOf(fields, at, 'account', ACCOUNT, tell)
  const domain = name === 'test' ? `test.${top.domain}` : top.domain
  return {
    name,
    instance: top.instance,
    account,
    region: top.region,
    domain,
    lock: lockOf(name, fields, at, tell),
    logDays: numberOf(fields, at, 'logDays', [1, 3653], name === 'test' ? 14 : 365, tell),
    quotas: {
      lambdaConcurrency: numberOf(quotas, `${at}.quotas`, 'lambdaConcurrency', [10, 100_000], 1000, tell),
      apiRate: numberOf(quotas, `${at}.quotas`, 'apiRate', [1, 100_000], 2500, tell),
      apiBurst: numberOf(quotas, `${at}.quotas`, 'apiBurst', [1, 100_000], 1250, tell),
    },
    alarmMail: top.alarmMail || null,
    agencies: agencies.map((agency) => placed(agency, name, account, domain)),
  }
}

function lockOf(name: EnvironmentName, fields: Readonly<Record<string, unknown>>, at: string, tell: Tell): Lock {
  if (name === 'test') return { mode: 'GOVERNANCE', days: numberOf(fields, at, 'retentionDays', [1, 30], 1, tell) }
  const years = fields.retentionYears
  if (Number.isInteger(years) && Number(years) >= 1 && Number(years) <= 100) return { mode: 'COMPLIANCE', years: Number(years) }
  tell(
    `${at}.retentionYears`,
    'diga cuántos años (de 1 a 100). No hay valor por omisión porque NO SE PUEDE DESHACER: nadie, ni el usuario raíz ni AWS, podrá borrar la evidencia ni acortar su plazo, y la cuenta no podrá cerrarse antes',
    'say how many years (1 to 100). There is no default because it CANNOT BE UNDONE: nobody, not the root user and not AWS, will be able to delete evidence or shorten its time, and the account cannot be closed before',
  )
  return { mode: 'COMPLIANCE', years: 1 }
}

function placed({ accounts, member, alarmMail, ...agency }: Described, name: EnvironmentName, operator: string, domain: string): Agency {
  const account = accounts[name] ?? operator
  const [memberClass = '', code = ''] = member.split('/')
  return {
    ...agency,
    member: { class: memberClass, code },
    account,
    shared: account === operator,
    domains: { provider: `${agency.id}.${domain}`, consumer: `api.${agency.id}.${domain}` },
    alarmMail: alarmMail || null,
  }
}
