import { AwsRefused } from '../../adapters/aws/aws.ts'
import { Busy } from '../../exchange/busy.ts'
import type { Words } from '../../local/troubles.ts'

const NOT_ALLOWED = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'UnauthorizedOperation',
  'UnauthorizedException',
  'NotAuthorizedException',
])
const OVER = new Set(['ExpiredToken', 'ExpiredTokenException', 'RequestExpired'])
const NOT_REACHED = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ECONNRESET', 'ENETUNREACH', 'EHOSTUNREACH', 'ETIMEDOUT'])

/** What AWS did not do, said to whoever can mend it: a right that is missing, credentials that ended, no way there. undefined: it is something else. */
export function whatAwsRefused(problem: unknown): Words | undefined {
  if (problem instanceof Busy)
    return {
      es: `AWS pide ir más despacio (${problem.message}). Repita la orden en unos minutos.`,
      en: `AWS asks to go slower (${problem.message}). Run it again in a few minutes.`,
    }
  if (problem instanceof AwsRefused) return refusedAs(problem.code.split(' ')[0] ?? '', problem.message)
  const { cause, message } = problem instanceof Error ? problem : { cause: undefined, message: '' }
  if (!NOT_REACHED.has((cause as NodeJS.ErrnoException | undefined)?.code ?? '')) return undefined
  return {
    es: `No se pudo llegar a AWS (${message}). Revise su conexión a internet y el nombre de la región, y repita la orden.`,
    en: `AWS could not be reached (${message}). Look to your connection to the internet and the name of the Region, and run it again.`,
  }
}

function refusedAs(code: string, said: string): Words | undefined {
  if (NOT_ALLOWED.has(code))
    return {
      es: `AWS no permite esto a sus credenciales: ${said}. Pida ese permiso a quien administra la cuenta, o use las credenciales de quien despliega, y repita la orden.`,
      en: `AWS does not allow this to your credentials: ${said}. Ask whoever administers the account for that permission, or use the credentials of whoever deploys, and run it again.`,
    }
  if (OVER.has(code))
    return {
      es: `Las credenciales de AWS ya no valen: ${said}. Pida otras a su perfil y repita la orden.`,
      en: `The credentials of AWS have ended: ${said}. Get others from your profile and run it again.`,
    }
  return undefined
}
