import { readFileSync, writeFileSync } from 'node:fs'
import { stackName } from '../../../lib/names.ts'
import { machineNow } from '../../adapters/aws/environment.ts'
import { ok, type Result, refused } from '../../base/result.ts'
import { certifyByRoot } from '../../local/offline-root.ts'
import { readPem, writePem } from '../../trust/pem.ts'
import { EXIT, type Io, inLanguage, tell, tellCannot } from '../io.ts'
import { type Here, placesHere } from './account.ts'
import { invoke } from './enrol.ts'
import { openProject, type ProjectOptions } from './project.ts'
import { resourceOf, resourcesOf } from './stack-steps.ts'

export type CeremonyOptions = ProjectOptions & {
  /** 'QRO/GOB/OPERADOR/GESTION'; not needed to prepare authorities, nor to read the key. */
  readonly manager?: string
  /** Certificates that the root made elsewhere. */
  readonly authorities: readonly string[]
  /** The root's folder on this machine, in place of those. */
  readonly root?: string
  /** Only writes the public key that is to be certified. */
  readonly key?: string
  readonly again: boolean
}
export type RootOptions = {
  readonly folder: string
  readonly instance: string
  readonly key: string
  readonly out: string
  readonly count: number
}

/** One authority works now, one is there when its turn comes: no ceremony for four years. */
const USUAL_COUNT = 2

/**
 * `sacbe ceremony`: sets a deployed centre up, once, with certificates of its issuing authority by a root that no cloud holds. Without a manager it prepares
 * further authorities for a centre that is set up.
 * @returns 0 done, 1 the centre refused, 2 it could not ask
 */
export async function ceremonyCommand(options: CeremonyOptions, io: Io): Promise<number> {
  const project = await openProject(options, io)
  if (!project.ok) return project.fault
  const { environment } = project.value
  const places = await placesHere(environment, io)
  if (!places.ok) return places.fault
  const place = places.value.find(({ centre }) => centre)
  if (!place)
    return tellCannot(
      { es: 'Estas credenciales no son de la cuenta del centro.', en: 'These credentials are not those of the centre’s account.' },
      io,
    )
  const doors = await doorsOf(stackName(environment, 'central'), place)
  if (!doors) return tellCannot({ es: 'El centro no está desplegado: sacbe deploy.', en: 'The centre is not deployed: sacbe deploy.' }, io)
  const key = await doors.ca({ ceremony: 'key' })
  if (!key.ok) return told(key.fault, io)
  const publicKey = Buffer.from(String((key.value as { ceremony: string }).ceremony), 'base64')
  if (options.key !== undefined) return writeKey(options.key, publicKey, io)
  const authorities = await authoritiesOf(options, environment.instance, publicKey, io)
  if (!authorities.ok) return authorities.fault
  return hold(options, authorities.value, doors, io)
}

/** `sacbe root`: certifies the key of an issuing authority by the root in a folder, on a machine without any net. @returns 0 done, 2 it could not */
export async function rootCommand({ folder, instance, key, out, count }: RootOptions, io: Io): Promise<number> {
  const publicKey = readPem('PUBLIC KEY', readText(key) ?? '')[0]
  if (!publicKey) return tellCannot({ es: `${key} no tiene una llave pública (PEM).`, en: `${key} holds no public key (PEM).` }, io)
  const made = await byRoot(folder, instance, publicKey, count, io)
  if (!made.ok) return made.fault
  writeFileSync(out, made.value.map((der) => writePem('CERTIFICATE', der)).join(''))
  io.out(out)
  return EXIT.ok
}

type Door = (event: object) => Promise<Result<unknown, string>>
type Doors = { readonly ca: Door; readonly conf: Door }

async function doorsOf(stack: string, { operator }: Here): Promise<Doors | undefined> {
  const resources = await resourcesOf(stack, operator).catch(() => [])
  const door = (begins: string): Door | undefined => {
    const found = resourceOf(resources, 'AWS::Lambda::Function', begins)
    return found && (async (event) => answered(await invoke(operator, found.physical, event)))
  }
  const [ca, conf] = [door('CaFunction'), door('ConfFunction')]
  return ca && conf ? { ca, conf } : undefined
}
const answered = (done: Awaited<ReturnType<typeof invoke>>): Result<unknown, string> => (done.ok ? ok(done.result) : refused(done.why))

async function authoritiesOf(
  { authorities, root }: CeremonyOptions,
  instance: string,
  publicKey: Uint8Array,
  io: Io,
): Promise<Result<readonly Uint8Array[], number>> {
  if (root !== undefined) return byRoot(root, instance, publicKey, USUAL_COUNT, io)
  const read = authorities.flatMap((file) => readPem('CERTIFICATE', readText(file) ?? ''))
  if (read.length > 0) return ok(read)
  return refused(
    tellCannot(
      {
        es: 'Faltan los certificados de la autoridad: --authority ARCHIVO (de sacbe root), o --root CARPETA para certificarlos aquí.',
        en: 'The authority’s certificates are missing: --authority FILE (from sacbe root), or --root FOLDER to make them here.',
      },
      io,
    ),
  )
}

async function byRoot(
  folder: string,
  instance: string,
  publicKey: Uint8Array,
  count: number,
  io: Io,
): Promise<Result<readonly Uint8Array[], number>> {
  const passphrase = io.env.SACBE_PASSPHRASE
  if (!passphrase)
    return refused(
      tellCannot(
        {
          es: 'La llave raíz se guarda cifrada: ponga su frase en SACBE_PASSPHRASE.',
          en: 'The root key is kept encrypted: put its passphrase into SACBE_PASSPHRASE.',
        },
        io,
      ),
    )
  const made = await certifyByRoot({ folder, passphrase, instance, publicKey, count, now: machineNow() })
  return made.ok ? made : refused(tell(made, io))
}

async function hold(
  { manager, again }: CeremonyOptions,
  certificates: readonly Uint8Array[],
  { ca, conf }: Doors,
  io: Io,
): Promise<number> {
  const authorities = certificates.map((der) => Buffer.from(der).toString('base64'))
  if (manager === undefined) return finish(await ca({ ceremony: { prepare: authorities } }), io)
  const made = await conf({ ceremony: {} })
  if (!made.ok) return told(made.fault, io)
  const { configuration } = made.value as { configuration: string }
  const done = await ca({ ceremony: { manager, authorities, configuration, ...(again ? { again } : {}) } })
  if (!done.ok) return told(done.fault, io)
  const published = await conf({})
  return published.ok ? finish(done, io) : told(published.fault, io)
}

const SAID: Readonly<Record<string, { readonly es: string; readonly en: string }>> = {
  held: {
    es: 'La ceremonia está hecha: el centro certifica, sella y publica. Saque de la red la carpeta de la raíz.',
    en: 'The ceremony is held: the centre certifies, stamps and publishes. Take the root’s folder off the net.',
  },
  already: { es: 'El centro ya estaba puesto; no se cambió nada.', en: 'The centre was set up already; nothing was changed.' },
}

function finish(done: Result<unknown, string>, io: Io): number {
  if (!done.ok) return told(done.fault, io)
  const { ceremony } = done.value as { ceremony: string | number }
  const prepared = { es: `Autoridades preparadas: ${ceremony}.`, en: `Authorities prepared: ${ceremony}.` }
  io.out(inLanguage(SAID[ceremony] ?? prepared, io.lang))
  return EXIT.ok
}

function writeKey(file: string, publicKey: Uint8Array, io: Io): number {
  writeFileSync(file, writePem('PUBLIC KEY', publicKey))
  io.out(file)
  return EXIT.ok
}

function told(why: string, io: Io): number {
  io.err(why)
  return EXIT.no
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return undefined // the caller says what is missing
  }
}
