import { relative } from 'node:path'
import { type Instant, isoInstant } from '../base/clock.ts'
import type { EvidenceItem } from './evidence.ts'

export type ExportedContainer = {
  readonly item: EvidenceItem
  /** Path of the .asice file. */
  readonly file: string
  /** SHA-256 (hex) of the file. */
  readonly sha256: string
  readonly trust: string
  /** When the time stamp says it existed; undefined when it does not verify. */
  readonly stampedAt?: Instant
}

/** What each container proves, in words for somebody who has never seen one; then how to check it, with our verifier and without. */
export function evidenceReadme(folder: string, containers: readonly ExportedContainer[]): string {
  const near = (path: string) => relative(folder, path)
  return [
    ...SPANISH,
    ...containers.flatMap((each) => facts(each, near, ES)),
    ...commands(containers, near, ES),
    '',
    '='.repeat(78),
    '',
    ...ENGLISH,
    ...containers.flatMap((each) => facts(each, near, EN)),
    ...commands(containers, near, EN),
    '',
  ].join('\n')
}

const SPANISH = [
  'CONSTANCIA DE UN INTERCAMBIO DE DATOS ENTRE DEPENDENCIAS',
  '',
  'Esta carpeta contiene la prueba electrónica de uno o más mensajes. Cada archivo .asice es un',
  'contenedor (formato ASiC-E, norma ETSI EN 319 162) que guarda, sin cambio alguno:',
  '  · el mensaje tal como se firmó (message.xml) y, si lo hay, su contenido (attachment1);',
  '  · la firma electrónica de la dependencia que lo envió (META-INF/signatures.xml, XAdES);',
  '  · la respuesta de la autoridad certificadora de que el certificado estaba vigente (OCSP, dentro de la firma);',
  '  · un sello de tiempo (META-INF/timestamp.tst, RFC 3161), que prueba que todo ello existía a esa hora.',
  '',
  'La firma prueba quién lo envió y que nadie lo cambió después. No prueba que lo dicho sea verdad.',
  'La carpeta trust contiene las autoridades que eran válidas ese día, tal como las publicó y firmó la',
  'autoridad central. Con esta carpeta basta: no hace falta preguntar a nadie ni tener llave alguna.',
  '',
  'QUÉ CONTIENE',
  '',
]
const ENGLISH = [
  'RECORD OF A DATA EXCHANGE BETWEEN AGENCIES',
  '',
  'This folder holds the electronic proof of one or more messages. Each .asice file is a container',
  '(format ASiC-E, standard ETSI EN 319 162) that keeps, without any change:',
  '  · the message as it was signed (message.xml) and, if there is one, its content (attachment1);',
  '  · the electronic signature of the agency that sent it (META-INF/signatures.xml, XAdES);',
  '  · the answer of the certification authority that the certificate was good (OCSP, inside the signature);',
  '  · a time stamp (META-INF/timestamp.tst, RFC 3161), which proves that all this existed at that time.',
  '',
  'The signature proves who sent it and that nobody changed it afterwards. It does not prove that what it says is true.',
  'The folder trust holds the authorities that were valid that day, as the central authority published and signed',
  'them. This folder is all that is needed: nobody has to be asked, and no key is needed.',
  '',
  'WHAT IS IN IT',
  '',
]

type Tongue = {
  readonly file: string
  readonly what: string
  readonly request: string
  readonly response: string
  readonly signedBy: string
  readonly client: string
  readonly service: string
  readonly messageId: string
  readonly requestId: string
  readonly kept: string
  readonly stamped: string
  readonly how: readonly string[]
  readonly step: readonly [string, string, string, string, string, string]
}
const ES: Tongue = {
  file: 'Archivo',
  what: 'Qué es',
  request: 'la petición',
  response: 'la respuesta',
  signedBy: 'Firmado por',
  client: 'Quien pregunta',
  service: 'Servicio',
  messageId: 'Mensaje (X-Road-Id)',
  requestId: 'Intercambio',
  kept: 'Guardado a las (UTC)',
  stamped: 'Sello de tiempo (UTC)',
  how: ['CÓMO SE COMPRUEBA', '', 'Con el verificador de Sacbé, sin conexión (en español o inglés):', ''],
  step: [
    'O con programas de uso general, en la terminal y dentro de esta carpeta, para cada contenedor:',
    '1. El contenedor está entero, y se abre:',
    '2. El certificado de quien firmó:',
    '3. La firma cubre estos bytes (xmlsec1; la parte firmada es la que nombra la firma):',
    '4. La autoridad respondió que el certificado estaba vigente (fecha de entonces, no de hoy):',
    '5. El sello de tiempo:',
  ],
}
const EN: Tongue = {
  file: 'File',
  what: 'What it is',
  request: 'the request',
  response: 'the response',
  signedBy: 'Signed by',
  client: 'Who asks',
  service: 'Service',
  messageId: 'Message (X-Road-Id)',
  requestId: 'Exchange',
  kept: 'Kept at (UTC)',
  stamped: 'Time stamp (UTC)',
  how: ['HOW TO CHECK IT', '', 'With Sacbé’s verifier, offline (in Spanish or English):', ''],
  step: [
    'Or with programs everybody has, in a terminal and inside this folder, for each container:',
    '1. The container is whole, and opens:',
    '2. The certificate of who signed:',
    '3. The signature covers these bytes (xmlsec1; the part signed is the one the signature names):',
    '4. The authority answered that the certificate was good (the date of that day, not of today):',
    '5. The time stamp:',
  ],
}

function facts({ item, file, sha256, stampedAt }: ExportedContainer, near: (path: string) => string, tongue: Tongue): readonly string[] {
  const owner = item.service.split('/').slice(0, 3).join('/')
  const rows = [
    [tongue.file, near(file)],
    ['SHA-256', sha256],
    [tongue.what, item.direction === 'request' ? tongue.request : tongue.response],
    [tongue.signedBy, item.direction === 'request' ? item.client.split('/').slice(0, 3).join('/') : owner],
    [tongue.client, item.client],
    [tongue.service, item.service],
    [tongue.messageId, item.messageId],
    [tongue.requestId, item.requestId],
    [tongue.kept, item.at],
    [tongue.stamped, stampedAt === undefined ? '—' : isoInstant(stampedAt)],
  ] as const
  return [...rows.map(([name, value]) => `  ${`${name}:`.padEnd(24)} ${value}`), '']
}

function commands(containers: readonly ExportedContainer[], near: (path: string) => string, { how, step }: Tongue): readonly string[] {
  const verify = containers.map(({ file, trust }) => `  npm run -s sacbe -- verify ${near(file)} --trust ${near(trust)}`)
  const first = containers[0]
  if (!first) return [...how, ...verify]
  const at = Math.floor((first.stampedAt ?? Date.parse(first.item.at)) / 1000)
  const openssl = `${near(first.trust)}/openssl`
  return [
    ...how,
    ...verify,
    '',
    step[0],
    '',
    step[1],
    `  $ unzip -t ${near(first.file)}`,
    `  $ unzip -o ${near(first.file)} -d open`,
    step[2],
    "  $ sed -n 's/.*<ds:X509Certificate>\\([^<]*\\)<.*/\\1/p' open/META-INF/signatures.xml | base64 -d > open/signer.der",
    '  $ openssl x509 -inform DER -in open/signer.der -out open/signer.pem -subject -issuer -dates',
    step[3],
    `  $ cd open && xmlsec1 --verify --enabled-key-data rsa,ec --pubkey-cert-pem signer.pem --id-attr:Id http://uri.etsi.org/01903/v1.3.2#:SignedProperties $(for part in message.xml sig-hashchainresult.xml; do test -f $part && echo --url-map:/$part $part; done) META-INF/signatures.xml`,
    step[4],
    "  $ sed -n 's/.*<xades:EncapsulatedOCSPValue[^>]*>\\([^<]*\\)<.*/\\1/p' open/META-INF/signatures.xml | base64 -d > open/ocsp.der",
    `  $ openssl ocsp -respin open/ocsp.der -issuer ${openssl}/ca.pem -cert open/signer.pem -VAfile ${openssl}/ocsp.pem -no_nonce -attime ${at}`,
    step[5],
    `  $ openssl ts -verify -data open/ts-hashchainresult.xml -in open/META-INF/timestamp.tst -token_in -CAfile ${openssl}/ca.pem -untrusted ${openssl}/tsa.pem -partial_chain -attime ${at}`,
  ]
}
