import { type Command, Option } from 'commander'
import { type Instant, instant } from '../base/clock.ts'
import { addCommand, badValue, type Frame, formed, jsonOption, say } from './frame.ts'

const TRUST = [
  'carpeta de la configuración global, como la guardan los servidores',
  'folder of the global configuration, as servers keep it',
] as const

const profileOption = (frame: Frame) =>
  new Option(
    '--profile <PROFILE>',
    say(
      frame,
      'strict: también nuestras reglas; stock: como el verificador de referencia',
      'strict: our rules too; stock: as the reference verifier',
    ),
  )
    .choices(['strict', 'stock'])
    .default('strict')

export function addVerify(program: Command, frame: Frame): void {
  type Given = { readonly trust: string; readonly profile: 'strict' | 'stock'; readonly json: boolean }
  addCommand(program, frame, 'verify', 'Verifica contenedores de evidencia, sin conexión.', 'Verifies evidence containers, offline.')
    .argument('<FILE...>', say(frame, 'contenedores .asice', '.asice containers'))
    .addOption(new Option('--trust <DIR>', say(frame, ...TRUST)).makeOptionMandatory())
    .addOption(profileOption(frame))
    .addOption(jsonOption(frame))
    .action((files: string[], { trust, profile, json }: Given) =>
      frame.run(async () => {
        const { verify } = await import('./verify.ts')
        return verify(files, { trust, profile, json }, frame.io)
      }),
    )
}

export function addVerifyArchive(program: Command, frame: Frame): void {
  type Given = { first: boolean; previous?: string; trust?: string; profile: 'strict' | 'stock'; json: boolean }
  const hex = formed(
    /^(?:[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/i,
    'Deben ser 64, 96 o 128 dígitos hexadecimales.',
    'It must be 64, 96 or 128 hexadecimal digits.',
  )
  addCommand(
    program,
    frame,
    'verify-archive',
    'Verifica la cadena de un archivo de evidencia y, con --trust, cada contenedor.',
    'Verifies the chain of an archive file and, with --trust, every container.',
  )
    .argument('<FILE>', say(frame, 'archivo .zip', '.zip archive'))
    .addOption(
      new Option('--first', say(frame, 'es el primer archivo de la cadena', 'it is the first archive of the chain')).default(false),
    )
    .addOption(
      new Option('--previous <HEX>', say(frame, 'último eslabón del archivo anterior', 'last link of the archive before'))
        .argParser(hex)
        .conflicts('first'),
    )
    .addOption(new Option('--trust <DIR>', say(frame, ...TRUST)))
    .addOption(profileOption(frame))
    .addOption(jsonOption(frame))
    .action((file: string, { first, previous, trust, profile, json }: Given, command: Command) => {
      if (!first && previous === undefined) return command.error("error: required option '--first | --previous HEX' not specified", MISSING)
      return frame.run(async () => {
        const { verifyArchive } = await import('./verify-archive.ts')
        return verifyArchive(file, { previous: previous ?? 'first', ...(trust === undefined ? {} : { trust }), profile, json }, frame.io)
      })
    })
}
const MISSING = { code: 'commander.missingMandatoryOptionValue' }

export function addConfVerify(program: Command, frame: Frame): void {
  type Given = { anchor: string; at?: Instant; json: boolean }
  const conf = addCommand(program, frame, 'conf', 'La configuración global.', 'The global configuration.')
  addCommand(
    conf,
    frame,
    'verify',
    'Verifica un directorio firmado contra un ancla, y las partes que nombra.',
    'Verifies a signed directory against an anchor, and the parts it names.',
  )
    .argument('<FILE>', say(frame, 'documento firmado del directorio', 'signed directory document'))
    .addOption(new Option('--anchor <FILE>', say(frame, 'ancla de la configuración', 'configuration anchor')).makeOptionMandatory())
    .addOption(
      new Option(
        '--at <INSTANT>',
        say(frame, 'se juzga a esta hora (ISO 8601); si falta, ahora', 'judged at this time (ISO 8601); else now'),
      ).argParser(toInstant),
    )
    .addOption(jsonOption(frame))
    .action((file: string, { anchor, at, json }: Given) =>
      frame.run(async () => {
        const { confVerify } = await import('./conf-verify.ts')
        return confVerify(file, { anchor, at: at ?? instant(Date.now()), json }, frame.io)
      }),
    )
}

const ISO = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/
function toInstant(value: string): Instant {
  const at = Date.parse(value)
  if (!ISO.test(value) || Number.isNaN(at)) throw badValue('Escríbalo como 2025-11-04T16:20:11Z.', 'Write it like 2025-11-04T16:20:11Z.')
  return instant(at)
}
