import { AwsRefused, type AwsSettings, codeIn, PATIENT_MS, patiently } from './aws.ts'
import { OPERATOR_ACTIONS, type OperatorAction } from './operator-actions.ts'
import { type Answer, agents, send } from './send.ts'
import { signedHeaders, writeQuery } from './signature-v4.ts'

/**
 * AWS as a person at a terminal asks it, with their own credentials: to look at an account, to deploy and to take away. No door has any of this;
 * what a door may ask is in actions.ts.
 */
export type Operator = {
  /** Of a service that speaks JSON. Throws AwsRefused, Busy, or whatever the connection had to say. */
  readonly json: <T>(action: OperatorAction, input: object) => Promise<T>
  /** Of a service that takes a form and answers in XML: its text. */
  readonly form: (action: OperatorAction, fields: Readonly<Record<string, string>>) => Promise<string>
  /** Of a service that speaks in paths: an answer below 500, as it is. */
  readonly path: (action: OperatorAction, path: string, more?: PathRequest) => Promise<Answer>
  readonly region: string
}
type PathRequest = {
  readonly query?: Readonly<Record<string, string>>
  readonly body?: string
  readonly contentType?: string
  readonly budgetMs?: number
}

/** @param settings `endpoint`: a place that answers like AWS, for all services */
export function operatorAt(settings: AwsSettings): Operator {
  const connections = agents()
  const ask = (
    action: OperatorAction,
    path: string,
    { query = {}, body = '', contentType, budgetMs = PATIENT_MS }: PathRequest,
    more = {},
  ) => {
    const { service, method = 'POST', host, region = settings.region } = OPERATOR_ACTIONS[action] as Row
    const url = new URL(path, settings.endpoint ?? `https://${host ?? `${service}.${region}.amazonaws.com`}/`)
    url.search = writeQuery(query)
    const octets = Buffer.from(body)
    const headers = { ...(contentType ? { 'content-type': contentType } : {}), ...more, host: url.host }
    return patiently(action, budgetMs, (ms) => {
      const unsigned = { method, path: url.pathname, query: url.search.slice(1), headers, body: octets }
      const signed = signedHeaders(unsigned, { service, region }, settings.credentials(), settings.now())
      return send({ url, method, headers: signed, body: octets }, connections, ms)
    })
  }
  return {
    region: settings.region,
    json: async <T>(action: OperatorAction, input: object) => {
      const { target = '', version = '1.1' } = OPERATOR_ACTIONS[action] as Row
      const contentType = `application/x-amz-json-${version}`
      const answer = await ask(action, '/', { body: JSON.stringify(input), contentType }, { 'x-amz-target': target })
      if (answer.status !== 200) throw refusal(action, answer)
      return JSON.parse(answer.body.toString('utf8') || '{}') as T
    },
    form: async (action, fields) => {
      const { version = '' } = OPERATOR_ACTIONS[action] as Row
      const body = new URLSearchParams({ Action: action, Version: version, ...fields }).toString()
      const answer = await ask(action, '/', { body, contentType: 'application/x-www-form-urlencoded' })
      if (answer.status !== 200) throw refusal(action, answer)
      return answer.body.toString('utf8')
    },
    path: (action, path, more = {}) => ask(action, path, more),
  }
}

type Row = (typeof OPERATOR_ACTIONS)[OperatorAction] & {
  readonly method?: string
  readonly host?: string
  readonly region?: string
  readonly target?: string
  readonly version?: string
}

/** With what the service said, for a person reads it. */
export function refusal(action: string, answer: Answer): AwsRefused {
  const said = /<Message>([^<]*)<\/Message>|"[Mm]essage"\s*:\s*"([^"]*)"/.exec(answer.body.subarray(0, 4096).toString('utf8'))
  return new AwsRefused(action, answer.status, `${codeIn(answer)} ${said?.[1] ?? said?.[2] ?? ''}`.trim())
}

/** The texts of every element of that name, in order. For answers of AWS's older services, which are flat and hold no markup of others. */
export const textsIn = (xml: string, name: string): readonly string[] =>
  [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) => unescaped(text))
export const textIn = (xml: string, name: string): string | undefined => textsIn(xml, name)[0]
/** Each `<member>` of a list. */
export const membersIn = (xml: string, list: string): readonly string[] => {
  const inside = new RegExp(`<${list}>(.*)</${list}>`, 's').exec(xml)?.[1] ?? ''
  return outermost(inside, 'member')
}

/** Elements of a name that lie in no other of it. */
function outermost(xml: string, name: string): readonly string[] {
  const found: string[] = []
  let depth = 0
  let from = 0
  for (const { 0: tag, index } of xml.matchAll(new RegExp(`</?${name}>`, 'g'))) {
    const opens = !tag.startsWith('</')
    if (opens && depth++ === 0) from = index + tag.length
    if (!opens && --depth === 0) found.push(xml.slice(from, index))
  }
  return found
}

const unescaped = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&')
