import type { Words } from '../local/troubles.ts'
import { REASONS } from '../protocol/fault-reasons.ts'
import type { Fault, FaultCode } from '../protocol/faults.ts'

/** What each refusal of evidence means for the person who must decide what it is worth. By the innermost code that says something. */
const MEANINGS: Partial<Record<FaultCode, Words>> = {
  malformed_container: {
    es: 'El archivo no es un contenedor ZIP íntegro: está cortado, dañado o tiene bytes que no son de nadie.',
    en: 'The file is not a sound ZIP container: it is cut short, damaged, or holds bytes that belong to nobody.',
  },
  asic_mime_type_not_found: {
    es: 'El contenedor no dice qué es: falta mimetype.',
    en: 'The container does not say what it is: mimetype is missing.',
  },
  asic_invalid_mime_type: {
    es: 'El archivo no dice ser un contenedor de firmas ASiC-E.',
    en: 'The file does not claim to be an ASiC-E container of signatures.',
  },
  asic_message_not_found: { es: 'El contenedor no tiene el mensaje (message.xml).', en: 'The container has no message (message.xml).' },
  asic_signature_not_found: {
    es: 'El contenedor no tiene la firma (META-INF/signatures.xml).',
    en: 'The container has no signature (META-INF/signatures.xml).',
  },
  asic_hash_chain_result_not_found: { es: 'Falta el resultado de la cadena de resúmenes.', en: 'The result of the hash chain is missing.' },
  asic_hash_chain_not_found: { es: 'Falta la cadena de resúmenes.', en: 'The hash chain is missing.' },
  asic_timestamp_not_found: { es: 'El sello de tiempo está vacío.', en: 'The time stamp is empty.' },
  asic_manifest_not_found: { es: 'El manifiesto está vacío.', en: 'The manifest is empty.' },
  invalid_xml: { es: 'La firma no es un documento XML correcto.', en: 'The signature is not a well-formed XML document.' },
  malformed_signature: {
    es: 'La firma no tiene la forma debida, o el sello de tiempo falta o no es de esta firma.',
    en: 'The signature is not in the required form, or its time stamp is missing or belongs to another signature.',
  },
  invalid_signature_value: {
    es: 'La firma no corresponde a su contenido: el mensaje o la firma cambiaron después de firmar.',
    en: 'The signature does not match its content: the message or the signature was changed after signing.',
  },
  malformed_hash_chain: { es: 'La cadena de resúmenes está mal formada.', en: 'The hash chain is malformed.' },
  invalid_hash_chain: {
    es: 'La cadena de resúmenes no lleva a lo que se firmó: alguna parte cambió.',
    en: 'The hash chain does not lead to what was signed: some part was changed.',
  },
  invalid_hash_chain_ref: {
    es: 'Una parte no es la que nombra la cadena de resúmenes: cambió después de firmar.',
    en: 'A part is not the one the hash chain names: it was changed after signing.',
  },
  invalid_reference: {
    es: 'La firma nombra una parte que no está en el contenedor, o la nombra de otro modo.',
    en: 'The signature names a part that is not in the container, or names it in another way.',
  },
  hashchain_unused_inputs: { es: 'Hay una parte que la firma no cubre.', en: 'There is a part that the signature does not cover.' },
  uncovered_part: { es: 'Hay una parte que la firma no cubre.', en: 'There is a part that the signature does not cover.' },
  unaccounted_bytes: {
    es: 'El contenedor tiene algo que ni la firma ni el sello de tiempo explican. Quizá solo fue empaquetado de nuevo; con --profile stock se juzga como lo hace X-Road.',
    en: 'The container holds something that neither signature nor time stamp accounts for. It may only have been packed anew; --profile stock judges it as X-Road does.',
  },
  weak_algorithm: {
    es: 'Se usó un algoritmo que hoy ya no prueba nada. Con --profile stock se juzga como lo hace X-Road.',
    en: 'An algorithm was used that proves nothing any more. --profile stock judges it as X-Road does.',
  },
  incorrect_certificate: {
    es: 'El certificado de la firma no es del miembro que nombra el mensaje.',
    en: 'The signing certificate is not that of the member the message names.',
  },
  invalid_certificate: {
    es: 'El certificado de la firma no dice de qué miembro es.',
    en: 'The signing certificate does not say whose it is.',
  },
  cannot_create_cert_path: {
    es: 'El certificado de la firma no lleva a una autoridad aprobada, o no estaba vigente en la fecha del sello.',
    en: 'The signing certificate does not lead to an approved authority, or was not valid at the time of the stamp.',
  },
  cert_validation: {
    es: 'La respuesta OCSP dice que el certificado no era válido, o no habla de este certificado.',
    en: 'The OCSP response says that the certificate was not valid, or does not speak of this certificate.',
  },
  incorrect_validation_info: {
    es: 'La respuesta OCSP no es de fiar o no era reciente en la fecha del sello.',
    en: 'The OCSP response cannot be trusted or was not fresh at the time of the stamp.',
  },
  'mlog.no_timestamping_provider_found': {
    es: 'La configuración de confianza no nombra ninguna autoridad de sellado de tiempo.',
    en: 'The trust configuration names no time-stamping authority.',
  },
  'mlog.tsp_certificate_not_found': {
    es: 'El sello de tiempo es de una autoridad que la configuración de confianza no aprueba.',
    en: 'The time stamp is by an authority that the trust configuration does not approve.',
  },
  'mlog.timestamp_token_signer_info_not_found': {
    es: 'El sello de tiempo no dice quién lo firmó.',
    en: 'The time stamp does not say who signed it.',
  },
  'mlog.timestamp_signer_verification_failed': {
    es: 'La firma del sello de tiempo no es válida.',
    en: 'The signature of the time stamp is not valid.',
  },
  io_error: { es: 'El sello de tiempo no se puede leer.', en: 'The time stamp cannot be read.' },
  internal_error: {
    es: 'No se pudo juzgar: al mensaje, a la firma o a la configuración de confianza le falta algo necesario.',
    en: 'It could not be judged: the message, the signature or the trust configuration lacks something necessary.',
  },
  archive_linking_broken: {
    es: 'La cadena del archivo está rota: falta, sobra o cambió alguno de sus contenedores.',
    en: 'The chain of the archive is broken: one of its containers is missing, added or changed.',
  },
}

const UNKNOWN: Words = { es: 'No es válido.', en: 'It is not valid.' }

/** The sentence for a refusal, with the technical detail in brackets behind it. */
export function meaningOf({ path, reason, detail }: Fault): Words {
  const telling = path.toReversed().filter((code) => path.length === 1 || code !== 'internal_error')
  const { es, en } = (reason && REASONS[reason]) ?? telling.map((code) => MEANINGS[code]).find(Boolean) ?? UNKNOWN
  const behind = detail === '' ? '' : ` (${detail})`
  return { es: es + behind, en: en + behind }
}
