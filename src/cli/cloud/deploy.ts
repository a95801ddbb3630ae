import type { Environment } from '../../../lib/config/exchange.ts'
import { DEPLOYER, stackName } from '../../../lib/names.ts'
import { refused } from '../../base/result.ts'
import { EXIT, type Io, inLanguage } from '../io.ts'
import { type Here, placesHere } from './account.ts'
import { delegation } from './delegation.ts'
import { examine } from './preflight.ts'
import { openProject, type ProjectOptions } from './project.ts'
import { pause, readyStack } from './stack-steps.ts'
import { stateFaults, TOOLKIT } from './state.ts'
import { cdk, hasCdk, withAssembly } from './tool.ts'
import { whatAwsRefused } from './what-aws-refused.ts'

export type DeployOptions = ProjectOptions & {
  /** Only these; all that live in this account when none is named. */
  readonly agencies: readonly string[]
  /** Goes on although something is short. */
  readonly anyway: boolean
}

/** One step of a deployment: which stacks, told to a person by what it is. */
export type Phase = {
  readonly es: string
  readonly en: string
  readonly place: Here
  /** Names of stacks, by the stage that holds them; none for the bootstrap. */
  readonly stacks: ReadonlyMap<string, string>
}

/**
 * `sacbe deploy`: from an account with nothing in it to the exchange that the file describes, in the order in which each step needs the one before. Every
 * step finds out what is there, so that one that was cut short is simply run again.
 * @returns 0 deployed, 1 something is short or a step failed, 2 it could not begin
 */
export async function deployCommand(options: DeployOptions, io: Io): Promise<number> {
  const project = await openProject(options, io)
  if (!project.ok) return project.fault
  if (!hasCdk(io)) return EXIT.cannot
  const { environment, file } = project.value
  const places = await placesHere(environment, io)
  if (!places.ok) return places.fault
  if (!(await isFit(environment, places.value, options, io))) return EXIT.no
  const phases = phasesOf(environment, places.value, options.agencies)
  const done = await withAssembly(file, io, (assembly) => carryOut(phases, assembly, io))
  if (!done.ok) return stopped(done.fault, { es: 'la síntesis', en: 'synthesis' }, io)
  if (done.value === EXIT.ok) tellNext(places.value, io)
  return done.value
}

/** What only slows messages down stops nobody; a bootstrap with other rights is put right, one that trusts another account is not ours to change. */
async function isFit(environment: Environment, places: readonly Here[], { anyway }: DeployOptions, io: Io): Promise<boolean> {
  let fit = true
  for (const place of places) {
    const { findings, state } = await examine(environment, place)
    for (const { verdict, slows, what, needs, gives, request } of findings.filter((each) => each.verdict === 'short')) {
      io.err(`${slows ? '!' : '✘'} ${verdict}: ${what}: ${needs} / ${gives}${request ? `\n    → ${request}` : ''}`)
      if (!slows) fit = false
    }
    for (const { what, ...words } of stateFaults(state)) {
      io.err(inLanguage(words, io.lang))
      if (what !== 'bootstrap-policies') fit = false
    }
  }
  if (fit || anyway) return true
  io.err(
    inLanguage(
      {
        es: 'No se creó nada. Pida lo que falta, o siga sin ello con --anyway: sacbe preflight lo explica.',
        en: 'Nothing was made. Ask for what is short, or go on without it by --anyway: sacbe preflight explains.',
      },
      io.lang,
    ),
  )
  return false
}

/** In order: what an account has before anything of ours, the way CloudFormation is let in, what a Region has once, the centre, the nodes. */
export function phasesOf(environment: Environment, places: readonly Here[], only: readonly string[]): readonly Phase[] {
  const one = (stage: string, what: string) => new Map([[`${environment.name}-${stage}`, stackName(environment, what)]])
  return places.flatMap((place, index): readonly Phase[] => {
    const { account, region } = place
    const agencies = place.agencies.filter(({ id }) => only.length === 0 || only.includes(id))
    const nodes = new Map(agencies.map(({ id }) => [`${environment.name}-${id}`, stackName(environment, id)]))
    return [
      ...(index === 0
        ? [
            {
              es: `base de la cuenta ${account}`,
              en: `foundation of account ${account}`,
              place,
              stacks: one(`foundation-${account}-${region}`, 'foundation'),
            },
          ]
        : []),
      { es: `arranque de ${account} en ${region}`, en: `bootstrap of ${account} in ${region}`, place, stacks: new Map() },
      { es: `cuenta en ${region}`, en: `account in ${region}`, place, stacks: one(`account-${account}-${region}`, 'account') },
      ...(place.centre ? [{ es: 'centro', en: 'centre', place, stacks: one('central', 'central') }] : []),
      ...(nodes.size > 0
        ? [
            {
              es: `nodos: ${[...agencies].map(({ id }) => id).join(', ')}`,
              en: `nodes: ${agencies.map(({ id }) => id).join(', ')}`,
              place,
              stacks: nodes,
            },
          ]
        : []),
    ]
  })
}

async function carryOut(phases: readonly Phase[], assembly: string, io: Io): Promise<number> {
  for (const [index, phase] of phases.entries()) {
    const began = performance.now()
    const step = phase.stacks.size === 0 ? bootstrap(phase, assembly, io) : deployStacks(phase, assembly, io)
    const done = await step.catch((problem: Error) => {
      const words = whatAwsRefused(problem)
      return refused(words ? inLanguage(words, io.lang) : problem.message)
    })
    if (!done.ok) return stopped(done.fault, phase, io)
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    io.out(
      inLanguage(
        {
          es: `[${index + 1}/${phases.length}] ${phase.es}: ${seconds} s`,
          en: `[${index + 1}/${phases.length}] ${phase.en}: ${seconds} s`,
        },
        io.lang,
      ),
    )
  }
  return EXIT.ok
}

function stopped(said: string, { es, en }: { readonly es: string; readonly en: string }, io: Io): number {
  io.err(said)
  io.err(
    inLanguage(
      {
        es: `Se detuvo en ${es}. Corrija la causa y repita la misma orden: sigue desde ahí (docs/runbook.md#despliegue-a-medias).`,
        en: `It stopped at ${en}. Mend the cause and run the same command again: it goes on from there (docs/runbook.md#despliegue-a-medias).`,
      },
      io.lang,
    ),
  )
  return EXIT.no
}

/** CloudFormation is let in with the deployer's policy alone, and no other account is trusted. */
async function bootstrap({ place: { account, region, operator } }: Phase, assembly: string, io: Io) {
  await readyStack(TOOLKIT, operator)
  const policy = `arn:aws:iam::${account}:policy/${DEPLOYER}`
  return cdk(assembly, region, ['bootstrap', `aws://${account}/${region}`, '--cloudformation-execution-policies', policy], io)
}

/** How many nodes CloudFormation makes at a time. */
const AT_A_TIME = '4'

async function deployStacks({ place, stacks }: Phase, assembly: string, io: Io) {
  for (const name of stacks.values()) {
    const before = await readyStack(name, place.operator)
    if (before === 'begun anew')
      io.err(
        inLanguage(
          {
            es: `${name} no llegó a existir: se hace de nuevo. Lo que guarda evidencia o llaves de aquel intento se queda, a su costo.`,
            en: `${name} never came into being: it is made anew. What holds evidence or keys of that attempt stays, at its cost.`,
          },
          io.lang,
        ),
      )
  }
  const patterns = [...stacks.keys()].map((stage) => `${stage}/*`)
  const deploying = cdk(
    assembly,
    place.region,
    ['deploy', ...patterns, '--require-approval', 'never', '--progress', 'events', '--concurrency', AT_A_TIME],
    io,
  )
  const ended = deploying.then(() => 'ended' as const)
  await tellDelegation([...stacks.values()], place, ended, io)
  return deploying
}

/** The centre's certificate waits until its zone is delegated: whoever can do that is told as soon as the zone is there, not afterwards. */
async function tellDelegation(stacks: readonly string[], { operator, centre }: Here, ended: Promise<'ended'>, io: Io): Promise<void> {
  const central = stacks.find((name) => name.endsWith('-central'))
  if (!central || !centre) return
  for (let over = false; !over; ) {
    over = (await Promise.race([ended, pause(2000)])) === 'ended'
    const zone = await delegation(central, operator).catch(() => undefined)
    if (zone) return tellZone(zone, io)
  }
}

function tellZone({ name, servers }: { readonly name: string; readonly servers: readonly string[] }, io: Io): void {
  io.out(
    inLanguage(
      {
        es: `Delegue ${name} en la zona de arriba (registros NS): ${servers.join(' ')}. El certificado del centro espera por eso.`,
        en: `Delegate ${name} in the zone above (NS records): ${servers.join(' ')}. The centre's certificate waits for that.`,
      },
      io.lang,
    ),
  )
}

function tellNext(places: readonly Here[], io: Io): void {
  const ids = places.flatMap(({ agencies }) => agencies.map(({ id }) => id)).join(', ')
  io.out(
    inLanguage(
      {
        es: `Desplegado. La primera vez, ponga el centro: sacbe ceremony. Dé entrada a cada nodo (${ids}) con su invitación: sacbe enrol DEPENDENCIA invitación.json (docs/desplegar.md).`,
        en: `Deployed. The first time, set the centre up: sacbe ceremony. Let each node in (${ids}) with its invitation: sacbe enrol AGENCY invitation.json (docs/deploy.md).`,
      },
      io.lang,
    ),
  )
}
