import { fileURLToPath } from 'node:url'
import type { ClientPlan, NodePlan, RightPlan, WorldPlan } from '../../src/local/plan.ts'

const beside = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** One service code and base URL: look-ups in the register of beneficiaries. */
export const LOOKUP = 'QRO/GOB/SEDESOQ/PADRON/beneficiario.consulta.v1'
const CONSUMERS = ['QRO/GOB/DIF/APOYOS', 'QRO/GOB/SEDUQ/BECAS', 'QRO/MUN/22015/TRAMITES']

const mayLookUp = (client: string): RightPlan => ({
  service: LOOKUP,
  subject: { client },
  endpoint: { method: 'GET', path: '/beneficiarios/*' },
})

/** An agency that asks: its node wants the legal basis named and the contract kept before anything leaves the house. */
function asking(name: string, owner: string, subsystem: string): NodePlan {
  const client: ClientPlan = { id: `${owner}/${subsystem}` }
  return {
    name,
    owner,
    serverCode: 'NODO-1',
    edge: 'rest',
    clients: [client],
    services: [],
    rights: [],
    policies: [{ service: LOOKUP, requires: ['issue'], openapi: beside('openapi.yaml') }],
  }
}

/**
 * Eight agencies of a sandbox state. Four have a node today; the others are registered and join when they have something to offer or ask.
 * Municipalities are members of class MUN, by INEGI key: 22015 is San Joaquín.
 */
export const world: WorldPlan = {
  instance: 'QRO',
  memberClasses: [
    { code: 'GOB', description: 'Gobierno del Estado' },
    { code: 'MUN', description: 'Municipios, por clave INEGI' },
    { code: 'FED', description: 'Federación' },
  ],
  members: [
    { id: 'QRO/GOB/SEDESOQ', name: 'Secretaría de Desarrollo Social', subsystems: [{ code: 'PADRON', name: 'Padrón de beneficiarios' }] },
    { id: 'QRO/GOB/REGCIVIL', name: 'Registro Civil', subsystems: [{ code: 'ACTOS', name: 'Actos del estado civil' }] },
    { id: 'QRO/GOB/DIF', name: 'DIF Estatal', subsystems: [{ code: 'APOYOS', name: 'Apoyos sociales' }] },
    { id: 'QRO/GOB/SEDUQ', name: 'Secretaría de Educación', subsystems: [{ code: 'BECAS', name: 'Becas' }] },
    { id: 'QRO/GOB/SESEQ', name: 'Servicios de Salud', subsystems: [{ code: 'AFILIACION', name: 'Afiliación' }] },
    { id: 'QRO/GOB/FINANZAS', name: 'Secretaría de Finanzas', subsystems: [{ code: 'DISPERSION', name: 'Dispersión de pagos' }] },
    { id: 'QRO/MUN/22015', name: 'San Joaquín', subsystems: [{ code: 'TRAMITES', name: 'Trámites' }] },
    { id: 'QRO/FED/RENAPO', name: 'Registro Nacional de Población (simulado)', subsystems: [{ code: 'CURP', name: 'Consulta de CURP' }] },
  ],
  nodes: [
    {
      name: 'sedesoq',
      owner: 'QRO/GOB/SEDESOQ',
      serverCode: 'NODO-1',
      edge: 'rest',
      clients: [{ id: 'QRO/GOB/SEDESOQ/PADRON' }],
      services: [{ id: LOOKUP, type: 'OPENAPI3', at: { program: 'padron', path: '' } }],
      rights: CONSUMERS.map(mayLookUp),
      policies: [],
    },
    asking('dif', 'QRO/GOB/DIF', 'APOYOS'),
    asking('seduq', 'QRO/GOB/SEDUQ', 'BECAS'),
    asking('san-joaquin', 'QRO/MUN/22015', 'TRAMITES'),
  ],
  programs: [
    {
      name: 'padron',
      run: beside('padron.ts'),
      title: { es: 'Padrón de beneficiarios de SEDESOQ', en: 'SEDESOQ’s register of beneficiaries' },
    },
  ],
}
