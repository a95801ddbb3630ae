import type { Item } from './price-lines.ts'
import type { Standing } from './standing-costs.ts'

export type Words = { readonly es: string; readonly en: string }

/** What each line of a bill is called. */
export const ITEM_WORDS: Readonly<Record<Item, Words>> = {
  edge: { es: 'puerta (API Gateway)', en: 'gateway (API Gateway)' },
  invocation: { es: 'invocaciones (Lambda)', en: 'invocations (Lambda)' },
  compute: { es: 'cómputo (Lambda)', en: 'compute (Lambda)' },
  start: { es: 'arranques en frío', en: 'cold starts' },
  signature: { es: 'firma por mensaje (KMS)', en: 'signature per message (KMS)' },
  queue: { es: 'resguardo en cola (SQS)', en: 'custody in the queue (SQS)' },
  archiving: { es: 'archivado (Lambda)', en: 'archiving (Lambda)' },
  'archive-objects': { es: 'objetos del archivo (S3)', en: 'archive objects (S3)' },
  stamp: { es: 'sello de tiempo', en: 'time stamp' },
  configuration: { es: 'lecturas de configuración', en: 'configuration reads' },
  logs: { es: 'bitácoras', en: 'logs' },
  'transfer-out': { es: 'salida hacia los sistemas propios', en: 'transfer to own systems' },
  'transfer-region': { es: 'transferencia entre nodos (cota superior)', en: 'transfer between nodes (upper bound)' },
}

export const STANDING_WORDS: Readonly<Record<Standing, Words>> = {
  'signing-key': { es: 'llave de firma', en: 'signing key' },
  schedule: { es: 'reloj del archivo, cada 5 minutos', en: 'archive schedule, every 5 minutes' },
  'empty-looks': { es: 'consultas a la cola vacía', en: 'looks into an empty queue' },
  alarm: { es: 'una alarma', en: 'one alarm' },
  'log-retention': { es: 'guardar bitácoras 90 días', en: 'keeping logs for 90 days' },
  'archive-first-month': { es: 'archivo, primer mes', en: 'archive, first month' },
  'archive-five-years': { es: 'archivo, el resto de cinco años', en: 'archive, the rest of five years' },
  'archive-storage': { es: 'archivo de evidencia guardado', en: 'evidence archive kept' },
  'archive-retrieval': { es: 'recuperar 1 de cada 100 constancias', en: 'retrieving 1 container in 100' },
  'cold-starts': { es: 'arranques en frío con este volumen', en: 'cold starts at this volume' },
  'status-answers': { es: 'respuestas OCSP firmadas, por nodo', en: 'signed OCSP answers, per node' },
  'configuration-signatures': { es: 'firma de la configuración (centro)', en: 'signing the configuration (centre)' },
  'configuration-requests': { es: 'peticiones de configuración, por nodo', en: 'configuration requests, per node' },
  zone: { es: 'zona DNS (centro)', en: 'DNS zone (centre)' },
  'audit-second-copy': { es: 'segunda copia de CloudTrail (opcional)', en: 'second CloudTrail copy (optional)' },
}

export const SERVER_WORDS = {
  single: { es: 'un servidor X-Road', en: 'one X-Road server' },
  ha: { es: 'servidor X-Road en alta disponibilidad', en: 'X-Road server, high availability' },
} as const satisfies Record<string, Words>

export const SENSITIVITY_WORDS = {
  processorMs: { es: 'ms de procesador propios', en: 'our own processor ms' },
  serviceMs: { es: 'ms del servicio', en: 'ms of the service' },
  memoryMb: { es: 'MB de memoria', en: 'MB of memory' },
} as const satisfies Record<string, Words>

/** Why the wrapped key is the weaker choice. */
export const WEAKER = {
  es: 'Llave envuelta: es más débil. La llave privada de firma sale de KMS y vive en la memoria de la función: quien ejecute código ahí puede copiarla y firmar sin dejar rastro en la bitácora de KMS. Con llave en KMS eso no es posible.',
  en: 'Wrapped key: it is weaker. The private signing key leaves KMS and lives in the memory of the function: whoever runs code there can copy it and sign without a trace in the log of KMS. With a key in KMS that cannot be.',
}

/** The words of a statement. */
export const STATEMENT_WORDS = {
  title: { es: 'Estado de cuenta del intercambio de datos', en: 'Data exchange statement' },
  state: { es: 'Todo el estado', en: 'The whole state' },
  month: { es: 'Mes (UTC)', en: 'Month (UTC)' },
  agency: { es: 'Dependencia', en: 'Agency' },
  exchanges: { es: 'Intercambios', en: 'Exchanges' },
  messages: { es: 'Mensajes', en: 'Messages' },
  shared: { es: 'Costos fijos y compartidos', en: 'Standing and shared costs' },
  total: { es: 'Total', en: 'Total' },
  perThousand: { es: 'por cada 1 000 intercambios', en: 'per 1,000 exchanges' },
  byItem: { es: 'Por concepto', en: 'By item' },
  byAgency: { es: 'Por dependencia', en: 'By agency' },
  byPayer: { es: 'Por quien paga', en: 'By payer' },
  byService: { es: 'Por servicio', en: 'By service' },
  byCounterparty: { es: 'Por contraparte', en: 'By counterparty' },
  byPurpose: { es: 'Por motivo (X-Road-Issue)', en: 'By purpose (X-Road-Issue)' },
  byDay: { es: 'Por día', en: 'By day' },
  noPurpose: { es: '(sin motivo declarado)', en: '(no purpose given)' },
  close: { es: 'Cierre diario', en: 'Daily close' },
  closes: { es: 'cierra', en: 'closes' },
  differs: { es: 'DIFERENCIA', en: 'DIFFERENCE' },
  untold: { es: 'sin conteo independiente', en: 'no independent count' },
  unmatched: { es: 'Recibos sin evidencia, o evidencia sin recibo', en: 'Receipts without evidence, or evidence without receipt' },
  none: { es: 'ninguno', en: 'none' },
  estimated: { es: 'Precios estimados para esta región', en: 'Prices estimated for this Region' },
  asIf: {
    es: 'Los precios son los de lista que se pagarían en la nube; en un mundo local nadie los cobra.',
    en: 'Prices are the list prices one would pay in the cloud; in a local world nobody charges them.',
  },
  assumed: {
    es: 'intercambios sin respuesta guardada: su tiempo es supuesto',
    en: 'exchanges without a kept answer: their time is assumed',
  },
} as const satisfies Record<string, Words>

export const OF_WORDS = {
  node: { es: 'nodo', en: 'node' },
  archive: { es: 'archivo', en: 'archive' },
  centre: { es: 'centro, parte igual', en: 'centre, equal part' },
} as const satisfies Record<string, Words>
