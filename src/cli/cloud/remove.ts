import { stackName } from '../../../lib/names.ts'
import { machineNow } from '../../adapters/aws/environment.ts'
import type { Words } from '../../local/troubles.ts'
import { EXIT, type Io, inLanguage, tellCannot, tellNo } from '../io.ts'
import { type Here, placesHere } from './account.ts'
import { callsEnded, closeDoors, type Drained, drain } from './drain.ts'
import { forgetNames } from './forget-names.ts'
import { openProject, type ProjectOptions } from './project.ts'
import { type Resource, resourcesOf, setProtection, settledStack } from './stack-steps.ts'
import { type Stays, whatStays } from './what-stays.ts'

export type RemoveOptions = ProjectOptions & { readonly agency: string; readonly yes: boolean; readonly json: boolean }

/**
 * `sacbe remove`: takes an agency's node away and nothing of its evidence. It says first what stays and what that costs; closes the doors; empties the line
 * into the archive twice, the second time when nothing can come any more; takes the names away, then the stack. Whatever was begun is gone on with when
 * it is run again. @returns 0 removed, 1 not (the line is not clear, CloudFormation refused, nobody said yes), 2 it could not begin
 */
export async function removeCommand(options: RemoveOptions, io: Io): Promise<number> {
  const project = await openProject(options, io)
  if (!project.ok) return project.fault
  const { environment } = project.value
  const places = await placesHere(environment, io)
  if (!places.ok) return places.fault
  const { agency } = options
  const place = places.value.find(({ agencies }) => agencies.some(({ id }) => id === agency))
  const name = stackName(environment, agency)
  const stack = place && (await settledStack(name, place.operator))
  if (!place || !stack)
    return tellCannot(
      { es: `En esta cuenta no está desplegado ${agency} (${name}).`, en: `${agency} (${name}) is not deployed in this account.` },
      io,
    )
  const resources = await resourcesOf(name, place.operator)
  const stays = await whatStays(resources, place.operator, io)
  if (!options.json) tellStays(stays, io)
  if (!options.yes && (await io.ask(question(agency, io))) !== agency)
    return tellNo({ es: 'No se hizo nada.', en: 'Nothing was done.' }, io)
  const left = await emptied(resources, place, io)
  if (left) return tellNo(left, io)
  const forgotten = await forgetNames(environment, agencyOf(place, agency), resources, place, io)
  for (const each of forgotten) io.err(inLanguage(each, io.lang))
  await setProtection(place.operator, name, false)
  await place.operator.form('DeleteStack', { StackName: name })
  const after = await settledStack(name, place.operator)
  if (after)
    return tellNo(
      {
        es: `CloudFormation no pudo quitar ${name}: ${after.status}. Repita la orden.`,
        en: `CloudFormation could not remove ${name}: ${after.status}. Run it again.`,
      },
      io,
    )
  if (options.json) io.out(JSON.stringify({ removed: agency, stays }))
  else io.out(inLanguage({ es: `Se quitó ${agency}. Lo de arriba se queda.`, en: `${agency} is removed. What is above stays.` }, io.lang))
  return EXIT.ok
}

const agencyOf = ({ agencies }: Here, id: string) => {
  const found = agencies.find((each) => each.id === id)
  if (!found) throw new Error(`no agency ${id}`)
  return found
}

const question = (agency: string, { lang }: Io): string =>
  inLanguage({ es: `Escriba ${agency} para quitar su nodo: `, en: `Write ${agency} to remove its node: ` }, lang === 'both' ? 'es' : lang)

/** undefined: the line is empty, and nothing can come into it any more. */
async function emptied(resources: readonly Resource[], place: Here, io: Io): Promise<Words | undefined> {
  const began = machineNow()
  await closeDoors(resources, place.operator)
  for (const time of [1, 2]) {
    if (time === 2) await callsEnded()
    const done = await drain(resources, place.operator, began)
    if (!done.clear) return notClear(done)
    io.err(
      inLanguage(
        {
          es: `Vaciado ${time} de 2: ${done.sealed} registros sellados, línea en cero.`,
          en: `Drained ${time} of 2: ${done.sealed} records sealed, the line is empty.`,
        },
        io.lang,
      ),
    )
  }
  return undefined
}

const notClear = ({ why }: Drained): Words => ({
  es: `No se quitó: la línea de evidencia no está vacía (${why}). Las puertas quedan cerradas; corrija eso (docs/runbook.md#evidencewaits) y repita, o sacbe deploy para abrirlas.`,
  en: `Not removed: the line of evidence is not clear (${why}). The doors stay closed; mend that (docs/runbook.md#evidencewaits) and run it again, or sacbe deploy to open them.`,
})

function tellStays({ things, usdAMonth, estimated }: Stays, io: Io): void {
  io.out(inLanguage({ es: 'Se queda, y nada de esto lo borra Sacbé:', en: 'What stays, and Sacbé erases nothing of it:' }, io.lang))
  for (const { type, name, holds, usd } of things) io.out(`  ${usd.toFixed(2)} USD  ${type}  ${name}${holds === '' ? '' : `  (${holds})`}`)
  const about = estimated ? '≈' : '='
  io.out(
    inLanguage(
      {
        es: `  ${about} ${usdAMonth.toFixed(2)} USD al mes, mientras exista.`,
        en: `  ${about} ${usdAMonth.toFixed(2)} USD a month, as long as it is there.`,
      },
      io.lang,
    ),
  )
}
