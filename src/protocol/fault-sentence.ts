import { REASONS } from './fault-reasons.ts'
import { TEXTS } from './fault-texts.ts'
import type { Fault, FaultCode, RaisedBy } from './faults.ts'

export type Sentence = { readonly es: string; readonly en: string }

const WHERE: Readonly<Record<RaisedBy, Sentence>> = {
  client: { es: 'En la petición', en: 'In the request' },
  'server.clientproxy': { es: 'En el nodo consumidor', en: 'At the consumer node' },
  'server.serverproxy': { es: 'En el nodo proveedor', en: 'At the provider node' },
  signer: { es: 'En el servicio de firma', en: 'At the signing service' },
}
const UNKNOWN: Sentence = {
  es: 'No se sabe si el servicio ya ejecutó la operación: compruébelo antes de repetirla.',
  en: 'It is not known whether the service already carried out the operation: check before repeating it.',
}

/** What a person is told, in each language: where, what happened, what to do, and that the outcome is unknown when it is. */
export function sentenceOf(fault: Fault): Sentence {
  const text = fault.reason ? REASONS[fault.reason] : TEXTS[tellingCode(fault.path)]
  const where = fault.by && WHERE[fault.by]
  const told = (language: 'es' | 'en') =>
    [where ? `${where[language]}: ${text[language]}` : text[language], fault.outcome && UNKNOWN[language]].filter(Boolean).join(' ')
  return { es: told('es'), en: told('en') }
}

/** The innermost code says most; 'internal_error' says least. */
const tellingCode = (path: Fault['path']): FaultCode => path.findLast((code) => code !== 'internal_error') ?? 'internal_error'

/** Both languages and the detail in one line: what goes over the wire as the fault's message. A relayed fault speaks for itself. */
export function messageOf(fault: Fault): string {
  if (fault.relayed) return fault.relayed.message
  const { es, en } = sentenceOf(fault)
  const facts = [fault.detail, fault.outcome && `outcome: ${fault.outcome}`].filter(Boolean).join('; ')
  return facts ? `${es} | ${en} (${facts})` : `${es} | ${en}`
}
