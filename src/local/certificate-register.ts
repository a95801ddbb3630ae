import type { Instant } from '../base/clock.ts'
import type { Store } from '../exchange/ports.ts'
import { FIRST_SERIAL } from './authorities.ts'

/** Every certificate the centre issued, by serial number, and which of them it revoked. */
export type CertificateRegister = {
  readonly nextSerial: () => Promise<bigint>
  readonly add: (issued: { readonly serial: bigint; readonly use: string; readonly der: Uint8Array; readonly at: Instant }) => Promise<void>
  readonly status: (
    serial: bigint,
  ) => Promise<{ readonly kind: 'good' } | { readonly kind: 'revoked'; readonly at: Instant } | { readonly kind: 'unknown' }>
  readonly revoke: (serial: bigint, at: Instant) => Promise<void>
}
type Row = { readonly use: string; readonly der: string; readonly at: Instant; readonly revokedAt?: Instant }

export function certificateRegister(store: Store): CertificateRegister {
  const keyOf = (serial: bigint) => `certificate/${serial.toString(16).padStart(40, '0')}`
  return {
    nextSerial: async () => {
      for (;;) {
        const last = await store.get<number>('serial')
        const next = (last?.value ?? FIRST_SERIAL - 1) + 1
        if (await store.put('serial', next, last?.version ?? 0)) return BigInt(next)
      }
    },
    add: async ({ serial, use, der, at }) => {
      const row: Row = { use, der: Buffer.from(der).toString('base64'), at }
      if (!(await store.put(keyOf(serial), row, 0))) throw new Error(`serial ${serial} was issued twice`)
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
