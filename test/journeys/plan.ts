import { fileURLToPath } from 'node:url'
import type { NodePlan, WorldPlan } from '../../src/local/plan.ts'

export const BANK = 'EE/COM/222/bank'
export const STRANGER = 'EE/COM/333/stranger'
export const REGISTER = 'EE/GOV/111/register'
export const PERSONS = `${REGISTER}/persons`
export const SLOW = `${REGISTER}/slow`
export const OFF = `${REGISTER}/off`
export const LAZY = `${REGISTER}/digests`
export const OPEN = `${REGISTER}/open`
export const NOWHERE = `${REGISTER}/nowhere`

const consumer = (name: string, owner: string, subsystem: string, edge: NodePlan['edge']): NodePlan => ({
  name,
  owner,
  serverCode: 'S1',
  edge,
  clients: [{ id: `${owner}/${subsystem}` }],
  services: [],
  rights: [],
  policies: [],
})

const at = { program: 'register', path: '' }
const right = (service: string) => ({ service, subject: { client: BANK } })

/** A bank that asks, a register that answers it, and a stranger who may not. Two gateways in front of two consumers. */
export const plan: WorldPlan = {
  instance: 'EE',
  memberClasses: [
    { code: 'GOV', description: 'Government' },
    { code: 'COM', description: 'Companies' },
  ],
  members: [
    { id: 'EE/GOV/111', name: 'Population register', subsystems: [{ code: 'register' }] },
    { id: 'EE/COM/222', name: 'Bank', subsystems: [{ code: 'bank' }] },
    { id: 'EE/COM/333', name: 'Stranger', subsystems: [{ code: 'stranger' }] },
  ],
  nodes: [
    consumer('bank', 'EE/COM/222', 'bank', 'rest'),
    consumer('stranger', 'EE/COM/333', 'stranger', 'http'),
    {
      name: 'register',
      owner: 'EE/GOV/111',
      serverCode: 'S1',
      edge: 'rest',
      clients: [],
      services: [
        { id: PERSONS, type: 'REST', at },
        { id: SLOW, type: 'REST', at, timeoutMs: 1000 },
        { id: OFF, type: 'REST', at, disabled: { notice: 'cerrado por inventario' } },
        { id: LAZY, type: 'REST', at, keepBodies: 'digest' },
        { id: OPEN, type: 'REST', at },
        { id: NOWHERE, type: 'REST', at: { url: 'http://127.0.0.1:9' } },
      ],
      rights: [...[PERSONS, SLOW, OFF, LAZY, OPEN, NOWHERE].map(right), { service: OPEN, subject: { client: STRANGER } }],
      policies: [],
    },
  ],
  programs: [{ name: 'register', run: fileURLToPath(new URL('service.ts', import.meta.url)), title: { es: 'registro', en: 'register' } }],
}
