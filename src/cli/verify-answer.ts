import { isoInstant } from '../base/clock.ts'
import type { ContainerVerdict } from '../evidence/container-verdict.ts'
import type { Words } from '../local/troubles.ts'
import { codeOf } from '../protocol/faults.ts'
import { formatId } from '../protocol/identifiers.ts'
import { inLanguage, type Language } from './io.ts'
import { meaningOf } from './verify-words.ts'

/** One line of `verify --json`: the shape is fixed, other programs read it. */
export type Answer = {
  readonly file: string
  readonly verdict: 'valid' | 'invalid'
  readonly code: string | null
  readonly signer: string | null
  readonly timestamp: string | null
  readonly ocsp: string | null
  readonly parts: readonly { readonly name: string; readonly digest: string; readonly covered: boolean }[]
  readonly why: string
}

export function answerOf(file: string, verdict: ContainerVerdict, lang: Language): Answer {
  return {
    file,
    verdict: verdict.valid ? 'valid' : 'invalid',
    code: verdict.fault ? codeOf(verdict.fault) : null,
    signer: verdict.signer ? formatId(verdict.signer) : null,
    timestamp: verdict.timestamp === undefined ? null : isoInstant(verdict.timestamp),
    ocsp: verdict.ocsp === undefined ? null : isoInstant(verdict.ocsp),
    parts: verdict.parts,
    why: inOneLine(verdict.fault ? meaningOf(verdict.fault) : meaningOfValid(verdict), lang),
  }
}

/** Both languages stand in one line, Spanish first. */
export const inOneLine = (words: Words, lang: Language): string => inLanguage(words, lang).replaceAll('\n', ' / ')

function meaningOfValid({ parts }: ContainerVerdict): Words {
  const open = parts.filter((part) => !part.covered).map((part) => part.name)
  if (open.length === 0)
    return {
      es: 'La firma, el sello de tiempo y el estado del certificado son buenos, y la firma cubre todas las partes.',
      en: 'The signature, the time stamp and the status of the certificate are good, and the signature covers every part.',
    }
  const names = open.join(', ')
  return {
    es: `La firma, el sello de tiempo y el estado del certificado son buenos, pero no prueban nada sobre ${names}.`,
    en: `The signature, the time stamp and the status of the certificate are good, but prove nothing about ${names}.`,
  }
}

/** What a part is in each kind of answer: covered, not covered, and what its digest is. */
const PARTS = {
  signed: [
    { es: 'cubierta por la firma', en: 'covered by the signature' },
    { es: 'NO cubierta', en: 'NOT covered' },
    { es: 'SHA-512', en: 'SHA-512' },
  ],
  linked: [
    { es: 'en su lugar de la cadena', en: 'in its place in the chain' },
    { es: 'ALTERADO', en: 'ALTERED' },
    { es: 'eslabón', en: 'link' },
  ],
} as const satisfies Record<string, readonly [Words, Words, Words]>

/** The same for a person: a line for each fact. */
export function readable(answer: Answer, lang: Language, kind: keyof typeof PARTS = 'signed'): string {
  const say = (es: string, en: string): string => inOneLine({ es, en }, lang)
  const [good, bad, digestName] = PARTS[kind].map((words) => inOneLine(words, lang))
  const facts: (readonly [string, string | null])[] = [
    [say('Firmado por', 'Signed by'), answer.signer],
    [say('Existía en', 'Existed at'), answer.timestamp],
    [say('Certificado vigente según OCSP de', 'Certificate good by OCSP of'), answer.ocsp],
  ]
  const code = answer.code === null ? '' : ` [${answer.code}]`
  return [
    `${answer.file}: ${answer.verdict === 'valid' ? say('VÁLIDO', 'VALID') : say('NO VÁLIDO', 'NOT VALID')}${code}`,
    `  ${answer.why}`,
    ...facts.flatMap(([label, value]) => (value === null ? [] : [`  ${label}: ${value}`])),
    ...answer.parts.map(({ name, digest, covered }) => `  ${name}: ${covered ? good : bad}; ${digestName} ${digest}`),
  ].join('\n')
}
