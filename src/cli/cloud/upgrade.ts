import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { stackName } from '../../../lib/names.ts'
import type { Words } from '../../local/troubles.ts'
import { EXIT, type Io, inLanguage, tellCannot, tellNo } from '../io.ts'
import { type Here, placesHere } from './account.ts'
import { type ChangeSet, changesIn, endangers } from './change-set.ts'
import { openProject, type ProjectOptions, ROOT } from './project.ts'
import { verifyRelease, writeRelease } from './release.ts'
import { settledStack } from './stack-steps.ts'
import { cdk, hasCdk, withAssembly } from './tool.ts'

export type UpgradeOptions = ProjectOptions & {
  readonly agency: string
  /** The folder of the new release; this very one when none is named. */
  readonly release?: string
  /** SHA-256 of its manifest, as its publisher says it by another way. */
  readonly digest: string
  /** File of the publisher's public key: PEM. */
  readonly key: string
  readonly yes: boolean
}

/**
 * `sacbe upgrade`: what an agency runs in its own account, with its own credentials. The release must be the one that was pinned, signed by its publisher, and
 * nothing else; what it would change is shown before it is done, and what would take evidence or a key away is refused.
 * @returns 0 upgraded, or nothing to change; 1 refused, or nobody said yes; 2 it could not begin
 */
export async function upgradeCommand(options: UpgradeOptions, io: Io): Promise<number> {
  const project = await openProject(options, io)
  if (!project.ok) return project.fault
  if (!hasCdk(io)) return EXIT.cannot
  const { environment, file } = project.value
  const folder = resolve(options.release ?? ROOT)
  const verified = verifyRelease(folder, readKey(options.key), options.digest)
  if (!verified.ok) return tellNo(verified.fault, io)
  const { version, digest } = verified.value
  io.out(
    inLanguage(
      {
        es: `Versión ${version}, sha256:${digest}: es lo que se firmó y se fijó.`,
        en: `Version ${version}, sha256:${digest}: it is what was signed and pinned.`,
      },
      io.lang,
    ),
  )
  const places = await placesHere(environment, io)
  if (!places.ok) return places.fault
  const place = places.value.find(({ agencies }) => agencies.some(({ id }) => id === options.agency))
  const stack = stackName(environment, options.agency)
  if (!place || !(await settledStack(stack, place.operator)))
    return tellCannot(
      { es: `En esta cuenta no está desplegado ${options.agency}.`, en: `${options.agency} is not deployed in this account.` },
      io,
    )
  const set = `sacbe-${digest.slice(0, 16)}-${Date.now()}`
  const prepare = [
    'deploy',
    `${environment.name}-${options.agency}/*`,
    '--require-approval',
    'never',
    '--method',
    'prepare-change-set',
    '--change-set-name',
    set,
  ]
  const prepared = await withAssembly(file, io, (assembly) => cdk(assembly, place.region, prepare, io), folder)
  const why = prepared.ok ? (prepared.value.ok ? undefined : prepared.value.fault) : prepared.fault
  if (why !== undefined) return tellNo({ es: why, en: why }, io)
  return decide(stack, set, place, options.yes, io)
}

async function decide(stack: string, set: string, { operator }: Here, yes: boolean, io: Io): Promise<number> {
  const found = await changesIn(stack, set, operator).catch((problem: Error) => {
    if (/ChangeSetNotFound|does not exist/.test(problem.message)) return undefined
    throw problem
  })
  const give = async (words: Words): Promise<number> => {
    await operator.form('DeleteChangeSet', { StackName: stack, ChangeSetName: set })
    return tellNo(words, io)
  }
  if (!found || found.changes.length === 0) {
    io.out(inLanguage({ es: 'Nada cambia.', en: 'Nothing changes.' }, io.lang))
    return EXIT.ok
  }
  tellChanges(found, io)
  const dangers = found.changes.filter(endangers).map(({ type, logical }) => `${type} ${logical}`)
  if (dangers.length > 0)
    return give({
      es: `Se niega: quitaría o reemplazaría ${dangers.join(', ')}.`,
      en: `Refused: it would take away or replace ${dangers.join(', ')}.`,
    })
  const question = inLanguage({ es: '¿Hacerlo? (sí/no) ', en: 'Do it? (yes/no) ' }, io.lang === 'both' ? 'es' : io.lang)
  if (!yes && !/^(s[ií]?|y(es)?)$/i.test((await io.ask(question))?.trim() ?? ''))
    return give({ es: 'No se hizo nada.', en: 'Nothing was done.' })
  await operator.form('ExecuteChangeSet', { StackName: stack, ChangeSetName: set })
  const after = await settledStack(stack, operator)
  const done = /^(UPDATE|CREATE)_COMPLETE$/.test(after?.status ?? '')
  if (!done) return tellNo({ es: `CloudFormation lo deshizo: ${after?.status}.`, en: `CloudFormation took it back: ${after?.status}.` }, io)
  io.out(inLanguage({ es: 'Actualizado.', en: 'Upgraded.' }, io.lang))
  return EXIT.ok
}

function tellChanges({ changes }: ChangeSet, io: Io): void {
  const marks: Readonly<Record<string, string>> = { Add: '+', Modify: '~', Remove: '-' }
  io.out(inLanguage({ es: `Cambiaría ${changes.length}:`, en: `It would change ${changes.length}:` }, io.lang))
  for (const { action, type, logical, replaced } of changes)
    io.out(
      `  ${marks[action] ?? action} ${type}  ${logical}${replaced === 'False' ? '' : `  (${inLanguage({ es: 'otro en su lugar', en: 'replaced' }, io.lang).replace('\n', ' · ')})`}`,
    )
}

function readKey(file: string): string {
  try {
    return readFileSync(resolve(file), 'utf8')
  } catch {
    return '' // not there: nothing is signed by it
  }
}

export type ReleaseOptions = { readonly key: string; readonly folder?: string; readonly version?: string }

/** `sacbe release`: writes the signed manifest of this version, for those who pin it. @returns 0, or 2 without a key */
export async function releaseCommand({ key, folder = ROOT, version }: ReleaseOptions, io: Io): Promise<number> {
  const pem = readKey(key)
  if (pem === '') return tellCannot({ es: `No se pudo leer la llave ${key}.`, en: `The key ${key} could not be read.` }, io)
  const named = version ?? (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version
  io.out(`sha256:${writeRelease(resolve(folder), named, pem)}`)
  return EXIT.ok
}
