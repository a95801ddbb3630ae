/** What XML 1.0 cannot hold even as a reference becomes U+FFFD: a writer must not fail over a character in somebody's text. */
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g
const allowed = (value: string): string => value.replace(FORBIDDEN, '\ufffd')
const REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
}
const reference = (character: string): string => REFERENCES[character] ?? character

/** Character data for between tags: a reader gets back exactly `value`, its CRs included. */
export const escapeText = (value: string): string => allowed(value).replace(/[&<>\r]/g, reference)
/** For between double quotes: a reader gets back exactly `value`, its line ends and tabs included. */
export const escapeAttribute = (value: string): string => allowed(value).replace(/[&<>"\t\n\r]/g, reference)
