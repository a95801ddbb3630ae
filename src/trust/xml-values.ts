import type { Outcome } from '../protocol/faults.ts'
import type { XmlElement } from '../protocol/xml.ts'
import { textOf } from '../protocol/xml-lookup.ts'
import type { Certificate } from './certificates.ts'
import { readConfiguredCertificate, readPem } from './pem.ts'
import { notOfForm } from './xml-form.ts'

/** Schema type base64Binary: white space inside does not count. */
export function base64Of(element: XmlElement): Uint8Array {
  const bytes = readBase64(textOf(element))
  return bytes ?? notOfForm(`<${element.name}> is not base64`)
}

/**
 * A certificate whose key alone matters, as DER; older centres put PEM into the base64. It is not read here: a key that is never
 * needed may be one we do not know.
 */
export function keyHolderOf(element: XmlElement): Uint8Array {
  const bytes = base64Of(element)
  return bytes[0] === 0x2d ? (readPem('CERTIFICATE', Buffer.from(bytes).toString('latin1'))[0] ?? bytes) : bytes
}

/** RFC 4648 §4 with white space anywhere, or nothing. Padding must be whole. */
export function readBase64(text: string): Uint8Array | undefined {
  const compact = text.replace(/[ \t\r\n]+/g, '')
  if (compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) return undefined
  return Buffer.from(compact, 'base64')
}

/** Schema type integer, from `least` up to what is safe to count with. */
export function integerOf(element: XmlElement, least: number): number {
  const text = textOf(element).trim()
  const value = /^[+]?[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN
  return value >= least ? value : notOfForm(`<${element.name}> is not a whole number of at least ${least}`)
}

/** Schema type boolean: true, false, 1 or 0. */
export function booleanOf(element: XmlElement): boolean {
  const text = textOf(element).trim()
  if (text === 'true' || text === '1') return true
  return text === 'false' || text === '0' ? false : notOfForm(`<${element.name}> is neither true nor false`)
}

/** One of the words, exactly as written. */
export function wordOf<const Word extends string>(element: XmlElement, words: readonly Word[]): Word {
  const text = textOf(element)
  return words.find((word) => word === text) ?? notOfForm(`<${element.name}> is none of ${words.join(', ')}`)
}

/** The value of a refused reading becomes a refusal of the form around it. */
export const mustBe = <T>(outcome: Outcome<T>, where: string): T =>
  outcome.ok ? outcome.value : notOfForm(`${where}: ${outcome.fault.detail}`)

/** Reads certificates, each once: configurations repeat them. */
export function certificateReader(): (element: XmlElement) => Certificate {
  const known = new Map<string, Certificate>()
  return (element) => {
    const text = textOf(element).replace(/\s+/g, '')
    const certificate =
      known.get(text) ?? mustBe(readConfiguredCertificate(base64Of(element)), `the certificate in <${element.parent?.name}>`)
    known.set(text, certificate)
    return certificate
  }
}
