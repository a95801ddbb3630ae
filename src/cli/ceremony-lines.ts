import { type Command, Option } from 'commander'
import { aboutCloud, type InProject, named } from './cloud-lines.ts'
import { addCommand, badValue, collected, type Frame, say } from './frame.ts'

type Given = InProject & {
  readonly manager?: string
  readonly authority: readonly string[]
  readonly root?: string
  readonly key?: string
  readonly again: boolean
}

/** The key ceremony of a centre in the cloud, and the root's part of it, which needs no net. */
export function addCeremony(program: Command, frame: Frame): void {
  aboutCloud(
    program,
    frame,
    'ceremony',
    'Pone el centro desplegado: una vez, con certificados de una raíz que ninguna nube guarda; sin --manager, prepara autoridades para después.',
    'Sets the deployed centre up: once, with certificates by a root that no cloud holds; without --manager, prepares authorities for later.',
  )
    .addOption(
      new Option(
        '--manager <ID>',
        say(frame, 'subsistema de gestión: QRO/GOB/X/GESTION', 'subsystem of the management services: QRO/GOB/X/GESTION'),
      ),
    )
    .addOption(
      new Option(
        '--authority <FILE>',
        say(frame, 'certificados de la autoridad (PEM), varias veces', 'certificates of the authority (PEM), several times'),
      )
        .argParser(collected)
        .default([]),
    )
    .addOption(
      new Option(
        '--root <DIR>',
        say(
          frame,
          'carpeta de la raíz en esta máquina, en vez de --authority',
          'the root’s folder on this machine, in place of --authority',
        ),
      ),
    )
    .addOption(
      new Option('--key <FILE>', say(frame, 'solo escribe la llave pública por certificar', 'only writes the public key to be certified')),
    )
    .addOption(new Option('--again', say(frame, 'otra vez: se perdieron las llaves', 'once more: the keys were lost')).default(false))
    .action((given: Given) =>
      frame.run(async () =>
        (await import('./cloud/ceremony.ts')).ceremonyCommand({ ...given, ...named(given), authorities: given.authority }, frame.io),
      ),
    )
  addCommand(
    program,
    frame,
    'root',
    'Certifica la llave de una autoridad con la raíz de una carpeta, sin red; la hace la primera vez.',
    'Certifies an authority’s key by the root in a folder, without a net; makes it the first time.',
  )
    .argument('<DIR>', say(frame, 'carpeta de la raíz', 'the root’s folder'))
    .addOption(new Option('--instance <CODE>', say(frame, 'instancia: QRO', 'instance: QRO')).makeOptionMandatory())
    .addOption(
      new Option(
        '--key <FILE>',
        say(frame, 'llave pública por certificar (PEM)', 'public key to be certified (PEM)'),
      ).makeOptionMandatory(),
    )
    .addOption(
      new Option(
        '--out <FILE>',
        say(frame, 'dónde escribir los certificados (PEM)', 'where to write the certificates (PEM)'),
      ).makeOptionMandatory(),
    )
    .addOption(
      new Option('--count <N>', say(frame, 'cuántos: uno para ahora y otros para después', 'how many: one for now and others for later'))
        .argParser(countOf)
        .default(2),
    )
    .action((folder: string, given: { instance: string; key: string; out: string; count: number }) =>
      frame.run(async () => (await import('./cloud/ceremony.ts')).rootCommand({ folder, ...given }, frame.io)),
    )
}

function countOf(text: string): number {
  if (!/^[1-9]$/.test(text)) throw badValue('--count: de 1 a 9', '--count: from 1 to 9')
  return Number(text)
}
