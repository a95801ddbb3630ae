import type { Words } from '../local/troubles.ts'
import type { Fault, FaultCode } from '../protocol/faults.ts'

/** What each refusal of a signed configuration means for the person who must decide whether to use it. */
const MEANINGS: Partial<Record<FaultCode, Words>> = {
  global_conf_missing_verification_cert: {
    es: 'La configuración está firmada con una llave que el ancla no conoce. Pida al centro el ancla vigente.',
    en: 'The configuration is signed with a key the anchor does not know. Ask the centre for its current anchor.',
  },
  global_conf_signature_verification_failure: {
    es: 'La firma no corresponde al directorio: cambió después de firmarse, aunque sea en sus fines de línea.',
    en: 'The signature does not match the directory: it was changed after signing, be it in its line ends.',
  },
  global_conf_part_downloaded_file_integrity_failure: {
    es: 'Una parte falta o no es la que nombra el directorio.',
    en: 'A part is missing or is not the one the directory names.',
  },
  global_conf_header_field_missing: {
    es: 'Al directorio le falta un campo obligatorio.',
    en: 'The directory lacks a field it must have.',
  },
  global_conf_outdated: {
    es: 'La configuración ya había vencido. Con --at se juzga a otra hora.',
    en: 'The configuration had expired. With --at it is judged at another time.',
  },
  malformed_global_conf: {
    es: 'La configuración no tiene la forma debida, o no es de la instancia del ancla.',
    en: 'The configuration is not in the required form, or is not of the instance of the anchor.',
  },
  malformed_anchor: {
    es: 'El ancla no tiene la forma debida.',
    en: 'The anchor is not in the required form.',
  },
  mime_parsing_failed: {
    es: 'El archivo no es un directorio firmado de configuración: está cortado o mal formado.',
    en: 'The file is not a signed configuration directory: it is cut short or malformed.',
  },
  weak_algorithm: {
    es: 'Se usó un algoritmo que hoy ya no prueba nada.',
    en: 'An algorithm was used that proves nothing any more.',
  },
  unsupported_sign_algorithm: {
    es: 'El algoritmo de la firma no se conoce.',
    en: 'The algorithm of the signature is not known.',
  },
  incorrect_certificate: {
    es: 'El certificado que el ancla da para esta llave no se puede leer.',
    en: 'The certificate the anchor gives for this key cannot be read.',
  },
}
const UNKNOWN: Words = { es: 'La configuración no es válida.', en: 'The configuration is not valid.' }

/** The sentence for a refusal, with the technical detail in brackets behind it. */
export function meaningOfConfiguration({ path, detail }: Fault): Words {
  const { es, en } = path.map((code) => MEANINGS[code]).find(Boolean) ?? UNKNOWN
  const behind = detail === '' ? '' : ` (${detail})`
  return { es: es + behind, en: en + behind }
}
