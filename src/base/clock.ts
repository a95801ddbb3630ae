import type { Brand } from './brand.ts'

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = Brand<number, 'Instant'>
/** The clock is a port: tests and drills set it; nothing else may ask the machine for the time. */
export type Now = () => Instant

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export const instant = (ms: number): Instant => ms as Instant
export const later = (at: Instant, ms: number): Instant => (at + ms) as Instant
/** '2024-12-05T07:34:12.314Z'; the fraction is left out when it is zero, as XAdES and stock servers write it. */
export const isoInstant = (at: Instant): string => new Date(at).toISOString().replace('.000Z', 'Z')
