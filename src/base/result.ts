/** What a step gives back when the other side may get it wrong: the value, or the reason why there is none. */
export type Ok<T> = { readonly ok: true; readonly value: T }
export type Refused<F> = { readonly ok: false; readonly fault: F }
export type Result<T, F> = Ok<T> | Refused<F>

export const ok = <T>(value: T): Ok<T> => ({ ok: true, value })
export const refused = <F>(fault: F): Refused<F> => ({ ok: false, fault })
