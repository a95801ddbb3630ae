import { type Command, Option } from 'commander'
import type { EnvironmentName } from '../../lib/config/exchange.ts'
import { addCommand, collected, type Frame, jsonOption, say } from './frame.ts'

export type InProject = { readonly config?: string; readonly env?: EnvironmentName }
export const named = ({ config, env }: InProject) => ({
  ...(config === undefined ? {} : { config }),
  ...(env === undefined ? {} : { environment: env }),
})

/** Which file describes what is in the cloud, and which environment of it. */
export const projectOptions = (frame: Frame): readonly Option[] => [
  new Option('--config <FILE>', say(frame, 'archivo de configuración (exchange.config.ts)', 'configuration file (exchange.config.ts)')),
  new Option('--env <NAME>', say(frame, 'ambiente, si hay dos', 'environment, when there are two')).choices(['test', 'production']),
]

/** A command about what is in the cloud. */
export function aboutCloud(program: Command, frame: Frame, line: string, es: string, en: string): Command {
  const command = addCommand(program, frame, line, es, en)
  for (const option of projectOptions(frame)) command.addOption(option)
  return command
}

export function addPreflight(program: Command, frame: Frame): void {
  aboutCloud(
    program,
    frame,
    'preflight',
    'Lee lo que da su cuenta de AWS y dice qué falta para lo que describe el archivo, y cómo pedirlo.',
    'Reads what your AWS account gives and says what is short for what the file describes, and how to ask for it.',
  )
    .addOption(new Option('--all', say(frame, 'también lo que alcanza', 'what is enough, too')).default(false))
    .addOption(jsonOption(frame))
    .action((given: InProject & { all: boolean; json: boolean }) =>
      frame.run(async () =>
        (await import('./cloud/preflight.ts')).preflightCommand({ ...named(given), all: given.all, json: given.json }, frame.io),
      ),
    )
}

export function addDeploy(program: Command, frame: Frame): void {
  aboutCloud(
    program,
    frame,
    'deploy',
    'Despliega lo que describe el archivo, desde una cuenta vacía; si se corta, se repite.',
    'Deploys what the file describes, from an empty account; cut short, it is run again.',
  )
    .addOption(
      new Option('--agency <ID>', say(frame, 'solo esta dependencia (varias veces)', 'only this agency (several times)'))
        .argParser(collected)
        .default([]),
    )
    .addOption(
      new Option('--anyway', say(frame, 'aunque falte algo que preflight nombra', 'although something preflight names is short')).default(
        false,
      ),
    )
    .action((given: InProject & { agency: string[]; anyway: boolean }) =>
      frame.run(async () =>
        (await import('./cloud/deploy.ts')).deployCommand({ ...named(given), agencies: given.agency, anyway: given.anyway }, frame.io),
      ),
    )
  aboutCloud(
    program,
    frame,
    'enrol',
    'Da entrada a un nodo desplegado con su invitación; sin archivo, sigue donde iba.',
    'Lets a deployed node in by its invitation; without a file, it goes on where it was.',
  )
    .argument('<AGENCY>', say(frame, 'nombre corto de la dependencia', 'short name of the agency'))
    .argument('[FILE]', say(frame, 'la invitación, en JSON', 'the invitation, in JSON'))
    .addOption(jsonOption(frame))
    .action((agency: string, file: string | undefined, given: InProject & { json: boolean }) =>
      frame.run(async () =>
        (await import('./cloud/enrol.ts')).enrolCommand(
          { ...named(given), agency, json: given.json, ...(file === undefined ? {} : { file }) },
          frame.io,
        ),
      ),
    )
}

export function addUpgrade(program: Command, frame: Frame): void {
  type Upgrade = InProject & { release?: string; digest: string; key: string; yes: boolean }
  aboutCloud(
    program,
    frame,
    'upgrade',
    'Actualiza el nodo de su propia cuenta: comprueba la versión fijada y firmada, enseña el cambio y pregunta.',
    'Upgrades the node in your own account: checks the pinned, signed release, shows the change and asks.',
  )
    .argument('<AGENCY>', say(frame, 'nombre corto de la dependencia', 'short name of the agency'))
    .addOption(
      new Option(
        '--digest <SHA256>',
        say(frame, 'del manifiesto, dicho por otra vía', 'of the manifest, told by another way'),
      ).makeOptionMandatory(),
    )
    .addOption(
      new Option(
        '--key <FILE>',
        say(frame, 'llave pública de quien publica (PEM)', 'public key of the publisher (PEM)'),
      ).makeOptionMandatory(),
    )
    .addOption(
      new Option(
        '--release <DIR>',
        say(frame, 'carpeta de la versión nueva (si falta, esta)', 'folder of the new release (else this one)'),
      ),
    )
    .addOption(new Option('--yes', say(frame, 'sin preguntar', 'without asking')).default(false))
    .action((agency: string, given: Upgrade) =>
      frame.run(async () => {
        const { release, digest, key, yes } = given
        const { upgradeCommand } = await import('./cloud/upgrade.ts')
        return upgradeCommand({ ...named(given), agency, digest, key, yes, ...(release === undefined ? {} : { release }) }, frame.io)
      }),
    )
  addCommand(
    program,
    frame,
    'release',
    'Escribe el manifiesto firmado de esta versión, para quien la fija.',
    'Writes the signed manifest of this version, for those who pin it.',
  )
    .addOption(new Option('--key <FILE>', say(frame, 'llave privada Ed25519 (PEM)', 'private Ed25519 key (PEM)')).makeOptionMandatory())
    .addOption(new Option('--folder <DIR>', say(frame, 'carpeta de la versión (si falta, esta)', 'folder of the release (else this one)')))
    .action((given: { key: string; folder?: string }) =>
      frame.run(async () => (await import('./cloud/upgrade.ts')).releaseCommand(given, frame.io)),
    )
}

export function addRemove(program: Command, frame: Frame): void {
  aboutCloud(
    program,
    frame,
    'remove',
    'Quita el nodo de una dependencia; dice qué se queda y qué cuesta, y nunca borra evidencia.',
    'Takes an agency’s node away; says what stays and what it costs, and never erases evidence.',
  )
    .argument('<AGENCY>', say(frame, 'nombre corto de la dependencia', 'short name of the agency'))
    .addOption(new Option('--yes', say(frame, 'sin preguntar', 'without asking')).default(false))
    .addOption(jsonOption(frame))
    .action((agency: string, given: InProject & { yes: boolean; json: boolean }) =>
      frame.run(async () =>
        (await import('./cloud/remove.ts')).removeCommand({ ...named(given), agency, yes: given.yes, json: given.json }, frame.io),
      ),
    )
}
