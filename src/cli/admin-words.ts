import { isObject, type Json, type JsonObject } from '../exchange/contract/json.ts'
import { inLanguage, type Language } from './io.ts'

/** An answer of the administration, for a person: rights on a day as sentences, anything else one line a value. */
export function readable(body: Json, lang: Language): readonly string[] {
  if (Array.isArray(body))
    return body.length === 0
      ? [inLanguage({ es: 'Nada.', en: 'Nothing.' }, lang)]
      : body.flatMap((each) => (isRight(each) ? rightSentence(each, lang) : [lineOf(each)]))
  return isObject(body) ? Object.entries(body).map(([name, value]) => `${name}: ${lineOf(value)}`) : [lineOf(body)]
}

const isRight = (value: Json): value is JsonObject => isObject(value) && isObject(value.right) && isObject(value.by)

function rightSentence({ right, by, through, member, members, configuration, served }: JsonObject, lang: Language): readonly string[] {
  const { service, subject, endpoint, basis } = right as {
    service: string
    subject: JsonObject
    endpoint: { method: string; path: string }
    basis?: string
  }
  const [[kind, name] = ['', '']] = Object.entries(subject)
  const what = endpoint.path === '**' ? service : `${service} (${endpoint.method} ${endpoint.path})`
  const act = by as { number: number; at: string; who: string; what: string }
  const way = through as { number: number; at: string; who: string } | undefined
  const those = members === undefined ? undefined : (members as readonly string[]).join(', ')
  const es = [
    `${kind === 'client' ? name : `El grupo ${name}`} podía llamar ${what}.`,
    `Lo dio ${act.who} el ${act.at} (línea ${act.number}).`,
    basis ? `Fundamento: ${basis}.` : '',
    way ? `En el grupo por ${way.who} el ${way.at} (línea ${way.number}).` : '',
    those === undefined ? '' : `En el grupo: ${those === '' ? 'nadie' : those}.`,
    configuration === undefined ? '' : `Según la configuración ${configuration}, bajo llave en este nodo.`,
    member === null
      ? 'Este nodo no tiene una configuración de ese día; quién estaba en ese grupo global lo dice la bitácora del centro.'
      : '',
    served ? '' : 'El servicio no atendía entonces.',
  ]
  const en = [
    `${kind === 'client' ? name : `The group ${name}`} could call ${what}.`,
    `Given by ${act.who} on ${act.at} (line ${act.number}).`,
    basis ? `Based on: ${basis}.` : '',
    way ? `In the group by ${way.who} on ${way.at} (line ${way.number}).` : '',
    those === undefined ? '' : `In the group: ${those === '' ? 'nobody' : those}.`,
    configuration === undefined ? '' : `By configuration ${configuration}, under lock at this node.`,
    member === null ? "This node has no configuration of that day; who was in that global group, the centre's log tells." : '',
    served ? '' : 'The service did not serve then.',
  ]
  return [inLanguage({ es: es.filter(Boolean).join(' '), en: en.filter(Boolean).join(' ') }, lang)]
}

/** Short: a nested value as JSON. */
const lineOf = (value: Json | undefined): string => (typeof value === 'string' ? value : JSON.stringify(value))
