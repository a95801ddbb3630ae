/** Name characters below U+0080, by code: letters, digits, '_', ':', '-', '.'. XML 1.0 (5th edition) §2.3. */
export const ASCII_NAME: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) =>
  /[A-Za-z0-9_:.-]/.test(String.fromCharCode(code)) ? 1 : 0,
)

const START =
  'A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}\\u{200D}\\u{2070}-\\u{218F}' +
  '\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}'
const REST = `${START}.0-9\\u{B7}\\u{300}-\\u{36F}\\u{203F}\\u{2040}-`
const NCNAME = new RegExp(`^[${START}][${REST}]*$`, 'u')

/** A name without a colon: Namespaces in XML 1.0 §3. Element and attribute names are one, or two with a colon between. */
export const isNcName = (name: string): boolean => NCNAME.test(name)

/** Characters that XML 1.0 §2.2 does not allow, surrogates aside. */
export const FORBIDDEN_CHARACTER: RegExp = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/

/** Production Char of XML 1.0 §2.2. */
export const isXmlCharacter = (code: number): boolean =>
  code >= 0x20
    ? code < 0xd800 || (code > 0xdfff && code < 0xfffe) || (code > 0xffff && code <= 0x10ffff)
    : code === 0x09 || code === 0x0a || code === 0x0d
