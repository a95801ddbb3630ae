import { ok } from '../../src/base/result.ts'
import { type Curp, isSynthetic } from '../../src/exchange/contract/curp.ts'
import type { Json, JsonObject } from '../../src/exchange/contract/json.ts'
import { violationOf } from '../../src/exchange/contract/json-schema.ts'
import { type Outcome, refuse } from '../../src/protocol/faults.ts'

export type Person = {
  readonly curp: Curp
  readonly estatus: string
  readonly programas: readonly { readonly clave: string; readonly desde: string; readonly hasta?: string }[]
  readonly municipio: string
  readonly version: number
  readonly actualizado: string
  readonly fuente: string
  readonly nombre: string
  readonly primer_apellido: string
  readonly segundo_apellido: string
  readonly domicilio: string
  readonly cuenta: string
}

const TEXT = { type: 'string', maxLength: 200 }
const DATE = { type: 'string', format: 'date' }
const PROGRAMME = {
  type: 'object',
  required: ['clave', 'desde'],
  additionalProperties: false,
  properties: { clave: TEXT, desde: DATE, hasta: DATE },
}
const FIELDS = {
  curp: { type: 'string', 'x-curp': true },
  estatus: { type: 'string', enum: ['ACTIVO', 'SUSPENDIDO', 'BAJA', 'FALLECIDO'] },
  programas: { type: 'array', maxItems: 50, items: PROGRAMME },
  municipio: { type: 'string', pattern: '^22(0(0[1-9]|1[0-8]))$' },
  version: { type: 'integer', minimum: 1 },
  actualizado: { type: 'string', format: 'date-time' },
  fuente: TEXT,
  nombre: TEXT,
  primer_apellido: TEXT,
  segundo_apellido: TEXT,
  domicilio: TEXT,
  cuenta: TEXT,
}
const REGISTER: JsonObject = {
  type: 'object',
  required: ['personas'],
  properties: {
    personas: { type: 'array', items: { type: 'object', required: Object.keys(FIELDS), additionalProperties: false, properties: FIELDS } },
  },
}

/**
 * The register's people, by CURP.
 *
 * @param sandbox inside one only made-up people are taken in; outside, none of them
 * @returns 'synthetic_data_refused' when a code is on the wrong side, 'malformed_server_conf' when the file is not as it should be.
 *   Both say which row, never whose.
 */
export function readPeople(json: string, sandbox: boolean): Outcome<ReadonlyMap<string, Person>> {
  const register = parsed(json)
  if (register === undefined) return refuse('malformed_server_conf', 'people: not JSON')
  const violation = violationOf(REGISTER, register, {}, '')
  if (violation) return refuse('malformed_server_conf', `people: ${violation.where}: ${violation.sentence.es} / ${violation.sentence.en}`)
  const people = (register as unknown as { personas: readonly Person[] }).personas
  const misplaced = people.findIndex(({ curp }) => isSynthetic(curp) !== sandbox)
  if (misplaced >= 0) return refuse('synthetic_data_refused', `personas[${misplaced}]: ${sandbox ? OUTSIDE : INSIDE}`)
  const byCurp = new Map(people.map((person) => [person.curp as string, person]))
  return byCurp.size === people.length ? ok(byCurp) : refuse('malformed_server_conf', 'people: a CURP stands twice')
}

const OUTSIDE =
  'en un entorno de prueba solo se admiten personas inventadas, y esta CURP podría ser de una real / a sandbox takes made-up people only, and this CURP could be a real one'
const INSIDE =
  'esta CURP es de una persona inventada y solo se admite en un entorno de prueba / this CURP is of a made-up person and is taken in a sandbox only'

function parsed(json: string): Json | undefined {
  try {
    return JSON.parse(json) as Json
  } catch {
    return undefined
  }
}
