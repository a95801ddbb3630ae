import { stackName } from '../../../lib/names.ts'
import { ok, type Result, refused } from '../../base/result.ts'
import { type Io, tellCannot } from '../io.ts'
import { type Here, placesHere } from './account.ts'
import { openProject, type ProjectOptions } from './project.ts'
import { type Resource, resourcesOf } from './stack-steps.ts'

export type CloudNode = ProjectOptions & { readonly agency: string }
export type AgencyHere = { readonly place: Here; readonly resources: readonly Resource[] }

/** Where an agency of the configuration file is, by the credentials at hand, and what its stack is made of: none, when it is not deployed. */
export async function agencyHere({ agency, ...options }: CloudNode, io: Io): Promise<Result<AgencyHere, number>> {
  const project = await openProject(options, io)
  if (!project.ok) return project
  const { environment } = project.value
  const places = await placesHere(environment, io)
  if (!places.ok) return places
  const place = places.value.find(({ agencies }) => agencies.some(({ id }) => id === agency))
  if (place) return ok({ place, resources: await resourcesOf(stackName(environment, agency), place.operator).catch(() => []) })
  return refused(
    tellCannot({ es: `En esta cuenta no hay una dependencia ${agency}.`, en: `There is no agency ${agency} in this account.` }, io),
  )
}

export const tellNotDeployed = (agency: string, io: Io): number =>
  tellCannot({ es: `El nodo ${agency} no está desplegado: sacbe deploy.`, en: `The node ${agency} is not deployed: sacbe deploy.` }, io)
