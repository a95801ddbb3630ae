import { fileURLToPath } from 'node:url'
import type { NodePlan, ServicePlan, WorldPlan } from '../../src/local/plan.ts'

/** Two consumers, behind one edge each; both also speak in the name of their member itself. */
export const BANK = 'EE/COM/222/bank'
export const STRANGER = 'EE/COM/333/stranger'
/** A provider with services of its subsystem and of the member itself. */
export const REGISTER = 'EE/GOV/111/register'
export const OWNER = 'EE/GOV/111'
/** Members whose servers are none of ours, by subsystem. */
export const PEERS = ['par', 'sorda', 'muda', 'ajena', 'nadie', 'revocada', 'moderna', 'doble', 'cerrada'] as const
export type PeerName = (typeof PEERS)[number]
export const peerService = (name: PeerName, code = 'getstate'): string => `EE/NGO/${name}/${name}/${code}`

const consumer = (name: string, owner: string, subsystem: string, edge: NodePlan['edge'], settings: NodePlan['settings']): NodePlan => ({
  name,
  owner,
  serverCode: 'S1',
  edge,
  clients: [{ id: `${owner}/${subsystem}` }, { id: owner }],
  services: [],
  rights: [],
  policies: [],
  ...(settings ? { settings } : {}),
})

/** `soap` and `secure`: where the dummy listens, plainly and over TLS; `settings` are the register’s, and who listens is the same for all. */
export function planWith(soap: string, secure: string, settings: NonNullable<NodePlan['settings']>): WorldPlan {
  const wsdl = (id: string, url = soap, more: Partial<ServicePlan> = {}): ServicePlan => ({ id, type: 'WSDL', at: { url }, ...more })
  const rest = (code: string): ServicePlan => ({ id: `${REGISTER}/${code}`, type: 'REST', at: { url: `${soap}/${code}` } })
  const services: readonly ServicePlan[] = [
    wsdl(`${REGISTER}/getstate`, soap, { description: { program: 'described', path: '/service.wsdl' } }),
    wsdl(`${OWNER}/getstate`),
    wsdl(`${REGISTER}/cerrado`, soap, { disabled: { notice: 'cerrado por inventario' } }),
    wsdl(`${REGISTER}/secreto`),
    wsdl(`${REGISTER}/perdido`, 'http://no-existe.invalid/soap'),
    wsdl(`${REGISTER}/seguro`, secure),
    rest('eco'),
    rest('b%2Fs'),
    rest('lectura'),
  ]
  const mayNot = [`${REGISTER}/secreto`, `${REGISTER}/lectura`]
  const clients = [BANK, STRANGER, 'EE/COM/222', 'EE/COM/333', 'EE/NGO/par/par']
  const rights = services
    .filter(({ id }) => !mayNot.includes(id))
    .flatMap(({ id }) => clients.map((client) => ({ service: id, subject: { client } })))
  const read = clients.map((client) => ({
    service: `${REGISTER}/lectura`,
    subject: { client },
    endpoint: { method: 'GET', path: '/libro/*' },
  }))
  return {
    instance: 'EE',
    memberClasses: [
      { code: 'GOV', description: 'Government' },
      { code: 'COM', description: 'Companies' },
      { code: 'NGO', description: 'Others' },
    ],
    members: [
      { id: OWNER, name: 'Population register', subsystems: [{ code: 'register' }] },
      { id: 'EE/COM/222', name: 'Bank', subsystems: [{ code: 'bank' }] },
      { id: 'EE/COM/333', name: 'Stranger', subsystems: [{ code: 'stranger' }] },
      ...PEERS.map((name) => ({ id: `EE/NGO/${name}`, name, subsystems: [{ code: name }] })),
    ],
    nodes: [
      consumer('bank', 'EE/COM/222', 'bank', 'rest', settings.ownListener ? { ownListener: true } : undefined),
      consumer('stranger', 'EE/COM/333', 'stranger', 'http', settings.ownListener ? { ownListener: true } : undefined),
      {
        name: 'register',
        owner: OWNER,
        serverCode: 'S1',
        edge: 'rest',
        clients: [],
        services,
        rights: [...rights, ...read],
        policies: [],
        reach: ['127.0.0.1'],
        settings: { ocspPort: 0, ...settings },
      },
    ],
    programs: [
      {
        name: 'described',
        run: fileURLToPath(new URL('../journeys/described-service.ts', import.meta.url)),
        title: { es: 'descrito', en: 'described' },
      },
    ],
  }
}
