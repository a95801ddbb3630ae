import type { Instant } from '../../base/clock.ts'
import { ok } from '../../base/result.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import type { GetLocked, PutLocked, Store } from '../ports.ts'

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

/** @param locked where issues and revocations lie for good: a register that lost its store finds them there */
export function certificateRegister(
  store: Store,
  locked?: { readonly putLocked: PutLocked; readonly getLocked: GetLocked },
): CertificateRegister {
  const issuedName = (serial: bigint) => `issued/${serial.toString(16).padStart(40, '0')}.json`
  const revokedName = (serial: bigint) => `revoked/${serial.toString(16).padStart(40, '0')}.json`
  const found = async (serial: bigint): Promise<Row | undefined> => {
    const row = (await store.get<Row>(keyOf(serial)))?.value
    if (row || !locked) return row
    const issued = await locked.getLocked(issuedName(serial))
    const revoked = await locked.getLocked(revokedName(serial))
    if (!issued) return undefined
    const read = JSON.parse(Buffer.from(issued).toString('utf8')) as Row
    const { at } = revoked ? (JSON.parse(Buffer.from(revoked).toString('utf8')) as { at: Instant }) : { at: undefined }
    const whole: Row = at === undefined ? read : { ...read, revokedAt: at }
    await store.put(keyOf(serial), whole, 0)
    return whole
  }
  const keyOf = (serial: bigint) => `certificates/${serial.toString(16).padStart(40, '0')}`
  return {
    add: async ({ serial, use, der, at }) => {
      const row: Row = { use, der: Buffer.from(der).toString('base64'), at }
      if (!(await store.put(keyOf(serial), row, 0))) return refuse('conflict', `serial ${serial} is taken`)
      await locked?.putLocked(issuedName(serial), Buffer.from(JSON.stringify(row)))
      return ok(true)
    },
    status: async (serial) => {
      const row = await found(serial)
      if (!row) return { kind: 'unknown' }
      return row.revokedAt === undefined ? { kind: 'good' } : { kind: 'revoked', at: row.revokedAt }
    },
    revoke: async (serial, at) => {
      await found(serial)
      const row = await store.get<Row>(keyOf(serial))
      if (!row) throw new Error(`serial ${serial} was never issued`)
      if (row.value.revokedAt !== undefined) return
      await store.put(keyOf(serial), { ...row.value, revokedAt: at }, row.version)
      await locked?.putLocked(revokedName(serial), Buffer.from(JSON.stringify({ at })))
    },
  }
}
