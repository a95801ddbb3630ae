/** The policy our own authority stamps under, of no registrar's: an identifier made from a random UUID (ITU-T X.667). */
export const STAMP_POLICY = '2.25.208446203870349482411375098265921862437'
