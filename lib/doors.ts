import type { Agency } from './config/exchange.ts'

/**
 * Every door of the exchange: how large, how long, how many at a time. `memory` in MB, `seconds` until it is stopped, `reserved` calls at a
 * time that nobody else can take (and no more than that): 'consume' and 'provide' as the agency's shares say.
 */
const DOORS = {
  consume: { memory: 512, seconds: 29, reserved: 'consume', says: "A call of the agency's systems going out" },
  provide: { memory: 512, seconds: 25, reserved: 'provide', says: "A peer's call coming in" },
  archive: { memory: 512, seconds: 600, reserved: 1, says: 'Secures and seals the evidence' },
  enrol: { memory: 256, seconds: 120, reserved: 1, says: 'Makes keys, asks for and installs certificates' },
  edge: { memory: 256, seconds: 300, reserved: 1, says: 'Keeps domains, certificates and trust stores as they should be' },
  'refresh-trust': { memory: 256, seconds: 60, reserved: 1, says: 'Keeps the global configuration and OCSP answers fresh' },
  admin: { memory: 256, seconds: 29, reserved: 5, says: "The console's interface" },
  ca: { memory: 256, seconds: 29, reserved: 2, says: 'Issues and revokes certificates' },
  ocsp: { memory: 256, seconds: 60, reserved: 5, says: 'Answers whether a certificate is good' },
  tsa: { memory: 256, seconds: 29, reserved: 5, says: 'Stamps the time' },
  conf: { memory: 512, seconds: 120, reserved: 5, says: 'Signs and publishes the global configuration' },
} as const satisfies Record<string, { memory: number; seconds: number; reserved: number | 'consume' | 'provide'; says: string }>

export type DoorName = keyof typeof DOORS
export const doorRow = (door: DoorName) => DOORS[door]
export const DOOR_NAMES = Object.keys(DOORS) as readonly DoorName[]

export const AGENCY_DOORS = ['consume', 'provide', 'archive', 'enrol', 'edge', 'refresh-trust'] as const satisfies readonly DoorName[]
export const CENTRE_DOORS = ['admin', 'ca', 'ocsp', 'tsa', 'conf'] as const satisfies readonly DoorName[]

/** Calls at a time that are kept for a door, and no more. */
export function reservedOf(door: DoorName, agency?: Pick<Agency, 'concurrency'>): number {
  const { reserved } = DOORS[door]
  return typeof reserved === 'number' ? reserved : (agency?.concurrency[reserved] ?? 0)
}
