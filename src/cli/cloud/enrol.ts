import { readFileSync } from 'node:fs'
import type { Operator } from '../../adapters/aws/operator.ts'
import { EXIT, type Io, inLanguage, tellCannot } from '../io.ts'
import { agencyHere, tellNotDeployed } from './agency-here.ts'
import type { ProjectOptions } from './project.ts'
import { resourceOf } from './stack-steps.ts'

export type EnrolOptions = ProjectOptions & { readonly agency: string; readonly file?: string; readonly json: boolean }
const RUN_MS = 15 * 60_000

/**
 * `sacbe enrol`: lets a node that was deployed into its exchange, by the invitation in a file; without one the door goes on where it was (names that are to
 * be proved, a certificate that is due). @returns 0 done, 1 the door refused, 2 it could not ask
 */
export async function enrolCommand({ agency, file, json, ...options }: EnrolOptions, io: Io): Promise<number> {
  const event = file === undefined ? {} : invitationIn(file)
  if (event instanceof Error)
    return tellCannot({ es: `No se pudo leer ${file}: ${event.message}`, en: `${file} could not be read: ${event.message}` }, io)
  const here = await agencyHere({ agency, ...options }, io)
  if (!here.ok) return here.fault
  const { place, resources } = here.value
  const door = resourceOf(resources, 'AWS::Lambda::Function', 'Enrol')
  if (!door) return tellNotDeployed(agency, io)
  const done = await invoke(place.operator, door.physical, event)
  if (!done.ok) io.err(done.why)
  else io.out(json ? JSON.stringify(done.result) : tellEnrolled(done.result as Enrolled, io))
  return done.ok ? EXIT.ok : EXIT.no
}

function invitationIn(file: string): object | Error {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as object
  } catch (problem) {
    return problem as Error
  }
}

type Enrolled = { readonly node: string; readonly edge: string }

function tellEnrolled({ node, edge }: Enrolled, { lang }: Io): string {
  const more =
    edge === 'ready'
      ? {
          es: 'sus nombres están probados; en menos de una hora la puerta edge abre sus dominios. Llame una vez a su puerta de consumidores: con eso se firma su registro',
          en: 'its names are proved; within the hour the edge door opens its domains. Call its consumers’ door once: that signs its registration',
        }
      : {
          es: 'falta probar sus nombres; sigue solo cada día, o repita la orden sin archivo',
          en: 'its names are still to be proved; it goes on by itself each day, or run the command again without a file',
        }
  return inLanguage({ es: `Nodo: ${node}; ${more.es}.`, en: `Node: ${node}; ${more.en}.` }, lang)
}

export type Invoked = { readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly why: string }

/** Runs a door of schedules once, as an operator may, and gives what it answered, or why it failed. */
export async function invoke({ path }: Operator, name: string, event: object): Promise<Invoked> {
  const answer = await path('Invoke', `/2015-03-31/functions/${name}/invocations`, {
    body: JSON.stringify(event),
    contentType: 'application/json',
    budgetMs: RUN_MS,
  })
  const said = answer.body.toString('utf8')
  const failed = answer.headers['x-amz-function-error'] !== undefined || answer.status !== 200
  if (!failed) return { ok: true, result: JSON.parse(said || 'null') as unknown }
  const { errorMessage, Message = said } = readable(said)
  return { ok: false, why: errorMessage ?? Message }
}

function readable(text: string): { readonly errorMessage?: string; readonly Message?: string } {
  try {
    return JSON.parse(text) as { errorMessage?: string }
  } catch {
    return {} // not JSON: told as it is
  }
}
