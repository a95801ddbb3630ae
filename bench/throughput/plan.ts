import { fileURLToPath } from 'node:url'
import type { WorldPlan } from '../../src/local/plan.ts'

/** The service that is asked: takes the body, answers 8 KiB. */
export const ECHO = { name: 'echo', run: fileURLToPath(new URL('echo.ts', import.meta.url)), title: { es: 'eco', en: 'echo' } }

const OWNER = 'EE/GOV/111'
export const SERVICE = `${OWNER}/register/persons`

/** A bank that asks a register, each with a node that listens by itself. */
export const PLAN: WorldPlan = {
  instance: 'EE',
  memberClasses: [
    { code: 'GOV', description: 'Government' },
    { code: 'COM', description: 'Companies' },
  ],
  members: [
    { id: OWNER, name: 'Register', subsystems: [{ code: 'register' }] },
    { id: 'EE/COM/222', name: 'Bank', subsystems: [{ code: 'bank' }] },
  ],
  nodes: [
    {
      name: 'bank',
      owner: 'EE/COM/222',
      serverCode: 'S1',
      edge: 'rest',
      clients: [{ id: 'EE/COM/222/bank' }],
      services: [],
      rights: [],
      policies: [],
      settings: { ownListener: true },
    },
    {
      name: 'register',
      owner: OWNER,
      serverCode: 'S1',
      edge: 'rest',
      clients: [],
      services: [{ id: SERVICE, type: 'REST', at: { program: 'echo', path: '' } }],
      rights: [{ service: SERVICE, subject: { client: 'EE/COM/222/bank' } }],
      policies: [],
      settings: { ownListener: true },
    },
  ],
  programs: [ECHO],
}
