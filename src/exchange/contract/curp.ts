import type { Brand } from '../../base/brand.ts'
import { ok, type Result, refused } from '../../base/result.ts'

/** A well-formed CURP. Well formed only: nothing here says that the person exists. */
export type Curp = Brand<string, 'Curp'>
/** One sentence for people, in both languages. Never holds the value that was looked at. */
export type Sentence = { readonly es: string; readonly en: string }

/** The alphabet of the check digit: a character's weight is its place here. */
const ALPHABET = '0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ'

/** The parts of a CURP, left to right: where each stands, what it may hold, and what to tell a person when it does not. */
const PARTS: readonly { from: number; to: number; shape: RegExp; sentence: Sentence }[] = [
  part(
    0,
    4,
    /^[A-Z][AEIOUX][A-Z]{2}$/,
    'cuatro letras del nombre, la segunda vocal o X',
    'four letters of the name, the second a vowel or X',
  ),
  part(4, 10, /^\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/, 'fecha de nacimiento AAMMDD', 'date of birth YYMMDD'),
  part(10, 11, /^[HM]$/, 'sexo H o M', 'sex H or M'),
  part(
    11,
    13,
    /^(AS|B[CS]|C[CLMSH]|D[FG]|G[TR]|HG|JC|M[CNS]|N[ETL]|OC|PL|Q[TR]|S[PLR]|T[CSL]|VZ|YN|ZS)$/,
    'clave de la entidad de nacimiento',
    'code of the state of birth',
  ),
  part(13, 16, /^[B-DF-HJ-NP-TV-Z]{3}$/, 'tres consonantes internas', 'three inner consonants'),
  part(16, 17, /^[A-Z\d]$/, 'letra o dígito contra homonimias', 'letter or digit against homonyms'),
  part(17, 18, /^\d$/, 'dígito verificador', 'check digit'),
]

function part(from: number, to: number, shape: RegExp, es: string, en: string) {
  const places = to - from === 1 ? `${to}` : `${from + 1}-${to}`
  return { from, to, shape, sentence: { es: `posición ${places}: se espera ${es}`, en: `position ${places}: expected ${en}` } }
}

/**
 * Checks the form of a CURP: 18 capitals and digits, each part in its place, and the check digit.
 * The digit is weak (about one typing slip in five passes it), so this says "well formed", never "exists".
 * Source: Instructivo Normativo para la Asignación de la CURP, Diario Oficial de la Federación, 18 October 2021.
 *
 * @returns the CURP, or one sentence saying what is wrong, such as 'dígito verificador: dice 3, debe ser 0'
 */
export function readCurp(text: string): Result<Curp, Sentence> {
  const length = [...text].length
  if (length !== 18)
    return refused({ es: `tiene ${length} caracteres, debe tener 18`, en: `it has ${length} characters, it should have 18` })
  const wrong = PARTS.find(({ from, to, shape }) => !shape.test(text.slice(from, to)))
  if (wrong) return refused(wrong.sentence)
  const [says, should] = [text.slice(17), String(checkDigit(text))]
  if (says !== should)
    return refused({
      es: `dígito verificador: dice ${says}, debe ser ${should}`,
      en: `check digit: it says ${says}, it should be ${should}`,
    })
  return ok(text as Curp)
}

/** The 18th character, from the first 17: the sum of weights times 18, 17 … 2, taken from the next multiple of ten. */
function checkDigit(curp: string): number {
  const sum = [...curp.slice(0, 17)].reduce((total, letter, place) => total + ALPHABET.indexOf(letter) * (18 - place), 0)
  return (10 - (sum % 10)) % 10
}

/**
 * A code made up for tests: a letter in position 17 says born from 2000 on, and a year from 50 on then says 2050 or later.
 * No living person has one.
 */
export const isSynthetic = (curp: Curp): boolean => /[A-Z]/.test(curp[16] as string) && Number(curp.slice(4, 6)) >= 50
