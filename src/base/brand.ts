declare const brand: unique symbol
/** A value that was checked once and says so in its type: only the parser that checked it casts to it. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name }
