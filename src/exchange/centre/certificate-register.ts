import type { Instant } from '../../base/clock.ts'
import { ok } from '../../base/result.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import type { Store } from '../ports.ts'

/** Every certificate the centre issued, by serial number, and which of them it revoked. */
export type CertificateRegister = {
  /** Refused with 'conflict' when the serial is taken. */
  readonly add: (issued: IssuedRow) => Promise<Outcome<true>>
  readonly status: (
    serial: bigint,
  ) => Promise<{ readonly kind: 'good' } | { readonly kind: 'revoked'; readonly at: Instant } | { readonly kind: 'unknown' }>
  readonly revoke: (serial: bigint, at: Instant) => Promise<void>
}
export type IssuedRow = { readonly serial: bigint; readonly use: string; readonly der: Uint8Array; readonly at: Instant }
type Row = { readonly use: string; readonly der: string; readonly at: Instant; readonly revokedAt?: Instant }

export function certificateRegister(store: Store): CertificateRegister {
  const keyOf = (serial: bigint) => `certificates/${serial.toString(16).padStart(40, '0')}`
  return {
    add: async ({ serial, use, der, at }) => {
      const row: Row = { use, der: Buffer.from(der).toString('base64'), at }
      return (await store.put(keyOf(serial), row, 0)) ? ok(true) : refuse('conflict', `serial ${serial} is taken`)
    },
    status: async (serial) => {
      const row = (await store.get<Row>(keyOf(serial)))?.value
      if (!row) return { kind: 'unknown' }
      return row.revokedAt === undefined ? { kind: 'good' } : { kind: 'revoked', at: row.revokedAt }
    },
    revoke: async (serial, at) => {
      const row = await store.get<Row>(keyOf(serial))
      if (!row) throw new Error(`serial ${serial} was never issued`)
      if (row.value.revokedAt === undefined) await store.put(keyOf(serial), { ...row.value, revokedAt: at }, row.version)
    },
  }
}
